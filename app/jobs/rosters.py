"""Imports a stored roster file."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from app.core.words import Actor
from app.db.models import RosterImport
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import Outcome, note_lost
from app.domain.exchange.roster.errors import RosterImportNotFound
from app.domain.exchange.roster_changes.commands import run_undo
from app.domain.exchange.roster_runs.commands import Seen, run_import
from app.formats.sniffing import safe_file_name
from app.integrations.storage import ObjectNotFound, Storage, StorageUnavailable
from app.jobs.runner import Backoff, JobImpossible, Run, Task, TryLater


async def import_roster(run: Run) -> None:
    """Carry the import out; a hold or a refusal ends the job well.

    Raises `JobImpossible`, `TryLater` where our store has lost the file.
    """
    adapters = run.adapters
    try:
        await import_stored(
            adapters.database, adapters.storage, run.id("school_id"), run.id("import_id")
        )
    except RosterImportNotFound:
        raise JobImpossible("there is no such import") from None


async def import_stored(
    database: Database,
    storage: Storage,
    school_id: UUID,
    import_id: UUID,
    *,
    seen: Seen | None = None,
) -> Outcome:
    """Import a file from storage, and remove it once nothing can still need it.

    A file that our store has lost fails the import, which is tried again in case it comes back.
    Raises `RosterImportNotFound`, `StorageUnavailable`, `TryLater`.
    """
    async with open_work(database, Actor.system(school_id)) as work:
        row = await work.rosters.find(RosterImport, import_id)
    if row is None:
        raise RosterImportNotFound
    with tempfile.TemporaryDirectory(prefix="cairn-roster-") as folder:
        place = Path(folder) / safe_file_name(row.file_name)
        needed = row.key if rules.goes_on(row.state, row.held_because) else None
        if needed is not None and not await fetch_to(storage, needed, place):
            await note_lost(database, school_id, import_id)
            raise TryLater("the stored file of the import is not there")
        outcome = await run_import(database, school_id, import_id, place, seen=seen)
    if row.key is not None and outcome.state in rules.ENDED:
        await _forget(storage, row.key)
    return outcome


async def fetch_to(storage: Storage, key: str, place: Path) -> bool:
    """Whether the file is there still, and then brought to its place."""
    try:
        pieces: AsyncIterator[bytes] = await storage.get(key)
    except ObjectNotFound:
        return False
    with place.open("wb") as target:
        async for piece in pieces:
            await asyncio.to_thread(target.write, piece)
    return True


async def _forget(storage: Storage, key: str) -> None:
    """The file is full of personal data and has done its work."""
    try:
        await storage.delete(key)
    except StorageUnavailable:
        return


async def undo_roster(run: Run) -> None:
    """Undo an import. Raises `JobImpossible`."""
    try:
        await run_undo(run.adapters.database, run.id("school_id"), run.id("import_id"))
    except RosterImportNotFound:
        raise JobImpossible("there is no such import") from None


IMPORT_ROSTER = Task("roster.import", import_roster, Backoff(attempts=20))
UNDO_ROSTER = Task("roster.undo", undo_roster, Backoff(attempts=20))
