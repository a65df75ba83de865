"""The one place that keeps a file which has gone to another school from being written to.

A record is read-only where every child that it is about has gone. Raising a concern stays
possible, as does ending what had left the school before.
"""

from uuid import UUID

from app.db.repositories import transfer_locks as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FileLocked


async def check_unlocked(work: UnitOfWork, child_id: UUID) -> None:
    """Raise `FileLocked` where the file of the child has gone to another school.

    The lock waits for this work where it has not begun, and this for a lock that is being made.
    """
    if await stored.locked(await work.driver(), work.actor.school_id, [child_id]):
        raise FileLocked


async def check_concern_unlocked(work: UnitOfWork, concern_id: UUID) -> None:
    """Raise `FileLocked` where all children of a concern have gone, and it is not late itself."""
    if await stored.concern_is_locked(await work.driver(), work.actor.school_id, concern_id):
        raise FileLocked
