"""Support notes: how people understand a pupil, in words, and what is still unknown."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from app.core.words import Permission
from app.db.models import Child, Concern, SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import check_unlocked, frozen_since
from app.domain.access.concern_access.queries import concern_to_work_on, is_assigned
from app.domain.errors import PermissionMissing
from app.domain.safety.records import queries as records
from app.domain.safety.records.commands import (
    KeepRecord,
    amend_record,
    check_moment,
    child_to_keep_safe,
    keep_record,
)
from app.domain.safety.records.errors import ConcernOfAnother

KIND: Final = "support_note"
SUMMARY: Final = "Support note: what is understood of the pupil was written down."


async def keep_note(work: UnitOfWork, child_id: UUID, command: KeepRecord) -> SafetyRecord:
    """Save a note; people with work in a concern write its notes.

    Raises as `child_to_keep_safe`, `keep_record`, `ValidationFailed`.
    """
    child, concern = await _child_to_note(work, child_id, command.concern_id)
    check_moment(work, command.occurred_at)
    after = concern is not None and await frozen_since(work, [child_id]) is not None
    record = await keep_record(work, child, command, post_event=after, of=concern)
    await work.session.flush()
    return record


async def amend_note(
    work: UnitOfWork, child_id: UUID, record_id: UUID, command: KeepRecord, reason: str
) -> SafetyRecord:
    """Save the present understanding beside an earlier note.

    Raises as `keep_note`, `RecordNotFound`, `RecordAmended`.
    """
    known = await work.children.find(SafetyRecord, record_id)
    await _child_to_note(work, child_id, known.concern_id if known else None)
    before = await records.record_to_amend(work, child_id, KIND, record_id)
    command = replace(
        command, occurred_at=before.occurred_at, occurred_precision=before.occurred_precision
    )
    record = await amend_record(work, before, command, reason)
    await work.session.flush()
    return record


async def _child_to_note(
    work: UnitOfWork, child_id: UUID, concern_id: UUID | None
) -> tuple[Child, Concern | None]:
    """The child, and the concern if it is what lets the actor write.

    The actor owns the concern or some of its work; a grant is for reading.
    """
    if policy.may(work.actor, Permission.SAFETY_WRITE):
        return await child_to_keep_safe(work, child_id, adds=True), None
    child = await records.child_by_assignment(work, child_id)
    if concern_id is None:
        raise PermissionMissing
    concern = await concern_to_work_on(work, concern_id, Permission.CONCERN_READ, adds=True)
    access = await work.concerns.access_to(concern_id)
    if access is None or not is_assigned(work.actor, access):
        raise PermissionMissing
    if child_id not in access.children:
        raise ConcernOfAnother
    await check_unlocked(work, child_id, adds=True)
    return child, concern
