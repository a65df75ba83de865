"""Ties between children: stated by a person or taken from the roster, and confirmed by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Tie, TieMember
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import ties as stored
from app.db.repositories.ties import TieFilter
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import FieldProblem, ValidationFailed, VersionStale
from app.domain.linked_worries.errors import TieConfirmed, TieEnded, TieNotFound
from app.domain.linked_worries.firing import look_soon

NOUN: Final = "tie"
FORM: Final = "form"
MOST: Final = 400
"""Children in one tie: more than that is a school, and no tie."""


@dataclass(frozen=True, slots=True)
class StateTie:
    """A wish to say that children have something in common.

    Either `children`, or `registration_group`: those whom the roster has in it.
    """

    id: UUID | None
    kind: str
    children: Sequence[UUID]
    registration_group: str | None
    label: str | None
    heard_from: str | None
    confirm: bool


async def state_tie(work: UnitOfWork, wish: StateTie) -> Tie:
    """State a tie; it says nothing until a person confirms it, here and now or later.

    Raises `PermissionMissing`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    children = await _members(work, wish)
    tie = Tie(
        school_id=work.actor.school_id, id=wish.id or new_id(), kind=wish.kind,
        label=wish.label or wish.registration_group, heard_from=wish.heard_from,
        source="roster" if wish.registration_group else "person", stated_by=work.actor.id,
        stated_at=work.now, version=1, changed_at=work.now,
    )  # fmt: skip
    if wish.confirm:
        tie.confirmed_by, tie.confirmed_at = work.actor.id, work.now
    work.session.add(tie)
    await work.session.flush()
    _add(work, tie, children)
    work.record(Did.TIE_STATED, NOUN, tie.id, details={"kind": tie.kind, "members": len(children)})
    if wish.confirm:
        _confirmed(work, tie)
    return tie


async def _members(work: UnitOfWork, wish: StateTie) -> list[UUID]:
    driver, school_id = await work.driver(), work.actor.school_id
    if wish.registration_group is None:
        return await _known(work, wish.children)
    found = await stored.in_group(driver, school_id, wish.registration_group, MOST)
    if len(found) < 2:
        raise _refused("/registration_group", "too_few", "The roster has not two children in it.")
    locked = work.actor.conflicts.children
    if not locked.isdisjoint(found):
        raise _refused("/registration_group", "conflict", "Ask another lead to state this tie.")
    return found


async def _known(work: UnitOfWork, children: Sequence[UUID]) -> list[UUID]:
    """The children, each of whom the school knows and the actor may write about."""
    wanted = list(dict.fromkeys(children))
    known = await stored.known_children(await work.driver(), work.actor.school_id, wanted)
    known -= work.actor.conflicts.children
    problems = [
        FieldProblem(f"/child_ids/{place}", "child_not_found", "There is no such child.")
        for place, child in enumerate(wanted)
        if child not in known
    ]
    if problems:
        raise ValidationFailed(problems=problems)
    return wanted


def _refused(pointer: str, code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem(pointer, code, detail)])


def _add(work: UnitOfWork, tie: Tie, children: Sequence[UUID]) -> None:
    for child in children:
        work.session.add(
            TieMember(
                school_id=tie.school_id, id=tie.id, child_id=child, added_by=work.actor.id,
                added_at=work.now,
            )
        )  # fmt: skip


async def add_members(
    work: UnitOfWork, tie_id: UUID, version: int, children: Sequence[UUID]
) -> Tie:
    """Say that more children belong to a tie; whoever says so stands for it.

    Raises as `_to_change`, `ValidationFailed`.
    """
    tie = await _to_change(work, tie_id, version)
    wanted = await _known(work, children)
    there = {row["id"] for row in await _rows(work, tie.id)}
    new = [child for child in wanted if child not in there]
    if len(there) + len(new) > MOST:
        raise _refused("/child_ids", "too_many", "One tie has no more than 400 children.")
    _add(work, tie, new)
    work.record(Did.TIE_WIDENED, NOUN, tie.id, details={"members": len(new)})
    _touch(work, tie)
    if tie.confirmed_at is not None:
        look_soon(work)
    return tie


async def confirm_tie(work: UnitOfWork, tie_id: UUID, version: int) -> Tie:
    """A person says that it is so; from now on it can link. Raises as `_to_change`,

    `TieConfirmed`.
    """
    tie = await _to_change(work, tie_id, version)
    if tie.confirmed_at is not None:
        raise TieConfirmed
    tie.confirmed_by, tie.confirmed_at = work.actor.id, work.now
    _touch(work, tie)
    _confirmed(work, tie)
    return tie


