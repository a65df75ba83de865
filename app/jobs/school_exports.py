"""Writes schools that were ordered into encrypted files in the store, and deletes them in time."""

import io
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final
from uuid import UUID

from app.core import clock
from app.core.words import Actor, AuditEvent
from app.db.fence import TakenOver, current_turn
from app.db.models import SchoolExport
from app.db.repositories.exchange import school_exports as stored
from app.db.school_rows import one_moment
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.child_searches.commands import end_searches
from app.domain.exchange.school_exports import rules
from app.domain.exchange.school_exports.commands import (
    CHANGED,
    NOUN,
    REMOVE,
    WRITE,
    ask_to_stand,
    drop_approvals,
    end_export,
    found_export,
    tell_people,
)
from app.domain.exchange.school_exports.errors import SchoolExportNotFound
from app.domain.steps import touch
from app.formats.backups import CONTENT_KEY_BYTES, SCHOOL, BackupWriter
from app.formats.packets import import_key
from app.formats.school_files import SchoolWriter
from app.integrations.storage import ObjectExists, Storage, StorageError, Stored
from app.jobs.runner import Backoff, JobImpossible, Run, Task, TryLater
from app.jobs.school_writing import STAYS, Writing
from app.jobs.schools import in_use, over_schools
from app.jobs.sealing import sealing_of

RETRY: Final = Backoff(attempts=5)
TOLD_EVERY: Final = 2.0
"""Seconds between two looks at whether it was cancelled, and two notes of how far it is."""
LARGEST: Final = 1 << 50


class Over(Exception):
    """The export has ended meanwhile: there is nothing left to do."""


async def write_export(run: Run) -> None:
    """Write the school and keep the file. One that was cut off is written again from its start.

    Raises `JobImpossible`, `TryLater` where the store has no room yet, and any fault of ours,
    which fails the export with the last attempt.
    """
    school_id, export_id = run.id("school_id"), run.id("export_id")
    try:
        await _write(run, school_id, export_id)
    except (Over, TakenOver):
        return
    except SchoolExportNotFound:
        raise JobImpossible("there is no such export") from None
    except Exception as error:
        no_room = isinstance(error, StorageError)
        if _is_last():
            code = rules.NO_ROOM if no_room else rules.FAULT
            await _fail(run.adapters.database, school_id, export_id, code)
        if not no_room:
            raise
        if not _is_last():
            raise TryLater("there is no room for the file yet") from error


def _is_last() -> bool:
    turn = current_turn.get()
    return turn is None or RETRY.is_spent(turn.attempts)


async def _write(run: Run, school_id: UUID, export_id: UUID) -> None:
    adapters = run.adapters
    row = await _begin(adapters.database, school_id, export_id)
    if row.state != rules.RUNNING:
        raise Over
    await sealing_of(adapters.settings, adapters.database).once()
    key = f"{STAYS}/{school_id}/{export_id}"
    url = adapters.settings.database_url.get_secret_value()
    with one_moment(url, school_id) as connection:
        writing = Writing(adapters.settings, adapters.storage, school_id, connection)
        piece = await _keep(adapters.storage, key, row, writing, adapters.database)
    try:
        await _finish(adapters.database, school_id, export_id, key, piece)
    except Over:
        with suppress(StorageError):
            await adapters.storage.delete(key)
        raise


async def _begin(database: Database, school_id: UUID, export_id: UUID) -> SchoolExport:
    """Begin, or ask again where too few of the people who approved it may do so by now.

    Raises `Over`, `SchoolExportNotFound`.
    """
    async with open_work(database, Actor.system(school_id)) as work:
        row = await found_export(work, export_id, lock=True)
        if row.state not in rules.TO_WRITE:
            raise Over
        await drop_approvals(work, row)
        if not rules.is_enough(row.approvals):
            row.state = rules.ASKED
            touch(work, row)
            await tell_people(work, row, CHANGED)
            await ask_to_stand(work, row, tells=False)
            return row
        row.state = rules.RUNNING
        touch(work, row)
        await end_searches(work, every=True)
        work.record(
            AuditEvent.SCHOOL_EXPORTED, "school", school_id, reason=row.reason,
            details={"export_id": str(row.id), "encrypted": True, "adults": False},
        )  # fmt: skip
    return row


