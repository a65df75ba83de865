"""Makes documents that were asked for, and sweeps their files when they were kept long enough."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

from app.core.words import Actor, AuditEvent
from app.db.fence import TakenOver, current_turn
from app.db.models import DocumentJob
from app.db.repositories.sharing import documents as stored
from app.db.unit_of_work import open_work
from app.domain.errors import Forbidden, NotFound
from app.domain.sharing.document_jobs.commands import (
    LAST_STEPS,
    MAKE,
    Frozen,
    JobOver,
    fail,
    finish,
    freeze,
    keep_progress,
)
from app.domain.sharing.document_jobs.errors import JobNotFound
from app.domain.sharing.document_jobs.queries import KEPT
from app.domain.sharing.documents.commands import typeset
from app.domain.sharing.documents.errors import DocumentNotMade, DocumentsBusy
from app.integrations.storage import ObjectExists, Storage, StorageError
from app.jobs.runner import Backoff, JobImpossible, Run, Task, TryLater
from app.jobs.schools import in_use, over_schools

LARGEST = 200 * 1024 * 1024
RETRY = Backoff(attempts=5, first=2, longest=30)
NO_ROOM = "The document could not be stored: the store is full or does not answer. Ask again later."
NO_RIGHT = "The person who asked may no longer have this document."
TOO_MUCH = "This is more than one document can hold. Ask for less at once, such as a shorter time."
FAULT = "The document could not be made because of a fault of Cairn. It was reported."


async def make_document(run: Run) -> None:
    """Gather, set and store; a document that cannot be made fails its job with a plain reason.

    Raises `JobImpossible`, `TryLater` where the store or the typesetter has no room yet, and any
    fault of ours, which fails the job with the last attempt.
    """
    school_id, job_id = run.id("school_id"), run.id("job_id")
    try:
        await _make(run, school_id, job_id)
    except (JobOver, TakenOver):
        return
    except JobNotFound:
        raise JobImpossible("there is no such document") from None
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise TryLater("there is no room for a document yet") from error
        code, detail = reason
        if code != "fault" or _is_last():
            await fail(run.adapters.database, school_id, job_id, code, detail)
        if code == "fault":
            raise


def _reason(error: Exception) -> tuple[str, str] | None:
    """Why the document cannot be made; None for what another attempt may mend."""
    if isinstance(error, Forbidden | NotFound):
        return "rights_lost", NO_RIGHT
    if isinstance(error, DocumentNotMade):
        return "too_large", TOO_MUCH
    if isinstance(error, StorageError | DocumentsBusy):
        return ("no_room", NO_ROOM) if _is_last() else None
    return "fault", FAULT


def _is_last() -> bool:
    turn = current_turn.get()
    return turn is None or RETRY.is_spent(turn.attempts)


async def _make(run: Run, school_id: UUID, job_id: UUID) -> None:
    database, storage = run.adapters.database, run.adapters.storage
    await keep_progress(database, school_id, job_id, 0, None)
    frozen = await freeze(database, school_id, job_id)
    total = frozen.entries + LAST_STEPS
    await keep_progress(database, school_id, job_id, frozen.entries, total)
    made = await _set(frozen)
    await keep_progress(database, school_id, job_id, frozen.entries + 1, total)
    key = f"documents/{school_id}/{job_id}"
    await _store(storage, key, made)
    try:
        sha256 = hashlib.sha256(made).hexdigest()
        await finish(database, school_id, job_id, key=key, sha256=sha256, size=len(made))
    except JobOver:
        with suppress(StorageError):
            await storage.delete(key)
        raise


async def _set(frozen: Frozen) -> bytes:
    return await typeset(frozen.kind, frozen.content)


async def _store(storage: Storage, key: str, made: bytes) -> None:
    """Keep the file; what an attempt before this one left there is replaced."""
    try:
        await storage.put(key, _in_one_piece(made), limit=LARGEST)
    except ObjectExists:
        await storage.delete(key)
        await storage.put(key, _in_one_piece(made), limit=LARGEST)


async def _in_one_piece(made: bytes) -> AsyncIterator[bytes]:
    yield made


async def sweep_documents(run: Run) -> None:
    """Remove files that were kept for seven days; what they were made from stays.

    Whoever asked for one had signed in, so that sign-ins of the last month name every school.
    """

    async def sweep(school_id: UUID) -> None:
        while await _sweep_some(run, school_id):
            pass

    await over_schools(run, await in_use(run), sweep)


async def _sweep_some(run: Run, school_id: UUID) -> int:
    async with open_work(run.adapters.database, Actor.system(school_id)) as work:
        ids = await stored.kept_too_long(await work.driver(), school_id, work.now - KEPT)
        for id_ in ids:
            job = await work.children.lock(DocumentJob, id_)
            if job is None or job.key is None or job.swept_at is not None:
                continue
            await run.adapters.storage.delete(job.key)
            job.swept_at = work.now
            job.version += 1
            work.record(AuditEvent.DOCUMENT_SWEPT, "document", job.id, child_id=job.child_id)
    return len(ids)


MAKE_DOCUMENT = Task(MAKE, make_document, RETRY)
SWEEP_DOCUMENTS = Task("documents.sweep", sweep_documents, Backoff(attempts=5), every="50 3 * * *")
DOCUMENT_TASKS = (MAKE_DOCUMENT, SWEEP_DOCUMENTS)
