"""Support for a friend who told: a separate entry from that of the pupil they told about.

It names nobody else: neither child's file mentions the other.
"""

from typing import Any, Final
from uuid import UUID

from app.core.words import Permission
from app.db.models import Child, SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.errors import ChildNotFound, ConflictOfInterest, require_row
from app.domain.safety.records.commands import NOUN, KeepRecord, keep_record

KIND: Final = "friend_support"
SUMMARY: Final = "Support for a pupil who was worried about a friend."


async def begin_friend_support(
    work: UnitOfWork, child_id: UUID, id_: UUID | None, content: dict[str, Any], urgent: bool
) -> SafetyRecord:
    """Begin support for the friend, as the adult the friend told; a lead gets a task.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `FileLocked`.
    """
    policy.require(work.actor, Permission.CONCERN_RAISE)
    child = require_row(await work.children.find(Child, child_id), ChildNotFound)
    if child_id in work.actor.conflicts.children:
        raise ConflictOfInterest
    await check_unlocked(work, child_id)
    record = await keep_record(work, child, KeepRecord(KIND, content, SUMMARY, id=id_))
    await set_task(
        work,
        SetTask(KIND, child_id=child_id, about=(NOUN, record.id), urgent=urgent),
    )
    return record
