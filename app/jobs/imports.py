"""Carries imports out from their stored files: rosters, and what another system kept."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from app.core.words import Actor, AuditEvent
from app.db.models import PastImport, RosterImport
from app.db.models.exchange.imports import FileImport
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.imports.commands import fail_import, found_import
from app.domain.exchange.imports.errors import ImportNotFound
from app.domain.exchange.imports.rules import ENDED, FAILED, FILE_LOST
from app.domain.exchange.past_imports.commands import APPLY, PLAN, UNDO
from app.domain.exchange.past_imports.rules import TO_PLAN
from app.domain.exchange.past_plans.commands import Seen as PastSeen
from app.domain.exchange.past_plans.commands import run_apply, run_plan, unseen
from app.domain.exchange.past_plans.commands import run_undo as undo_past
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import Outcome, Seen, run_import
from app.domain.exchange.roster_changes.commands import run_undo as undo_roster
from app.formats.sniffing import safe_file_name
from app.integrations.storage import ObjectNotFound, Storage, StorageUnavailable
from app.jobs.runner import Backoff, JobImpossible, Run, Task, TryLater

Row = TypeVar("Row", bound=FileImport)
Carry = Callable[[Database, Storage, UUID, UUID], Awaitable[Any]]
"""Does one job of an import: school, import."""


async def import_stored(
    database: Database,
    storage: Storage,
    school_id: UUID,
    import_id: UUID,
    *,
    seen: Seen | None = None,
) -> Outcome:
    """Import a roster from storage, and remove it once nothing can still need it.

    A file that our store has lost fails the import, which is tried again in case it comes back.
    Raises `ImportNotFound`, `StorageUnavailable`, `TryLater`.
    """
    row = await _found(database, RosterImport, school_id, import_id)
    needed = row.key if rules.goes_on(row.state, row.because) else None
    async with _fetched(storage, needed, safe_file_name(row.file_name)) as place:
        if place is None:
            await _fail(database, row, AuditEvent.ROSTER_REFUSED)
            raise TryLater("the stored file of the import is not there")
        outcome = await run_import(database, school_id, import_id, place, seen=seen)
    await _forget(storage, row.key, outcome.state)
    return outcome


async def plan_stored(
    database: Database,
    storage: Storage,
    school_id: UUID,
    import_id: UUID,
    *,
    seen: PastSeen = unseen,
) -> str:
    """Plan past entries from the stored file; the state then. A lost file fails the import.

    Raises `ImportNotFound`, `StorageUnavailable`.
    """
    row = await _found(database, PastImport, school_id, import_id)
    if row.state not in TO_PLAN:
        return row.state
    async with _fetched(storage, row.key, "file") as place:
        if place is None:
            await _fail(database, row, AuditEvent.PAST_IMPORT_REFUSED)
            return FAILED
        state = await run_plan(database, school_id, import_id, place, seen=seen)
    await _forget(storage, row.key, state)
    return state


async def apply_stored(
    database: Database,
    storage: Storage,
    school_id: UUID,
    import_id: UUID,
    *,
    seen: PastSeen = unseen,
) -> str:
    """Let past entries in that were approved, and forget the file; the state then.

    Raises `ImportNotFound`.
    """
    row = await _found(database, PastImport, school_id, import_id)
    state = await run_apply(database, school_id, import_id, seen=seen)
    await _forget(storage, row.key, state)
    return state


async def _found(database: Database, model: type[Row], school_id: UUID, import_id: UUID) -> Row:
    async with open_work(database, Actor.system(school_id)) as work:
        return await found_import(work, model, import_id)


async def _fail(database: Database, row: FileImport, did: AuditEvent) -> None:
    async with open_work(database, Actor.system(row.school_id)) as work:
        await fail_import(work, type(row), row.id, did, FILE_LOST)


@asynccontextmanager
async def _fetched(storage: Storage, key: str | None, name: str) -> AsyncIterator[Path | None]:
    """Where the file is now; None where our store has it no more; without a key it is empty."""
    with tempfile.TemporaryDirectory(prefix="cairn-import-") as folder:
        place = Path(folder) / name
        try:
            pieces = await storage.get(key) if key is not None else None
        except ObjectNotFound:
            yield None
            return
        with place.open("wb") as target:
            if pieces is not None:
                async for piece in pieces:
                    await asyncio.to_thread(target.write, piece)
        yield place


async def _forget(storage: Storage, key: str | None, state: str) -> None:
    """The file is full of personal data: it goes once nothing can still need it."""
    if key is not None and state in ENDED:
        try:
            await storage.delete(key)
        except StorageUnavailable:
            return


async def _undo_roster(database: Database, _: Storage, school_id: UUID, import_id: UUID) -> None:
    await undo_roster(database, school_id, import_id)


async def _undo_past(database: Database, _: Storage, school_id: UUID, import_id: UUID) -> None:
    await undo_past(database, school_id, import_id)


def _task(name: str, carry: Carry) -> Task:
    async def run(job: Run) -> None:
        """Carry it out; a hold or a refusal ends the job well."""
        adapters = job.adapters
        try:
            await carry(
                adapters.database, adapters.storage, job.id("school_id"), job.id("import_id")
            )
        except ImportNotFound:
            raise JobImpossible("there is no such import") from None

    return Task(name, run, Backoff(attempts=20))


IMPORT_ROSTER = _task("roster.import", import_stored)
UNDO_ROSTER = _task("roster.undo", _undo_roster)
IMPORT_TASKS = (
    IMPORT_ROSTER,
    UNDO_ROSTER,
    _task(PLAN, plan_stored),
    _task(APPLY, apply_stored),
    _task(UNDO, _undo_past),
)
