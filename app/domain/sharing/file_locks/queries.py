"""Readers' view of a lock; every view is logged."""

from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import FileLock
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for
from app.domain.errors import require_row
from app.domain.sharing.transfers.errors import NotLocked
from app.domain.sharing.transfers.queries import person
from app.domain.steps import record_row


async def open_lock(work: UnitOfWork, child_id: UUID) -> FileLock:
    """The lock of a child's file. Raises `PermissionMissing`, `ChildNotFound`,

    `ConflictOfInterest`, `OutsideCohort`, `NotLocked`.
    """
    child = await child_for(work, child_id, Permission.TRANSFER_READ)
    lock = require_row(await stored.lock_seen(work.session, child.school_id, child.id), NotLocked)
    record_row(
        work, AuditEvent.CHILD_OPENED, child, child_id=child.id, details={"part": "file_lock"}
    )
    return lock


async def lock_shown(work: UnitOfWork, lock: FileLock) -> dict[str, Any]:
    """Build the answer for a lock, with who has asked to end it."""
    asked = [lock.asked_by] if lock.asked_by else []
    names = await stored.names_of(await work.driver(), work.actor.school_id, asked)
    saved = (
        "id", "child_id", "transfer_id", "locked_at", "asked_at", "reason", "unlocked_at"
    )  # fmt: skip
    return {
        **{name: getattr(lock, name) for name in saved},
        "asked_by": person(lock.asked_by, names),
    }