def _confirmed(work: UnitOfWork, tie: Tie) -> None:
    work.record(Did.TIE_CONFIRMED, NOUN, tie.id, details={"kind": tie.kind})
    look_soon(work)


async def end_tie(work: UnitOfWork, tie_id: UUID, version: int, reason: str) -> Tie:
    """It is not so any more, or never was. What it has linked stays. Raises as `_to_change`."""
    tie = await _to_change(work, tie_id, version)
    tie.ended_by, tie.ended_at, tie.end_reason = work.actor.id, work.now, reason
    _touch(work, tie)
    work.record(Did.TIE_ENDED, NOUN, tie.id, reason=reason)
    return tie


def _touch(work: UnitOfWork, tie: Tie) -> None:
    tie.version += 1
    tie.changed_at = work.now


async def _to_change(work: UnitOfWork, tie_id: UUID, version: int) -> Tie:
    """The running tie, locked, at the version the client last saw.

    Raises `PermissionMissing`, `TieNotFound`, `VersionStale`, `TieEnded`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    tie = await _seen(work, tie_id, lock=True)
    if tie.version != version:
        raise VersionStale
    if tie.ended_at is not None:
        raise TieEnded
    return tie


async def _seen(work: UnitOfWork, tie_id: UUID, *, lock: bool = False) -> Tie:
    tie = await (work.concerns.lock if lock else work.concerns.find)(Tie, tie_id)
    if tie is None:
        raise TieNotFound
    if work.actor.conflicts.children & {row["id"] for row in await _rows(work, tie.id)}:
        raise TieNotFound
    return tie


async def _rows(work: UnitOfWork, tie_id: UUID) -> Sequence[Any]:
    return await stored.members_of(await work.driver(), work.actor.school_id, tie_id)


async def list_ties(reading: Reading, asked: TieFilter, paging: PageOf) -> Page[str]:
    """Ties newest first, but for those with a child the reader is related to."""
    policy.require(reading.actor, Permission.LINKED_READ)
    rows = await stored.page_of_ties(reading.driver, reading.actor, asked, paging)
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["sort_at"], row["id"]),
        shape=lambda row: row["card"],
    )


async def open_tie(work: UnitOfWork, tie_id: UUID) -> tuple[Tie, dict[str, Any]]:
    """One tie with its children. Raises `PermissionMissing`, `TieNotFound`."""
    policy.require(work.actor, Permission.LINKED_READ)
    tie = await _seen(work, tie_id)
    work.record(Did.TIE_OPENED, NOUN, tie.id)
    return tie, await whole(work, tie)


async def whole(work: UnitOfWork, tie: Tie) -> dict[str, Any]:
    """A tie that may be seen, as it leaves."""
    members = await _rows(work, tie.id)
    people = [one for one in (tie.stated_by, tie.confirmed_by, tie.ended_by) if one]
    names = await stored.names_of(await work.driver(), work.actor.school_id, people)
    writes = bool(policy.may(work.actor, Permission.SAFETY_WRITE))
    return {
        "id": tie.id,
        "kind": tie.kind,
        "label": tie.label,
        "source": tie.source,
        "state": state_of(tie),
        "members": len(members),
        "heard_from": tie.heard_from,
        "children": [
            {
                "child": {"id": row["id"], "name": row["name"]},
                "added_by": {"id": row["by_id"], "name": row["by_name"]},
                "added_at": row["added_at"],
            }
            for row in members
        ],
        "stated_by": names.get(tie.stated_by),
        "stated_at": tie.stated_at,
        "confirmed_by": tie.confirmed_by and names.get(tie.confirmed_by),
        "confirmed_at": tie.confirmed_at,
        "ended_by": tie.ended_by and names.get(tie.ended_by),
        "ended_at": tie.ended_at,
        "end_reason": tie.end_reason,
        "permissions": next_verbs(tie, writes=writes),
    }


def state_of(tie: Tie) -> str:
    """How it stands with a tie."""
    if tie.ended_at is not None:
        return "ended"
    return "unconfirmed" if tie.confirmed_at is None else "confirmed"


def next_verbs(tie: Tie, *, writes: bool) -> list[str]:
    """What somebody who sees a tie may do next."""
    if tie.ended_at is not None or not writes:
        return []
    confirm = ["confirm_tie"] if tie.confirmed_at is None else []
    return [*confirm, "add_tie_members", "end_tie"]