async def _keep(
    storage: Storage, key: str, row: SchoolExport, writing: Writing, database: Database
) -> Stored:
    """Stream the file into the store; what an attempt before this one left there is replaced."""
    async with aclosing(_pieces(row, writing, database)) as pieces:
        if await storage.exists(key):
            await storage.delete(key)
        try:
            return await storage.put(key, pieces, limit=LARGEST)
        except ObjectExists:
            raise TakenOver from None


async def _pieces(row: SchoolExport, writing: Writing, database: Database) -> AsyncGenerator[bytes]:
    """The encrypted file, as it is written. Raises `Over` where it was cancelled meanwhile."""
    target = io.BytesIO()
    backup = BackupWriter(
        target, str(row.id), clock.now().isoformat(), import_key(row.public_key, "enc"),
        secrets.token_bytes(CONTENT_KEY_BYTES), SCHOOL,
    )  # fmt: skip
    monotonic = -TOLD_EVERY
    async for _ in writing.record(SchoolWriter(backup)):
        if time.monotonic() - monotonic >= TOLD_EVERY:
            await _tell(database, row, writing)
            monotonic = time.monotonic()
        yield target.getvalue()
        target.seek(0)
        target.truncate()
    await _tell(database, row, writing)


async def _tell(database: Database, row: SchoolExport, writing: Writing) -> None:
    async with open_work(database, Actor.system(row.school_id)) as work:
        state = await stored.keep_progress(
            await work.driver(), row.school_id, row.id, writing.done, writing.total
        )
    if state != rules.RUNNING:
        raise Over


async def _finish(
    database: Database, school_id: UUID, export_id: UUID, key: str, stored: Stored
) -> None:
    """Raises `Over`, `SchoolExportNotFound`."""
    async with open_work(database, Actor.system(school_id)) as work:
        row = await found_export(work, export_id, lock=True)
        if row.state != rules.RUNNING:
            raise Over
        row.state, row.key, row.sha256, row.size = rules.READY, key, stored.sha256, stored.size
        row.expires_at = work.now + rules.KEPT
        touch(work, row)
        work.record(
            AuditEvent.SCHOOL_EXPORT_READY, NOUN, row.id,
            details={"sha256": stored.sha256, "size": stored.size},
        )  # fmt: skip
        await tell_people(work, row, CHANGED)


async def _fail(database: Database, school_id: UUID, export_id: UUID, code: str) -> None:
    async with open_work(database, Actor.system(school_id)) as work:
        row = await found_export(work, export_id, lock=True)
        if row.state not in rules.TO_WRITE:
            return
        row.because = code
        await end_export(work, row, rules.FAILED, AuditEvent.SCHOOL_EXPORT_FAILED)
        await tell_people(work, row, CHANGED)


async def remove_export(run: Run) -> None:
    """Delete the file of an export that has ended. Raises `StorageError`."""
    school_id, export_id = run.id("school_id"), run.id("export_id")
    await run.adapters.storage.delete(f"{STAYS}/{school_id}/{export_id}")


async def expire_exports(run: Run) -> None:
    """Delete files that were kept for seven days, and end orders that nobody approved in time.

    People who approved one had signed in, so that sign-ins of the last month name every school.
    """

    async def expire(school_id: UUID) -> None:
        async with open_work(run.adapters.database, Actor.system(school_id)) as work:
            for id_ in await stored.over(await work.driver(), school_id, work.now):
                row = await found_export(work, id_, lock=True)
                if row.state not in rules.LIVE or row.expires_at > work.now:
                    continue
                await run.adapters.storage.delete(f"{STAYS}/{school_id}/{id_}")
                await end_export(work, row, rules.EXPIRED, AuditEvent.SCHOOL_EXPORT_EXPIRED)

    await over_schools(run, await in_use(run), expire)


SCHOOL_EXPORT_TASKS = (
    Task(WRITE, write_export, RETRY),
    Task(REMOVE, remove_export, Backoff(attempts=20)),
    Task("school_exports.expire", expire_exports, Backoff(attempts=5), every="55 * * * *"),
)
