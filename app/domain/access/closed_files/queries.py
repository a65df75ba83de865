"""The one check for files that nobody may write to: gone to another school, or frozen."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.db.repositories.file_locks import Closed
from app.db.repositories.safety import bereavement_freezes as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FileFrozen, FileLocked


# A record is read-only once every child it is about has gone. People can still raise a concern,
# and end what had left the school before.
#
# After a death, nobody changes, closes, withdraws or hides earlier entries of a file. People can
# still add (`adds`) and work on later entries (`written_at`).
async def check_unlocked(
    work: UnitOfWork, child_id: UUID, *, adds: bool = False, written_at: datetime | None = None
) -> None:
    """Raise `FileLocked` if another school has the child's file.

    Raises `FileFrozen` if this would change entries made before a death. A lock not begun yet
    comes after this work; a lock in progress comes first.
    """
    closed = await closed_file(work, child_id)
    if closed.locked:
        raise FileLocked
    if not adds and closed.freezes(written_at):
        raise FileFrozen


async def closed_file(work: UnitOfWork, child_id: UUID) -> Closed:
    """How far a child's file is closed, which decides the steps offered."""
    return await stored.standing(await work.driver(), work.actor.school_id, child_id)


async def is_shut(work: UnitOfWork, child_id: UUID, written_at: datetime) -> bool:
    """Whether `check_unlocked` refuses to change an entry made at that time."""
    return (await closed_file(work, child_id)).shuts(written_at)


async def closed_files(work: UnitOfWork, children: Iterable[UUID]) -> dict[UUID, Closed]:
    """As `closed_file`, for several children."""
    listed = sorted(set(children))
    return await stored.standings(await work.driver(), work.actor.school_id, listed)


async def check_unfrozen(
    work: UnitOfWork, children: Iterable[UUID], *, written_at: datetime | None = None
) -> None:
    """Raise `FileFrozen` if this would change entries made before a death in one of the files."""
    if Closed(frozen_at=await frozen_since(work, children)).freezes(written_at):
        raise FileFrozen


async def frozen_since(work: UnitOfWork, children: Iterable[UUID]) -> datetime | None:
    """When the file of one of these children was frozen, or None. Later entries are marked."""
    listed = sorted(children)
    if not listed:
        return None
    return await stored.frozen_since(await work.driver(), work.actor.school_id, listed)


async def check_concern_unlocked(work: UnitOfWork, concern_id: UUID, *, adds: bool = False) -> None:
    """Raise `FileLocked` if all children of a concern have gone and it is not late itself.

    Raises `FileFrozen` if all of them have died and it is not from after.
    """
    row = await stored.concern_standing(await work.driver(), work.actor.school_id, concern_id)
    if row["locked"]:
        raise FileLocked
    if row["frozen"] and not adds:
        raise FileFrozen


async def check_concern_unfrozen(work: UnitOfWork, concern_id: UUID) -> None:
    """Raise `FileFrozen` where all children of a concern have died, and it is not from after."""
    row = await stored.concern_standing(await work.driver(), work.actor.school_id, concern_id)
    if row["frozen"]:
        raise FileFrozen


async def check_not_held(work: UnitOfWork, concern_id: UUID) -> None:
    """Raise `FileFrozen` where a child of a concern has died since: it is never withdrawn."""
    row = await stored.concern_standing(await work.driver(), work.actor.school_id, concern_id)
    if row["held"]:
        raise FileFrozen


async def is_after_death(work: UnitOfWork, concern_id: UUID) -> bool:
    """Whether an addition to a concern now comes after the death of one of its children."""
    row = await stored.concern_standing(await work.driver(), work.actor.school_id, concern_id)
    return bool(row["after_death"])
