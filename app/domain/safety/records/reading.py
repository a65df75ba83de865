"""Reading records of keeping a child safe: newest first, each look with its trace."""

from typing import Any
from uuid import UUID

from app.core.vocabularies.terms import DRAFT
from app.core.words import AuditEvent, Permission
from app.db.models import Child, SafetyRecord
from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.repositories.safety import safety_records as stored
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Columns
from app.domain.access.checks.children import child_for
from app.domain.safety.records.errors import RecordNotFound
from app.domain.safety.records.keeping import NOUN, record_of
from app.domain.safety.records.kind import RECORD
from app.domain.steps import sees
from app.domain.visibility import Chain, keep


async def child_to_read(work: UnitOfWork, child_id: UUID) -> Child:
    """The child, for somebody who may read these records, by their role or a grant.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    return await child_for(work, child_id, Permission.SAFETY_READ)


async def list_records(
    work: UnitOfWork, child_id: UUID, kind: str, paging: PageOf
) -> Page[dict[str, Any]]:
    """Records of one kind, newest first, each whole; the listing leaves a trace.

    Raises as `child_to_read`.
    """
    await child_to_read(work, child_id)
    return await page_of_records(work, RECORD.visible, child_id, kind, paging)


async def page_of_records(
    work: UnitOfWork, chain: Chain, child_id: UUID, kind: str, paging: PageOf
) -> Page[dict[str, Any]]:
    """The same for who may ask for it: what a chain lets the actor see."""
    work.record(
        AuditEvent.RECORDS_LISTED, "child", child_id, child_id=child_id, details={"kind": kind}
    )
    where = Conditions(work.actor.school_id)
    keep(chain, work.actor, where, Columns.of(SafetyRecord, "r"))
    rows = await stored.page_of_records(await work.driver(), where, child_id, kind, paging)
    return page_of(rows, paging, key=lambda row: Cursor(row["recorded_at"], row["id"]), shape=shown)


async def latest_record(work: UnitOfWork, child_id: UUID, kind: str) -> Any | None:
    """The newest record of a kind that the actor sees, as its row."""
    where = Conditions(work.actor.school_id)
    RECORD.keep(work.actor, where, row="r")
    driver = await work.driver()
    return next(iter(await stored.page_of_records(driver, where, child_id, kind, PageOf(1))), None)


async def open_record(work: UnitOfWork, child_id: UUID, kind: str, record_id: UUID) -> SafetyRecord:
    """One record, for who may read it; the look leaves a trace.

    Raises as `child_to_read`, `RecordNotFound`.
    """
    await child_to_read(work, child_id)
    record = await record_of(work, child_id, kind, record_id)
    if not await sees(work, RECORD, record.id):
        raise RecordNotFound
    work.record(
        AuditEvent.RECORD_OPENED, NOUN, record.id, child_id=child_id, details={"kind": kind}
    )
    return record


async def record_to_amend(
    work: UnitOfWork, child_id: UUID, kind: str, record_id: UUID
) -> SafetyRecord:
    """A record that somebody who writes these may put right. Raises `RecordNotFound`."""
    record = await record_of(work, child_id, kind, record_id)
    if not await sees(work, RECORD, record.id):
        raise RecordNotFound
    return record


async def whole(work: UnitOfWork, record: SafetyRecord) -> dict[str, Any]:
    """A record that may be seen, as it leaves."""
    row = await stored.one(await work.driver(), record.school_id, record.id)
    return shown(row)


def shown(row: Any) -> dict[str, Any]:
    """What every kind has around its content."""
    return {
        "id": row["id"],
        "child_id": row["child_id"],
        "concern_id": row["concern_id"],
        "content": stored.content_of(row),
        "occurred_at": row["occurred_at"],
        "occurred_precision": row["occurred_precision"],
        "recorded_at": row["recorded_at"],
        "late": row["late"],
        "by": {"id": row["by_id"], "name": row["by_name"]},
        "confidentiality": row["confidentiality"],
        "supersedes_id": row["supersedes_id"],
        "superseded_by_id": row["superseded_by_id"],
        "reason": row["reason"],
        "post_event": row["post_event"],
        "vocabulary_status": DRAFT,
    }
