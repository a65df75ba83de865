"""Child groups: stated by a person or taken from the roster, and confirmed by a person."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.models import ChildGroup, ChildGroupMember
from app.db.paging import Conditions, Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.safety import child_groups as stored
from app.db.repositories.safety.child_groups import ChildGroupFilter
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.etags import check_version
from app.domain.record.relationships.commands import queue_link_check
from app.domain.safety.child_groups.errors import ChildGroupConfirmed, ChildGroupEnded
from app.domain.safety.child_groups.kind import CHILD_GROUP
from app.domain.safety.child_groups.schemas import ChildGroupIn, ChildGroupMembersIn
from app.domain.steps import find_target, new, open_record, record_row, touch

MOST: Final = 400
"""Children in one child group: more than that is a school, and no child group."""


async def create_child_group(work: UnitOfWork, body: ChildGroupIn) -> ChildGroup:
    """Propose a child group; it links nothing until a person confirms it, now or later.

    Raises `PermissionMissing`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    children = await _members(work, body)
    child_group = new(
        work, ChildGroup, body, label=body.label or body.registration_group,
        source="roster" if body.registration_group else "person", stated_by=work.actor.id,
        stated_at=work.now,
    )  # fmt: skip
    if body.confirm:
        child_group.confirmed_by, child_group.confirmed_at = work.actor.id, work.now
    work.session.add(child_group)
    await work.session.flush()
    _add(work, child_group, children)
    record_row(
        work, AuditEvent.CHILD_GROUP_STATED, child_group,
        details={"kind": child_group.kind, "members": len(children)},
    )  # fmt: skip
    if body.confirm:
        _confirmed(work, child_group)
    return child_group


async def _members(work: UnitOfWork, body: ChildGroupIn) -> list[UUID]:
    driver, school_id = await work.driver(), work.actor.school_id
    if body.registration_group is None:
        return await _known(work, body.child_ids)
    result = await stored.in_group(driver, school_id, body.registration_group, MOST)
    if len(result) < 2:
        raise _refused(
            "/registration_group", "too_few", "The roster has fewer than two children in it."
        )
    locked = work.actor.conflicts.children
    if not locked.isdisjoint(result):
        raise _refused(
            "/registration_group", "conflict", "Ask another lead to add this child group."
        )
    return result


async def _known(work: UnitOfWork, children: Sequence[UUID]) -> list[UUID]:
    """Check that the school knows each child and the actor may write about each."""
    wanted = list(dict.fromkeys(children))
    known = await stored.known_children(await work.driver(), work.actor.school_id, wanted)
    known -= work.actor.conflicts.children
    problems = [
        FieldProblem(f"/child_ids/{index}", "child_not_found", "Cairn cannot find this child.")
        for index, child in enumerate(wanted)
        if child not in known
    ]
    if problems:
        raise ValidationFailed(problems=problems)
    return wanted


def _refused(pointer: str, code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem(pointer, code, detail)])


def _add(work: UnitOfWork, child_group: ChildGroup, children: Sequence[UUID]) -> None:
    for child in children:
        work.session.add(
            new(work, ChildGroupMember, id=child_group.id, child_id=child)
        )  # fmt: skip


async def add_members(
    work: UnitOfWork, child_group_id: UUID, version: int, body: ChildGroupMembersIn
) -> ChildGroup:
    """Add children to a child group, on the actor's authority.

    Raises as `_to_change`, `ValidationFailed`.
    """
    child_group = await _to_change(work, child_group_id, version)
    wanted = await _known(work, body.child_ids)
    there = {row["id"] for row in await _rows(work, child_group.id)}
    new = [child for child in wanted if child not in there]
    if len(there) + len(new) > MOST:
        raise _refused("/child_ids", "too_many", "A child group can have at most 400 children.")
    _add(work, child_group, new)
    record_row(work, AuditEvent.CHILD_GROUP_WIDENED, child_group, details={"members": len(new)})
    touch(work, child_group)
    if child_group.confirmed_at is not None:
        queue_link_check(work)
    return child_group


async def confirm_child_group(work: UnitOfWork, child_group_id: UUID, version: int) -> ChildGroup:
    """Confirm a child group, which then can link. Raises as `_to_change`, `ChildGroupConfirmed`."""
    child_group = await _to_change(work, child_group_id, version)
    if child_group.confirmed_at is not None:
        raise ChildGroupConfirmed
    child_group.confirmed_by, child_group.confirmed_at = work.actor.id, work.now
    touch(work, child_group)
    _confirmed(work, child_group)
    return child_group


