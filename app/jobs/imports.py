"""Carries imports out from their stored files: rosters, and what another system kept."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar
from uuid import UUID

from app.core import clock
from app.core.words import Actor, AuditEvent
from app.db.models import PastImport, RosterImport
from app.db.models.exchange.imports import FileImport
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.imports.commands import fail_import, found_import
from app.domain.exchange.imports.errors import ImportNotFound
from app.domain.exchange.imports.rules import APPROVED, ENDED, FAILED, FILE_LOST
from app.domain.exchange.past_imports.commands import APPLY, PLAN, UNDO
from app.domain.exchange.past_imports.rules import DOCUMENT, TO_PLAN
from app.domain.exchange.past_plans.commands import FORGET, run_apply, run_plan, unseen
from app.domain.exchange.past_plans.commands import Seen as PastSeen
from app.domain.exchange.past_plans.commands import run_undo as undo_past
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import Outcome, go_on_after_check
from app.domain.exchange.roster_changes.commands import run_undo as undo_roster
from app.domain.exchange.roster_runs.commands import Seen, run_import
from app.domain.record.attachments.rules import AVAILABLE, QUARANTINED, flags_with
from app.formats.history import Files, FileSource, open_history
from app.formats.sniffing import safe_file_name
from app.integrations.images import ConfinedPictures
from app.integrations.intake import look_into, pieces_of
from app.integrations.storage import ObjectNotFound, Storage, StorageUnavailable
from app.jobs.runner import Backoff, JobImpossible, Run, Task, TryLater

Row = TypeVar("Row", bound=FileImport)
Carry = Callable[[Run], Awaitable[None]]
"""Does one job of an import."""
LARGEST: Final = 25_000_000
"""The largest document, where no settings say it."""


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
    row = await _require_import(database, RosterImport, school_id, import_id)
    needed = row.key if rules.goes_on(row.state, row.because) else None
    async with _fetched(storage, needed, safe_file_name(row.file_name)) as path:
        if path is None:
            await _fail(database, row, AuditEvent.ROSTER_REFUSED)
            raise TryLater("the stored file of the import is not there")
        outcome = await run_import(database, school_id, import_id, path, seen=seen)
    await _forget(storage, row.key, outcome.state)
    return outcome


async def plan_stored(
    database: Database,
    storage: Storage,
    school_id: UUID,
    import_id: UUID,
    *,
    limit: int = LARGEST,
    seen: PastSeen = unseen,
) -> str:
    """Plan past entries from the stored file; the state then. A lost file fails the import.

    `limit` is the largest size of a document.

    Raises `ImportNotFound`, `StorageUnavailable`.
    """
    row = await _require_import(database, PastImport, school_id, import_id)
    if row.state not in TO_PLAN:
        return row.state
    async with _fetched(storage, row.key, "file") as path:
        if path is None:
            await _fail(database, row, AuditEvent.PAST_IMPORT_REFUSED)
            return FAILED
        state = await run_plan(database, school_id, import_id, path, limit=limit, seen=seen)
    await _forget(storage, row.key, state)
    return state


async def apply_stored(
    database: Database,
    storage: Storage,
    school_id: UUID,
    import_id: UUID,
    *,
    to_scan: bool = False,
    seen: PastSeen = unseen,
) -> str:
    """Let past entries in that were approved, and forget the file; the state then.

    With `to_scan` documents are quarantined until a scanner has looked. Raises `ImportNotFound`.
    """
    row = await _require_import(database, PastImport, school_id, import_id)
    if row.kind != DOCUMENT or row.state != APPROVED:
        state = await run_apply(database, school_id, import_id, seen=seen)
        await _forget(storage, row.key, state)
        return state
    async with _fetched(storage, row.key, "file") as path:
        if path is None:
            await _fail(database, row, AuditEvent.PAST_IMPORT_REFUSED)
            return FAILED
        keep = partial(_keep_files, storage, path, to_scan)
        state = await run_apply(database, school_id, import_id, keep=keep, seen=seen)
    await _forget(storage, row.key, state)
    return state


async def _keep_files(
    storage: Storage, path: Path, to_scan: bool, wanted: Sequence[tuple[str, dict[str, Any], str]]
) -> dict[str, dict[str, Any]]:
    """Keep files of a package as attachments are kept. Raises StorageError, OSError."""
    source = FileSource(DOCUMENT, "", clock.now())
    with open_history(path, source, LARGEST) as (_, files):
        if files is None:
            return {}
        return {
            row: await _keep_file(storage, files, file, key, to_scan) for row, file, key in wanted
        }


async def _keep_file(
    storage: Storage, files: Files, file: dict[str, Any], key: str, to_scan: bool
) -> dict[str, Any]:
    """What is kept of one file. One that was kept before the attempt was cut off is kept again."""
    bare = f"{key}-bare"
    for item in (key, bare):
        await storage.delete(item)
    with files.open(file["path"]) as copy:
        name = PurePosixPath(file["path"].replace("\\", "/")).name
        looked = await look_into(
            copy, name, None, bare=bare, storage=storage, pictures=ConfinedPictures()
        )
        copy.seek(0)
        stored = await storage.put(key, pieces_of(copy), limit=LARGEST)
    stripped = looked.stripped
    return {
        "file_name": safe_file_name(name), "content_type": looked.content_type,
        "size": stored.size, "sha256": stored.sha256, "key": key,
        "state": QUARANTINED if to_scan else AVAILABLE,
        "flags": flags_with(
            list(looked.flags), looked.content_type, stripped=stripped is not None
        ),
        "stripped_key": stripped and bare,
        "stripped_size": stripped and stripped.size,
        "stripped_sha256": stripped and stripped.sha256,
    }  # fmt: skip


async def forget_file(job: Run) -> None:
    """Remove the bytes of a document whose entry was undone."""
    await job.adapters.storage.delete(str(job.args["key"]))


async def _require_import(
    database: Database, model: type[Row], school_id: UUID, import_id: UUID
) -> Row:
    async with open_work(database, Actor.system(school_id)) as work:
        return await found_import(work, model, import_id)


async def _fail(database: Database, row: FileImport, did: AuditEvent) -> None:
    async with open_work(database, Actor.system(row.school_id)) as work:
        await fail_import(work, type(row), row.id, did, FILE_LOST)


@asynccontextmanager
async def _fetched(storage: Storage, key: str | None, name: str) -> AsyncIterator[Path | None]:
    """Where the file is now; None where our store has it no more; without a key it is empty."""
    with tempfile.TemporaryDirectory(prefix="cairn-import-") as folder:
        path = Path(folder) / name
        try:
            pieces = await storage.get(key) if key is not None else None
        except ObjectNotFound:
            yield None
            return
        with path.open("wb") as target:
            if pieces is not None:
                async for piece in pieces:
                    await asyncio.to_thread(target.write, piece)
        yield path


async def _forget(storage: Storage, key: str | None, state: str) -> None:
    """The file is full of personal data: it goes once nothing can still need it."""
    if key is not None and state in ENDED:
        try:
            await storage.delete(key)
        except StorageUnavailable:
            return


async def _plan_past(job: Run) -> None:
    limit = job.adapters.settings.max_attachment_bytes
    await plan_stored(*_parts(job), limit=limit)


async def _apply_past(job: Run) -> None:
    await apply_stored(*_parts(job), to_scan=job.adapters.antivirus is not None)


async def _import_roster(job: Run) -> None:
    await import_stored(*_parts(job))


async def _go_on_roster(job: Run) -> None:
    """Go on with what a lead's look at a leaver may have set free."""
    async with open_work(job.adapters.database, Actor.system(job.id("school_id"))) as work:
        await go_on_after_check(work, job.id("about_id"))


async def _undo_roster(job: Run) -> None:
    await undo_roster(job.adapters.database, job.id("school_id"), job.id("import_id"))


async def _undo_past(job: Run) -> None:
    await undo_past(job.adapters.database, job.id("school_id"), job.id("import_id"))


def _parts(job: Run) -> tuple[Database, Storage, UUID, UUID]:
    adapters = job.adapters
    return adapters.database, adapters.storage, job.id("school_id"), job.id("import_id")


def _task(name: str, carry: Carry) -> Task:
    async def run(job: Run) -> None:
        """Carry it out; a hold or a refusal ends the job well."""
        try:
            await carry(job)
        except ImportNotFound:
            raise JobImpossible("there is no such import") from None

    return Task(name, run, Backoff(attempts=20))


IMPORT_ROSTER = _task("roster.import", _import_roster)
UNDO_ROSTER = _task("roster.undo", _undo_roster)
IMPORT_TASKS = (
    IMPORT_ROSTER,
    UNDO_ROSTER,
    _task("roster.leaver_checked", _go_on_roster),
    _task(PLAN, _plan_past),
    _task(APPLY, _apply_past),
    _task(UNDO, _undo_past),
    Task(FORGET, forget_file, Backoff(attempts=20)),
)
