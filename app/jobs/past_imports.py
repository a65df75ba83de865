"""Plans, applies and undoes imports of past entries."""

import tempfile
from pathlib import Path
from uuid import UUID

from app.core.words import Actor
from app.db.models import PastImport
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_imports.commands import APPLY, PLAN, UNDO
from app.domain.exchange.past_imports.errors import PastImportNotFound
from app.domain.exchange.past_plans.commands import (
    Seen,
    note_lost,
    run_apply,
    run_plan,
    run_undo,
    unseen,
)
from app.integrations.storage import Storage, StorageUnavailable
from app.jobs.rosters import fetch_to
from app.jobs.runner import Backoff, JobImpossible, Run, Task


async def plan(run: Run) -> None:
    """Read the stored file and make the plan. Raises `JobImpossible`."""
    try:
        await plan_stored(*_parts(run))
    except PastImportNotFound:
        raise JobImpossible("there is no such import") from None


async def apply(run: Run) -> None:
    """Let in what was approved. Raises `JobImpossible`."""
    try:
        await apply_stored(*_parts(run))
    except PastImportNotFound:
        raise JobImpossible("there is no such import") from None


async def undo(run: Run) -> None:
    """Remove what nobody has worked with. Raises `JobImpossible`."""
    try:
        await run_undo(run.adapters.database, run.id("school_id"), run.id("import_id"))
    except PastImportNotFound:
        raise JobImpossible("there is no such import") from None


def _parts(run: Run) -> tuple[Database, Storage, UUID, UUID]:
    adapters = run.adapters
    return adapters.database, adapters.storage, run.id("school_id"), run.id("import_id")


async def plan_stored(
    database: Database, storage: Storage, school_id: UUID, import_id: UUID, *, seen: Seen = unseen
) -> str:
    """Plan from the stored file; the state it has then. A lost file fails the import.

    Raises `PastImportNotFound`, `StorageUnavailable`.
    """
    key = await _key_of(database, school_id, import_id)
    with tempfile.TemporaryDirectory(prefix="cairn-past-") as folder:
        place = Path(folder) / "file"
        if not await fetch_to(storage, key, place):
            await note_lost(database, school_id, import_id)
            return rules.FAILED
        state = await run_plan(database, school_id, import_id, place, seen=seen)
    return await _ended(storage, key, state)


async def apply_stored(
    database: Database, storage: Storage, school_id: UUID, import_id: UUID, *, seen: Seen = unseen
) -> str:
    """Let in what was approved, and forget the file; the state it has then.

    Raises `PastImportNotFound`.
    """
    state = await run_apply(database, school_id, import_id, seen=seen)
    return await _ended(storage, await _key_of(database, school_id, import_id), state)


async def _key_of(database: Database, school_id: UUID, import_id: UUID) -> str:
    async with open_work(database, Actor.system(school_id)) as work:
        row = await work.concerns.find(PastImport, import_id)
    if row is None:
        raise PastImportNotFound
    return row.key


async def _ended(storage: Storage, key: str, state: str) -> str:
    """The file is full of personal data: it goes once nothing can still need it."""
    if state in rules.ENDED:
        try:
            await storage.delete(key)
        except StorageUnavailable:
            return state
    return state


PLAN_PAST = Task(PLAN, plan, Backoff(attempts=20))
APPLY_PAST = Task(APPLY, apply, Backoff(attempts=20))
UNDO_PAST = Task(UNDO, undo, Backoff(attempts=20))
PAST_TASKS = (PLAN_PAST, APPLY_PAST, UNDO_PAST)