def _confirmed(work: UnitOfWork, child_group: ChildGroup) -> None:
    record_row(
        work, AuditEvent.CHILD_GROUP_CONFIRMED, child_group, details={"kind": child_group.kind}
    )
    queue_link_check(work)


async def end_child_group(
    work: UnitOfWork, child_group_id: UUID, version: int, body: ReasonIn
) -> ChildGroup:
    """End a child group that has ended or never was right. Its links stay.

    Raises as `_to_change`.
    """
    child_group = await _to_change(work, child_group_id, version)
    child_group.ended_by, child_group.ended_at, child_group.end_reason = (
        work.actor.id,
        work.now,
        body.reason,
    )
    touch(work, child_group)
    record_row(work, AuditEvent.CHILD_GROUP_ENDED, child_group, reason=body.reason)
    return child_group


async def _to_change(work: UnitOfWork, child_group_id: UUID, version: int) -> ChildGroup:
    """The running child group, locked, at the version the client last saw.

    Raises `PermissionMissing`, `ChildGroupNotFound`, `VersionStale`, `ChildGroupEnded`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    target = await find_target(work, CHILD_GROUP, child_group_id, lock=True)
    child_group = target.row
    check_version(child_group, version)
    if child_group.ended_at is not None:
        raise ChildGroupEnded
    return child_group


async def _rows(work: UnitOfWork, child_group_id: UUID) -> Sequence[Any]:
    return await stored.members_of(await work.driver(), work.actor.school_id, child_group_id)


async def list_child_groups(reading: Reading, asked: ChildGroupFilter, paging: PageOf) -> Page[str]:
    """List child groups, newest first, without those with a child related to the reader."""
    CHILD_GROUP.require(reading.actor)
    where = Conditions(reading.actor.school_id)
    CHILD_GROUP.keep(reading.actor, where)
    rows = await stored.page_of_child_groups(reading.driver, where, asked, paging)
    return cut_cards(rows, paging)


async def open_child_group(
    work: UnitOfWork, child_group_id: UUID
) -> tuple[ChildGroup, dict[str, Any]]:
    """Open one child group with its children. Raises `PermissionMissing`, `ChildGroupNotFound`."""
    target = await open_record(work, CHILD_GROUP, child_group_id)
    return target.row, await whole(work, target.row)


async def whole(work: UnitOfWork, child_group: ChildGroup) -> dict[str, Any]:
    """Build the answer for a visible child group."""
    members = await _rows(work, child_group.id)
    people = [
        item
        for item in (child_group.stated_by, child_group.confirmed_by, child_group.ended_by)
        if item
    ]
    names = await stored.names_of(await work.driver(), work.actor.school_id, people)
    writes = bool(policy.may(work.actor, Permission.SAFETY_WRITE))
    return {
        **picked(
            child_group, "id", "kind", "label", "source", "heard_from", "stated_at",
            "confirmed_at", "ended_at", "end_reason",
        ),
        "state": state_of(child_group), "members": len(members),
        "children": [
            {
                "child": {"id": row["id"], "name": row["name"]},
                "added_by": {"id": row["by_id"], "name": row["by_name"]},
                "added_at": row["added_at"],
            }
            for row in members
        ],
        "stated_by": names.get(child_group.stated_by),
        "confirmed_by": child_group.confirmed_by and names.get(child_group.confirmed_by),
        "ended_by": child_group.ended_by and names.get(child_group.ended_by),
        "permissions": next_verbs(child_group, writes=writes),
    }  # fmt: skip


def state_of(child_group: ChildGroup) -> str:
    """State of a child group."""
    if child_group.ended_at is not None:
        return "ended"
    return "unconfirmed" if child_group.confirmed_at is None else "confirmed"


def next_verbs(child_group: ChildGroup, *, writes: bool) -> list[str]:
    """List what someone who sees a child group may do next."""
    if child_group.ended_at is not None or not writes:
        return []
    confirm = ["confirm_child_group"] if child_group.confirmed_at is None else []
    return [*confirm, "add_child_group_members", "end_child_group"]
