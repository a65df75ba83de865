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
from app.domain.errors import RosterImportNotFound
from app.domain.roster import rules
from app.domain.roster.runs import Outcome, Seen, run_import
from app.integrations.storage import ObjectNotFound, Storage, StorageUnavailable
from app.jobs.runner import Backoff, JobImpossible, Run, Task


async def import_roster(run: Run) -> None:
    """Carry the import out; a hold or a refusal ends the job well. Raises `JobImpossible`."""
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

    A file that is gone leaves an ended import as it is and fails any other.
    Raises `RosterImportNotFound`, `StorageUnavailable`.
    """
    async with open_work(database, Actor.system(school_id)) as work:
        row = await work.rosters.find(RosterImport, import_id)
    if row is None:
        raise RosterImportNotFound
    with tempfile.TemporaryDirectory(prefix="cairn-roster-") as folder:
        place = Path(folder) / "package.zip"
        if row.key is not None and row.state not in rules.ENDED:
            await _fetch(storage, row.key, place)
        outcome = await run_import(database, school_id, import_id, place, seen=seen)
    if row.key is not None and outcome.state in rules.ENDED:
        await _forget(storage, row.key)
    return outcome


async def _fetch(storage: Storage, key: str, place: Path) -> None:
    """A file that is not there any more is read as a package that was not found."""
    try:
        pieces: AsyncIterator[bytes] = await storage.get(key)
    except ObjectNotFound:
        return
    with place.open("wb") as target:
        async for piece in pieces:
            await asyncio.to_thread(target.write, piece)


async def _forget(storage: Storage, key: str) -> None:
    """The file is full of personal data and has done its work."""
    try:
        await storage.delete(key)
    except StorageUnavailable:
        return


IMPORT_ROSTER = Task("roster.import", import_roster, Backoff(attempts=20))
