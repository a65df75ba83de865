"""Read safety records, newest first; every view is logged."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from app.core.vocabularies.terms import DRAFT
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.models import Child, SafetyRecord
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.repositories.safety import records as stored
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Columns
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.errors import ChildNotFound, ConflictOfInterest, require_row
from app.domain.safety.records.commands import record_of
from app.domain.safety.records.errors import RecordNotFound
from app.domain.safety.records.kind import NOTE_OF_CONCERN, RECORD
from app.domain.steps import record_row, sees
from app.domain.visibility import Chain, keep

KINDS: Final = (
    "safety_check", "support_note", "parents_decision", "friend_support", "found_item",
    "home_safety_talk", "missing_episode",
)  # fmt: skip
"""Kinds read together; records of a plan or a return are read there."""


async def child_to_read(work: UnitOfWork, child_id: UUID) -> Child:
    """Find the child, for someone who may read these records by role or grant.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    return await child_for(work, child_id, Permission.SAFETY_READ)


async def child_for_records(work: UnitOfWork, child_id: UUID) -> Chain:
    """The rule that lets the actor see the child's records: role, grant, or own work.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    if policy.reads_safety(work.actor, child_id):
        await child_to_read(work, child_id)
        return RECORD.visible
    await child_by_assignment(work, child_id)
    return NOTE_OF_CONCERN


async def child_by_assignment(work: UnitOfWork, child_id: UUID) -> Child:
    """Check that the child exists and the actor has no interest in it."""
    policy.require(work.actor, Permission.CONCERN_READ)
    child = require_row(await work.children.find(Child, child_id), ChildNotFound)
    if child_id in work.actor.conflicts.children:
        raise ConflictOfInterest
    return child


async def list_records(
    work: UnitOfWork, child_id: UUID, kind: str | None, paging: PageOf
) -> Page[dict[str, Any]]:
    """List whole records of a child, newest first, and log the view.

    Raises as `child_for_records`.
    """
    chain = await child_for_records(work, child_id)
    return await page_of_records(work, chain, child_id, [kind] if kind else KINDS, paging)


async def page_of_records(
    work: UnitOfWork, chain: Chain, child_id: UUID, kinds: Sequence[str], paging: PageOf
) -> Page[dict[str, Any]]:
    """As `list_records`, for a child the actor may open: rows that the chain allows."""
    work.record(
        AuditEvent.RECORDS_LISTED, "child", child_id, child_id=child_id,
        details={"kind": kinds[0]} if len(kinds) == 1 else {},
    )  # fmt: skip
    where = Conditions(work.actor.school_id)
    keep(chain, work.actor, where, Columns.of(SafetyRecord, "r"))
    rows = await stored.page_of_records(await work.driver(), where, child_id, kinds, paging)
    return page_of(rows, paging, key="recorded_at", shape=to_response)


async def latest_record(work: UnitOfWork, child_id: UUID, kind: str) -> Any | None:
    """The newest record of a kind that the actor sees, as its row."""
    where = Conditions(work.actor.school_id)
    RECORD.keep(work.actor, where, row="r")
    driver = await work.driver()
    rows = await stored.page_of_records(driver, where, child_id, [kind], PageOf(1))
    return next(iter(rows), None)


async def open_record(work: UnitOfWork, child_id: UUID, record_id: UUID) -> SafetyRecord:
    """Open one record for its readers, and log the view.

    Raises as `child_for_records`, `RecordNotFound`.
    """
    chain = await child_for_records(work, child_id)
    record = await work.children.find(SafetyRecord, record_id)
    if record is None or record.child_id != child_id or record.kind not in KINDS:
        raise RecordNotFound
    if not await sees(work, RECORD, record.id, chain):
        raise RecordNotFound
    record_row(
        work, AuditEvent.RECORD_OPENED, record, child_id=child_id, details={"kind": record.kind}
    )
    return record


async def record_to_amend(
    work: UnitOfWork, child_id: UUID, kind: str, record_id: UUID
) -> SafetyRecord:
    """Find a record that someone who writes these may correct. Raises `RecordNotFound`."""
    record = await record_of(work, child_id, kind, record_id)
    if not await sees(work, RECORD, record.id):
        raise RecordNotFound
    return record


async def whole(work: UnitOfWork, record: SafetyRecord) -> dict[str, Any]:
    """Build the answer for a visible record."""
    row = await stored.record_of(await work.driver(), record.school_id, record.id)
    return to_response(row)


def to_response(row: Any) -> dict[str, Any]:
    """Fields that every kind has around its content."""
    return {
        **picked(
            row, "id", "kind", "child_id", "concern_id", "occurred_at", "occurred_precision",
            "recorded_at", "late", "confidentiality", "supersedes_id", "superseded_by_id",
            "reason", "post_event",
        ),
        "content": stored.content_of(row), "by": {"id": row["by_id"], "name": row["by_name"]},
        "vocabulary_status": DRAFT,
    }  # fmt: skip
