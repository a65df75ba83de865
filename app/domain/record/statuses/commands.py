"""Begin, review and end statuses of a child."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.core import moments
from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import ChildStatus
from app.db.repositories.file_locks import Closed
from app.db.repositories.record.fact_changes import rows_at
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for, record_child_opened, role_reads
from app.domain.access.closed_files.queries import closed_file
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.milestones.commands import Around, happened
from app.domain.duty.milestones.rules import EVENTS
from app.domain.errors import FieldProblem, PermissionMissing, StateConflict, ValidationFailed
from app.domain.etags import check_version
from app.domain.record.children.queries import Record
from app.domain.record.children.rules import check_past, reason_apart
from app.domain.record.chronology.commands import chronicle
from app.domain.record.statuses import queries, rules
from app.domain.record.statuses.errors import StatusNotFound, StatusOverlaps
from app.domain.steps import new, record_row, touch

NEW: dict[str, Any] = {
    "detail": None, "end_reason": None, "evidence": None, "lead_agency": None, "worker": None,
    "review_due": None,
}  # fmt: skip
LONG_AGO = timedelta(days=28)
CLASSES = ("K2", "K3", "K4", "K5")


@dataclass(frozen=True, slots=True)
class AddStatus:
    """A request to record a status from a day on. `facts` are further columns."""

    id: UUID | None
    child_id: UUID
    kind: str
    valid_from: date
    valid_to: date | None
    confidentiality: str | None
    facts: Mapping[str, Any]


async def open_statuses(work: UnitOfWork, child_id: UUID) -> list[Record]:
    """Open every status of a child in classes that this reader sees, and log the view.

    Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`.
    """
    child = await child_for(work, child_id, Permission.CHILD_OPEN)
    statuses = await work.children.statuses_of(child.id, classes_of(work.actor))
    record_child_opened(work, child, "statuses")
    closed = await closed_file(work, child.id)
    return [
        queries.status_record(item, added_by, work.actor, closed) for item, added_by in statuses
    ]


async def open_statuses_at(work: UnitOfWork, child_id: UUID, at: datetime) -> list[Record]:
    """Open the statuses known at a moment, as they were, and log the view.

    Raises as `open_statuses`, and `ValidationFailed` for a future moment.
    """
    child = await child_for(work, child_id, Permission.CHILD_OPEN)
    check_past(at, work.now)
    known = await work.children.statuses_of(child.id, classes_of(work.actor))
    added_by = {item.id: name for item, name in known}
    were = {
        row.id: row
        for row in await rows_at(work.session, ChildStatus, work.actor.school_id, child.id, at)
    }
    record_child_opened(work, child, "statuses", at=moments.written(at))
    return [
        queries.status_record(were[id_], name, work.actor, Closed(locked=True))
        for id_, name in added_by.items()
        if id_ in were
    ]


async def add_status(work: UnitOfWork, command: AddStatus) -> tuple[Record, int]:
    """Record a status of a child from a day on; the chronology shows it.

    Raises `PermissionMissing`, `ChildNotFound`, `ValidationFailed`, `StatusOverlaps`.
    """
    child = await child_for(
        work, command.child_id, Permission.CHILD_SAFEGUARD, lock=True, adds=True
    )
    _check(command)
    class_ = rules.class_of_status(command.kind, command.confidentiality)
    read = classes_of(work.actor)
    if class_ not in read:
        raise PermissionMissing("Your role may not read or add a status of this class.")
    # Refusing one beside a status of a hidden class would tell of it, and of its days.
    others = [
        _interval(item)
        for item in await work.children.statuses_of_kind(child.id, command.kind)
        if item.confidentiality in read
    ]
    new = rules.Interval(command.valid_from, command.valid_to)
    if not rules.may_stand_beside(command.kind, new, others):
        raise StatusOverlaps
    row = await _begin(work, command, class_, work.actor.id)
    return await _whole(work, row), row.version


async def _begin(work: UnitOfWork, command: AddStatus, class_: str, by: UUID) -> ChildStatus:
    row = new(
        work, ChildStatus, **{**NEW, **command.facts}, id=command.id or new_id(),
        child_id=command.child_id, kind=command.kind, valid_from=command.valid_from,
        valid_to=command.valid_to, confidentiality=class_, added_by=by,
    )  # fmt: skip
    work.children.add(row)
    await work.session.flush()
    if row.kind not in rules.PERIODS:  # it is known at its end
        _chronicle(work, row, row.valid_from, by)
    if row.valid_to is not None:
        _chronicle(work, row, row.valid_to, by)
    record_row(
        work, AuditEvent.STATUS_ADDED, row,
        after={"kind": row.kind, "valid_from": row.valid_from, **command.facts},
        details={"kind": row.kind},
    )  # fmt: skip
    if row.valid_to is None:
        await _milestones(work, row, row.valid_from, f"status.{row.kind}")
    return row


async def keep_status(work: UnitOfWork, command: AddStatus, by: UUID) -> bool:
    """Add a status from another system, as accepted by a person; an existing one stays.

    The clocks of a continuing status start now. False: it may not coexist with those there.
    """
    others = await work.children.statuses_of_kind(command.child_id, command.kind)
    if any(item.id == command.id for item in others):
        return True
    new = rules.Interval(command.valid_from, command.valid_to)
    if not rules.may_stand_beside(command.kind, new, [_interval(item) for item in others]):
        return False
    await _begin(work, command, rules.class_of_status(command.kind, command.confidentiality), by)
    return True


async def update_status(
    work: UnitOfWork, child_id: UUID, status_id: UUID, version: int, asked: Mapping[str, Any]
) -> tuple[Record, int]:
    """Review or end a status; once set, an end is final.

    Raises `PermissionMissing`, `ChildNotFound`, `StatusNotFound`, `VersionStale`, `StateConflict`,
    `ValidationFailed`.
    """
    child = await child_for(work, child_id, Permission.CHILD_SAFEGUARD)
    row = await work.children.lock(ChildStatus, status_id)
    if row is None or row.child_id != child.id or row.confidentiality not in classes_of(work.actor):
        raise StatusNotFound
    check_version(row, version)
    asked, reason = reason_apart(asked)
    ends = _check_end(row, asked)
    before = {field: getattr(row, field) for field in asked}
    for field, value in asked.items():
        setattr(row, field, value)
    touch(work, row)
    if ends is not None:
        _chronicle(work, row, ends)
        await _milestones(work, row, ends, f"status_ended.{row.kind}")
    record_row(
        work, AuditEvent.STATUS_CHANGED, row, child_id=child.id, before=before, after=asked,
        details={"kind": row.kind, "fields": sorted(asked)},
        reason=reason or asked.get("end_reason"),
    )  # fmt: skip
    return await _whole(work, row), row.version


def classes_of(actor: Actor) -> list[str]:
    """The classes of record this actor's role reads."""
    return [class_ for class_ in CLASSES if role_reads(actor, class_)]


def _check(command: AddStatus) -> None:
    rules.check_interval(command.valid_from, command.valid_to)
    rules.check_detail(command.kind, command.facts.get("detail"))
    rules.check_period(command.kind, command.valid_to)
    if command.kind not in rules.PERIODS:
        _check_reason(command.valid_to, command.facts.get("end_reason"))


def _check_end(row: ChildStatus, changes: Mapping[str, Any]) -> date | None:
    """The day a change ends an open status, or None if it does not affect the end."""
    asked = changes.get("valid_to", row.valid_to)
    if row.valid_to is not None:
        if asked != row.valid_to:
            raise StateConflict("This status has ended. If it began again, add a new one.")
        return None
    rules.check_interval(row.valid_from, asked)
    _check_reason(asked, changes.get("end_reason"))
    end: date | None = asked
    return end


def _check_reason(end: date | None, reason: str | None) -> None:
    if end is not None and not reason:
        problem = FieldProblem("/end_reason", "missing", "Say why it ended.")
        raise ValidationFailed(problems=[problem])


def _interval(row: ChildStatus) -> rules.Interval:
    return rules.Interval(row.valid_from, row.valid_to)


def _chronicle(work: UnitOfWork, row: ChildStatus, day: date, by: UUID | None = None) -> None:
    """Enter a beginning or an end; only its day is known, so late means after the next day."""
    chronicle(
        work,
        child_ids=[row.child_id],
        kind="status",
        resource_id=row.id,
        occurred_at=datetime.combine(day, time(), UTC),
        precision="about",
        confidentiality=row.confidentiality,
        late=work.today - day > timedelta(days=1),
        author_id=by,
    )


async def _milestones(work: UnitOfWork, row: ChildStatus, day: date, event: str) -> None:
    """Start and stop the clocks of a beginning or an end; one long ago counts from today."""
    if event not in EVENTS:
        return
    calendar = await calendar_of(work)
    since = calendar.at(day, time()) if work.today - day <= LONG_AGO else work.now
    await happened(work, Around([row.child_id], since, confidentiality=row.confidentiality), event)


async def _whole(work: UnitOfWork, row: ChildStatus) -> Record:
    await work.session.flush()
    statuses = await work.children.statuses_of(row.child_id, [row.confidentiality], row.id)
    closed = await closed_file(work, row.child_id)
    return queries.status_record(row, statuses[0][1], work.actor, closed)
