"""Reading records of keeping a child safe: newest first, each look with its trace."""

from typing import Any
from uuid import UUID

from app.core.vocabularies.terms import DRAFT
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import Child, SafetyRecord
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.repositories.safety import safety_records as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.children import child_for
from app.domain.access.checks.concerns import reads_concern
from app.domain.safety.records.errors import RecordNotFound
from app.domain.safety.records.keeping import NOUN, record_of


async def child_to_read(work: UnitOfWork, child_id: UUID) -> Child:
    """The child, for somebody who may read these records, by their role or a grant.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    return await child_for(work, child_id, Permission.SAFETY_READ)


def classes_of(actor: Actor, child_id: UUID) -> list[str]:
    """The classes of record of this child that the actor reads."""
    return [one for one in ("K2", "K3", "K4", "K5") if policy.may_see_class(actor, one, child_id)]


async def list_records(
    work: UnitOfWork, child_id: UUID, kind: str, paging: PageOf
) -> Page[dict[str, Any]]:
    """Records of one kind, newest first, each whole; the listing leaves a trace.

    Raises as `child_to_read`.
    """
    await child_to_read(work, child_id)
    work.record(
        AuditEvent.RECORDS_LISTED, "child", child_id, child_id=child_id, details={"kind": kind}
    )
    rows = await stored.page_of_records(
        await work.driver(), work.actor, child_id, kind, classes_of(work.actor, child_id), paging
    )
    return page_of(rows, paging, key=lambda row: Cursor(row["recorded_at"], row["id"]), shape=shown)


async def open_record(work: UnitOfWork, child_id: UUID, kind: str, record_id: UUID) -> SafetyRecord:
    """One record, for who may read it; the look leaves a trace.

    Raises as `child_to_read`, `RecordNotFound`.
    """
    await child_to_read(work, child_id)
    record = await record_of(work, child_id, kind, record_id)
    if not await may_read(work, record):
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
    if not await may_read(work, record):
        raise RecordNotFound
    return record


async def may_read(work: UnitOfWork, record: SafetyRecord) -> bool:
    """Whether the actor reads its class; of a concern, whether they read the concern."""
    if record.concern_id is None:
        return bool(policy.may_see_class(work.actor, record.confidentiality, record.child_id))
    return reads_concern(work.actor, await work.concerns.sight_of(record.concern_id))


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
