"""Write safety records: immutable, amended by new rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Child, Concern, SafetyRecord
from app.db.repositories.safety.records import is_amended
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.access.closed_files.queries import check_unfrozen, frozen_since
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.record.chronology.commands import chronicle, is_late
from app.domain.safety.records.errors import ConcernOfAnother, RecordAmended, RecordNotFound
from app.domain.steps import new, record_row

NOUN = "record"
ENTRY = "safety_record"
"""Its kind in the chronology."""
CLASS = "K3"
TOLERANCE = timedelta(minutes=5)
"""How far another clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class KeepRecord:
    """A record to save; `summary` is its chronology text."""

    kind: str
    content: Mapping[str, Any]
    summary: str
    id: UUID | None = None
    concern_id: UUID | None = None
    occurred_at: datetime | None = None
    occurred_precision: str = "exact"
    confidentiality: str = CLASS


async def child_to_keep_safe(
    work: UnitOfWork, child_id: UUID, *, lock: bool = False, adds: bool = False, ends: bool = False
) -> Child:
    """Find the child, for a lead who may write these records.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`, `FileLocked`
    unless it `ends` outstanding work, and `FileFrozen` unless it only `adds`.
    """
    if ends:
        policy.require(work.actor, Permission.SAFETY_WRITE)
        await check_unfrozen(work, [child_id])
        return await child_for(work, child_id, Permission.SAFETY_READ, lock=lock)
    return await child_for(work, child_id, Permission.SAFETY_WRITE, lock=lock, adds=adds)


def check_moment(work: UnitOfWork, at: datetime | None) -> None:
    """Raise `ValidationFailed` for a moment that has not come yet."""
    if at is not None and at > work.now + TOLERANCE:
        problem = FieldProblem("/at", "in_future", "It has not happened yet.")
        raise ValidationFailed(problems=[problem])


async def keep_record(
    work: UnitOfWork, child: Child, command: KeepRecord, *, post_event: bool = False,
    of: Concern | None = None,
) -> SafetyRecord:  # fmt: skip
    """Save a record of a child that the actor may write to, and enter it in the chronology.

    With a concern, it has the concern's class; `of` is that concern if the caller has locked it and
    knows that it is about the child, whose file is not frozen. Raises as `concern_to_work_on`,
    `ConcernOfAnother`.
    """
    confidentiality = of.confidentiality if of is not None else command.confidentiality
    if of is None and command.concern_id is not None:
        concern = await concern_to_work_on(
            work, command.concern_id, Permission.SAFETY_WRITE, adds=True
        )
        if child.id not in await work.concerns.child_ids(concern.id):
            raise ConcernOfAnother
        confidentiality = concern.confidentiality
    record = _row(work, child.id, command, confidentiality)
    record.post_event = post_event or (of is None and await _is_after(work, record.child_id))
    _add(work, record)
    return record


async def amend_record(
    work: UnitOfWork, before: SafetyRecord, command: KeepRecord, reason: str, *,
    post_event: bool = False,
) -> SafetyRecord:  # fmt: skip
    """Save a correction beside the earlier record, which stays unchanged.

    With a concern, it has the concern's present class. Raises `RecordAmended` if someone else
    amended it first.
    """
    if await is_amended(work.session, before):
        raise RecordAmended
    concern = before.concern_id and await work.concerns.held(Concern, before.concern_id)
    confidentiality = concern.confidentiality if concern else before.confidentiality
    record = _row(work, before.child_id, command, confidentiality)
    record.concern_id = before.concern_id
    record.supersedes_id, record.reason = before.id, reason
    record.post_event = post_event or await _is_after(work, record.child_id)
    _add(work, record)
    return record


async def _is_after(work: UnitOfWork, child_id: UUID) -> bool:
    """Whether it is written down after the death of the child."""
    return await frozen_since(work, [child_id]) is not None


def _row(
    work: UnitOfWork, child_id: UUID, command: KeepRecord, confidentiality: str
) -> SafetyRecord:
    occurred = command.occurred_at or work.now
    return new(
        work, SafetyRecord, command, child_id=child_id, content=dict(command.content),
        occurred_at=occurred, late=is_late(occurred, work.now), confidentiality=confidentiality,
        post_event=False,
    )  # fmt: skip


def _add(work: UnitOfWork, record: SafetyRecord) -> None:
    work.children.add(record)
    chronicle(
        work, child_ids=[record.child_id], kind=ENTRY, resource_id=record.id,
        occurred_at=record.occurred_at, precision=record.occurred_precision,
        concern_id=record.concern_id, confidentiality=record.confidentiality, late=record.late,
    )  # fmt: skip
    record_row(
        work, AuditEvent.RECORD_KEPT, record, reason=record.reason,
        after={"content": record.content, "summary": record.summary},
        details={
            "kind": record.kind,
            "concern_id": record.concern_id and str(record.concern_id),
            "supersedes_id": record.supersedes_id and str(record.supersedes_id),
        },
    )  # fmt: skip


async def record_of(work: UnitOfWork, child_id: UUID, kind: str, record_id: UUID) -> SafetyRecord:
    """A record of a child, for any reader. Raises `RecordNotFound`."""
    record = await work.children.find(SafetyRecord, record_id)
    if record is None or (record.child_id, record.kind) != (child_id, kind):
        raise RecordNotFound
    return record
