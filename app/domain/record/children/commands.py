"""Adding, opening and changing a child, and the numbers a child is known by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import BY_HAND, AuditEvent, Permission
from app.db.models import Child, ChildIdentifier, Enrolment
from app.db.repositories.record.child_merges import former_children
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for, child_for_any, record_child_opened
from app.domain.access.closed_files.queries import check_unfrozen
from app.domain.errors import AlreadyExists, ChildMerged, PermissionMissing, StateConflict
from app.domain.etags import check_version
from app.domain.record.children import queries, rules
from app.domain.record.children.errors import IdentifierNotFound, IdentifierTaken
from app.domain.record.children.queries import Record
from app.domain.record.children.schemas import IdentifierIn
from app.domain.steps import new, record_row, touch
from app.formats.identifiers import CheckedIdentifier

NEW: dict[str, Any] = {
    "middle_names": None, "known_given_name": None, "known_family_name": None,
    "date_of_birth": None, "sex": None, "gender_identity": None, "pronouns": None,
    "year_group": None, "registration_group": None, "first_language": None, "ethnicity": None,
    "sen_provision": None, "address": None, "unknown_upn_reason_code": None,
    "roll_status": "on_roll",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AddedIdentifier:
    """A number as saved, with its warnings."""

    record: Record
    warnings: Sequence[str]
    child_version: int


async def add_child(
    work: UnitOfWork,
    facts: Mapping[str, Any],
    identifiers: Sequence[IdentifierIn] = (),
    enrolled_from: date | None = None,
    *,
    id_: UUID | None = None,
) -> tuple[Record, int]:
    """Add a child to the school; `facts` are columns of `Child`.

    Raises `PermissionMissing`, `ValidationFailed`, `IdentifierTaken`.
    """
    policy.require(work.actor, Permission.CHILD_CHANGE)
    _check_restricted(work, facts)
    rules.check_born(facts, work.today)
    child = new(work, Child, **{**NEW, **facts}, id=id_ or new_id())
    _name(child)
    work.children.add(child)
    await work.session.flush()
    await index_child(work, child)
    for number, identifier in enumerate(identifiers):
        await _number(work, child, identifier, f"/identifiers/{number}")
        await work.session.flush()
    if enrolled_from is not None:
        work.children.add(_enrolment(work, child.id, enrolled_from))
        await work.session.flush()
    record = await _whole(work, child)
    record_row(work, AuditEvent.CHILD_ADDED, child, child_id=child.id, after=record)
    return record, child.version


async def open_child(
    work: UnitOfWork, child_id: UUID, *, part: str | None = None
) -> tuple[Record, int]:
    """Open a child's record, also by the ID of a child merged into it, and log the view.

    The log entry names the `part` shown with it.

    Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`.
    """
    opens = (Permission.CHILD_OPEN, Permission.CHILD_CHANGE)
    try:
        child = await child_for_any(work, child_id, opens)
    except ChildMerged as merged:
        child = await child_for_any(work, merged.goes_on, opens)
    record_child_opened(work, child, part)
    merged_into = child.id if child.id != child_id else None
    return {**await _whole(work, child), "merged_into": merged_into}, child.version


async def update_child(
    work: UnitOfWork, child_id: UUID, version: int, asked: Mapping[str, Any]
) -> tuple[Record, int]:
    """Change a child's details; to leave ends the stay on roll, and to come back begins one.

    Raises `PermissionMissing`, `ChildNotFound`, `VersionStale`, `ValidationFailed`.
    """
    child = await child_for(work, child_id, Permission.CHILD_CHANGE, lock=True)
    await check_unfrozen(work, [child.id])
    asked, reason = rules.reason_apart(asked)
    _check_restricted(work, asked)
    check_version(child, version)
    rules.check_born(asked, work.today)
    before = {field: getattr(child, field) for field in asked}
    for field, value in asked.items():
        setattr(child, field, value)
    _name(child)
    if before.get("roll_status", child.roll_status) != child.roll_status:
        await _follow_roll(work, child)
    touch(work, child)
    await work.session.flush()
    if any(field.endswith(("_name", "_names")) for field in asked):
        await index_child(work, child)
    record_row(
        work, AuditEvent.CHILD_CHANGED, child, child_id=child.id, before=before, after=asked,
        details={"fields": sorted(asked)}, reason=reason,
    )  # fmt: skip
    return await _whole(work, child), child.version


async def _follow_roll(work: UnitOfWork, child: Child) -> None:
    """End or begin a stay today: a file follows its child, and comes back, by their stays."""
    stays = [item for item in await work.children.enrolments_of(child.id) if item.valid_to is None]
    if child.roll_status == "on_roll" and not stays:
        work.children.add(_enrolment(work, child.id, work.today))
    for stay in stays if child.roll_status == "left" else ():
        stay.valid_to = max(stay.valid_from, work.today)


async def add_identifier(work: UnitOfWork, child_id: UUID, body: IdentifierIn) -> AddedIdentifier:
    """Add an identifier to a child; a new UPN ends the old one, kept as a former UPN.

    Raises `PermissionMissing`, `ChildNotFound`, `ValidationFailed`, `IdentifierTaken`,
    `AlreadyExists`.
    """
    child = await child_for(work, child_id, Permission.CHILD_CHANGE, lock=True)
    row, checked = await _number(work, child, body, "")
    touch(work, child)
    record_row(
        work, AuditEvent.IDENTIFIER_ADDED, row, child_id=child.id,
        after={"system": row.system, "value": row.value}, details={"system": row.system},
    )  # fmt: skip
    return AddedIdentifier(
        queries.identifier_record(row, work.actor),
        [warning.value for warning in checked.warnings],
        child.version,
    )


async def end_identifier(
    work: UnitOfWork, child_id: UUID, identifier_id: UUID, version: int
) -> tuple[Record, int]:
    """End an identifier that is no longer used or never was right.

    The version is that of the child, whose record shows its numbers. Raises `PermissionMissing`,
    `ChildNotFound`, `IdentifierNotFound`, `VersionStale`, `StateConflict`.
    """
    child = await child_for(work, child_id, Permission.CHILD_CHANGE, lock=True)
    await check_unfrozen(work, [child.id])
    row = await work.children.lock(ChildIdentifier, identifier_id)
    if row is None or row.child_id != child.id:
        raise IdentifierNotFound
    check_version(child, version)
    if row.valid_to is not None:
        raise StateConflict("This identifier has already ended.")
    _end(work, row)
    touch(work, child)
    record_row(
        work, AuditEvent.IDENTIFIER_ENDED, row, child_id=child.id, details={"system": row.system}
    )
    return queries.identifier_record(row, work.actor), child.version


def _check_restricted(work: UnitOfWork, facts: Mapping[str, Any]) -> None:
    if not queries.opens(work.actor) and any(field in facts for field in queries.RESTRICTED):
        raise PermissionMissing


def _name(child: Child) -> None:
    given, family = queries.shown_name(child)
    child.sort_name = rules.sort_name(family, given)


async def index_child(work: UnitOfWork, child: Child) -> None:
    """Make a child findable by its names as they are."""
    await work.children.index_names(child.id, await words_of(work, child))


async def words_of(work: UnitOfWork, child: Child) -> frozenset[str]:
    """Words that find a child: their names, and those of children merged into them."""
    every = [child, *await former_children(work.session, child)]
    return rules.name_tokens(
        *(name for item in every for name in (
            item.legal_given_name, item.legal_family_name, item.middle_names,
            item.known_given_name, item.known_family_name,
        ))
    )  # fmt: skip


async def _whole(work: UnitOfWork, child: Child) -> Record:
    identifiers = await work.children.identifiers_of(child.id)
    enrolments, also_at, closed = await work.children.stays_of(child.id)
    return queries.child_record(child, identifiers, enrolments, also_at, work.actor, closed=closed)


async def _number(
    work: UnitOfWork, child: Child, body: IdentifierIn, at: str
) -> tuple[ChildIdentifier, CheckedIdentifier]:
    """Add a number to a child, and end the one it replaces."""
    checked = rules.checked_identifier(body.system, body.value, at)
    holder = await work.children.child_with(body.system, checked.text)
    if holder is not None:
        raise AlreadyExists if holder == child.id else IdentifierTaken
    if body.system in rules.ONE_AT_A_TIME:
        await _replace(work, child, body.system, checked, at)
    row = _identifier(work, child.id, body.system, checked.text, body.valid_from)
    row.suppressed = body.suppressed
    work.children.add(row)
    if body.system == "upn":
        child.unknown_upn_reason_code = None
    return row, checked


async def _replace(
    work: UnitOfWork, child: Child, system: str, new: CheckedIdentifier, at: str
) -> None:
    live = [
        identifier
        for identifier in await work.children.identifiers_of(child.id)
        if identifier.valid_to is None
    ]
    former = {item.value for item in live if item.system == "former_upn"}
    for old in live:
        if old.system != system:
            continue
        rules.check_replacement(new, old.value, at)
        _end(work, old)
        if system == "upn" and old.value not in former:
            await _keep_former(work, child, old)


async def _keep_former(work: UnitOfWork, child: Child, old: ChildIdentifier) -> None:
    if await work.children.child_with("former_upn", old.value) is None:
        work.children.add(_identifier(work, child.id, "former_upn", old.value, old.valid_from))


def _identifier(
    work: UnitOfWork, child_id: UUID, system: str, value: str, valid_from: date | None
) -> ChildIdentifier:
    return new(
        work, ChildIdentifier, child_id=child_id, system=system, value=value, source=BY_HAND,
        valid_from=valid_from, valid_to=None, suppressed=False, ended_by=None,
    )  # fmt: skip


def _end(work: UnitOfWork, row: ChildIdentifier) -> None:
    row.valid_to = work.today
    row.ended_by = work.actor.id


def _enrolment(work: UnitOfWork, child_id: UUID, start: date) -> Enrolment:
    return new(
        work, Enrolment, child_id=child_id, valid_from=start, valid_to=None, leaving_reason=None,
        source=BY_HAND,
    )  # fmt: skip
