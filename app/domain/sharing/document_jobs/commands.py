"""Request a document, make it step by step, and fetch the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Actor, AuditEvent
from app.db.models import Document, DocumentJob
from app.db.repositories.people.staff import members_of
from app.db.repositories.sharing import documents as stored
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain.errors import PermissionMissing, require_row
from app.domain.sharing.document_jobs.errors import JobEnded, JobNotDone, JobNotFound, ResultSwept
from app.domain.sharing.document_jobs.schemas import ChronologyDocumentIn
from app.domain.sharing.documents.commands import check_opening, note_opening, printable_content
from app.domain.sharing.documents.queries import (
    check_reader,
    content_of_chronology,
    filter_from,
    gather_chronology,
)
from app.domain.sharing.snapshots.rules import sha256_of, to_json_bytes
from app.domain.steps import new, record_row

MAKE = "document.make"

TEMPLATE_VERSION = 1
LAST_STEPS = 2
"""Setting and storing, after the entries."""


@dataclass(frozen=True, slots=True)
class Result:
    """Location of a finished document, and its hash."""

    key: str
    sha256: str
    reference: str


async def request_chronology(work: UnitOfWork, child_id: UUID, body: ChronologyDocumentIn) -> UUID:
    """Request a child's chronology as a document; returns the job's ID.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    await check_reader(await work.driver(), work.actor, child_id)
    job = new(
        work, DocumentJob, kind="chronology", child_id=child_id, asked=body.model_dump(mode="json"),
        asked_by=work.actor.id, asked_role=work.actor.role_name, asked_at=work.now, state="asked",
        problems=[],
    )  # fmt: skip
    work.children.add(job)
    work.record(
        AuditEvent.DOCUMENT_ASKED, "document", job.id, child_id=child_id,
        details={"kind": job.kind, "purpose": body.purpose},
    )  # fmt: skip
    work.enqueue(Job(MAKE, {"job_id": str(job.id)}))
    return job.id


async def cancel_job(work: UnitOfWork, job_id: UUID) -> None:
    """Stop a job; a cancelled one stays cancelled. Raises `JobNotFound`, `JobEnded`."""
    job = await _own_job(work, job_id, lock=True)
    if job.state == "cancelled":
        return
    if job.state != "asked":
        raise JobEnded
    job.state, job.ended_at = "cancelled", work.now
    job.version += 1
    work.record(AuditEvent.DOCUMENT_CANCELLED, "document", job.id, child_id=job.child_id)


async def open_result(work: UnitOfWork, job_id: UUID) -> Result:
    """Open the finished document, for its requester if they may still see everything in it.

    Raises `JobNotFound`, `JobNotDone`, `ResultSwept`, `DocumentHidden`, as `request_chronology`.
    """
    job = await _own_job(work, job_id)
    if job.state != "done" or job.key is None or job.sha256 is None:
        raise JobNotDone
    document = await work.children.find(Document, job_id)
    assert document is not None  # noqa: S101 - a finished job has one
    await check_opening(work, document, job)
    if job.swept_at is not None:
        raise ResultSwept
    note_opening(work, document, "result")
    return Result(job.key, job.sha256, document.reference)


async def _own_job(work: UnitOfWork, job_id: UUID, *, lock: bool = False) -> DocumentJob:
    find = work.children.lock if lock else work.children.find
    job = await find(DocumentJob, job_id)
    if job is None or job.asked_by != work.actor.id:
        raise JobNotFound
    return job


class JobOver(Exception):
    """The job has ended meanwhile: there is nothing left to do."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """Content for a template, and how many entries it shows."""

    kind: str
    content: Mapping[str, Any]
    entries: int


async def freeze(database: Database, school_id: UUID, job_id: UUID) -> Frozen:
    """Gather with the requester's present access and freeze the content; frozen content stays.

    Raises `JobNotFound`, `JobOver`, and why the requester may not have it.
    """
    async with open_work(database, Actor.system(school_id)) as work:
        job = await _job(work, job_id)
        document = await work.children.find(Document, job_id)
        if document is None:
            asker = await _asker(work, job)
            seen = _Progress(database, school_id, job_id)
            gathered = await gather_chronology(
                work, asker, job.child_id, filter_from(job.asked), seen,
                job.asked.get("purpose_detail"),
            )  # fmt: skip
            reference = await work.children.next_reference("D", work.now.year)
            content = to_json_bytes(content_of_chronology(gathered, job.asked, reference))
            document = Document(
                school_id=school_id,
                id=job_id,
                reference=reference,
                kind=job.kind,
                child_id=job.child_id,
                purpose=job.asked["purpose"],
                content=content,
                sha256=sha256_of(content),
                template_version=TEMPLATE_VERSION,
                entry_ids=list(gathered.entry_ids),
                made_by=job.asked_by,
                made_at=work.now,
            )
            work.children.add(document)
            _note(work, document, AuditEvent.DOCUMENT_MADE, part="content")
        name = await stored.name_of(await work.driver(), school_id, document.made_by)
    return _frozen(document, name)


async def _job(work: UnitOfWork, job_id: UUID) -> DocumentJob:
    job = require_row(await work.children.find(DocumentJob, job_id), JobNotFound)
    if job.state != "asked":
        raise JobOver
    return job


async def _asker(work: UnitOfWork, job: DocumentJob) -> Actor:
    """The requester with their present rights. Raises `PermissionMissing` if the role has ended."""
    driver = await work.driver()
    members = await members_of(driver, work.actor.school_id, work.now, job.asked_by)
    for _, actor in members:
        if actor.role_name == job.asked_role:
            return actor
    raise PermissionMissing


def _frozen(document: Document, name: str) -> Frozen:
    content = printable_content(
        document.content,
        sha256=document.sha256,
        made_at=document.made_at,
        printed_by=name,
        printed_at=document.made_at,
        reference=document.reference,
    )
    return Frozen(document.kind, content, len(document.entry_ids))


class _Progress:
    """Tells how many entries were gathered, in short transactions beside the long one."""

    def __init__(self, database: Database, school_id: UUID, job_id: UUID) -> None:
        self._database = database
        self._school_id = school_id
        self._job_id = job_id

    async def __call__(self, done: int) -> None:
        await keep_progress(self._database, self._school_id, self._job_id, done, None)


async def keep_progress(
    database: Database, school_id: UUID, job_id: UUID, done: int, total: int | None
) -> None:
    """Save a job's progress. Raises `JobNotFound`, `JobOver` if it was cancelled meanwhile."""
    async with open_work(database, Actor.system(school_id)) as work:
        driver = await work.driver()
        state = require_row(await stored.state_of(driver, school_id, job_id), JobNotFound)
        if state != "asked":
            raise JobOver
        await stored.keep_progress(driver, school_id, job_id, done, total, clock.now())


async def finish(
    database: Database, school_id: UUID, job_id: UUID, *, key: str, sha256: str, size: int
) -> None:
    """The PDF is in the store under this key. Raises `JobNotFound`, `JobOver`."""
    async with open_work(database, Actor.system(school_id)) as work:
        job = require_row(await work.children.lock(DocumentJob, job_id), JobNotFound)
        if job.state != "asked":
            raise JobOver
        document = await work.children.find(Document, job_id)
        assert document is not None  # noqa: S101 - it was frozen before it was set
        total = len(document.entry_ids) + LAST_STEPS
        driver = await work.driver()
        await stored.keep_progress(driver, school_id, job_id, total, total, work.now)
        _end(work, job, "done")
        job.key, job.sha256, job.size = key, sha256, size
        _note(work, document, AuditEvent.DOCUMENT_MADE, part="pdf", pdf_sha256=sha256)


async def fail(database: Database, school_id: UUID, job_id: UUID, code: str, detail: str) -> None:
    """End the job without a document; `detail` is a plain sentence that quotes nothing."""
    async with open_work(database, Actor.system(school_id)) as work:
        job = await work.children.lock(DocumentJob, job_id)
        if job is None or job.state != "asked":
            return
        _end(work, job, "failed")
        job.problems = [{"code": code, "detail": detail}]
        work.record(
            AuditEvent.DOCUMENT_FAILED, "document", job.id, child_id=job.child_id,
            details={"code": code},
        )  # fmt: skip


def _end(work: UnitOfWork, job: DocumentJob, state: str) -> None:
    job.state = state
    job.ended_at = work.now
    job.version += 1


def _note(work: UnitOfWork, document: Document, did: AuditEvent, **details: Any) -> None:
    record_row(
        work, did, document,
        details={"kind": document.kind, "sha256": document.sha256,
                 "asked_by": str(document.made_by), **details},
    )  # fmt: skip
