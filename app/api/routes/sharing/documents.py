"""Documents to print: asked for as jobs, or set at once from what was frozen."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import PDF, Operations
from app.api.printing import fetched, printed
from app.api.replies import frozen_bytes
from app.api.schemas.documents import ChronologyContentOut, JobOut, PrintingIn
from app.api.schemas.snapshots import ReferralSnapshotOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.share_access.errors import ItemsHidden, ReferralNotFound, ShareNotFound
from app.domain.errors import ChildNotFound, ConflictOfInterest, ServiceUnavailable
from app.domain.sharing.document_jobs import commands as document_jobs
from app.domain.sharing.document_jobs import queries
from app.domain.sharing.document_jobs.errors import JobEnded, JobNotDone, JobNotFound, ResultSwept
from app.domain.sharing.document_jobs.schemas import ChronologyDocumentIn
from app.domain.sharing.documents import commands as documents
from app.domain.sharing.documents.errors import (
    DocumentHidden,
    DocumentNotFound,
    DocumentNotMade,
    DocumentsBusy,
)
from app.domain.sharing.referrals.queries import download_referral_snapshot
from app.domain.sharing.shares.errors import NothingFrozen

ops = Operations("documents")
router = ops.router
NEEDS = Permission.DOCUMENT_PRINT
REACH = (ChildNotFound, OutsideCohort, ConflictOfInterest)
Language = Annotated[PrintingIn, Query()]


@ops.command(
    "POST", "/v1/children/{child_id}/chronology-documents", out=JobOut, needs=NEEDS, status=202,
    recent=True, errors=REACH, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def request_chronology(child_id: UUID, body: ChronologyDocumentIn, work: Work) -> Response:
    """Request a chronology as PDF.

    Requests a child's chronology as a PDF. A job makes it: follow it at `Location`, then call
    `download_job_result`.
    """
    job_id = await document_jobs.request_chronology(work, child_id, body)
    return await _respond(work, job_id, status=202, location=f"/v1/jobs/{job_id}")


@ops.query("/v1/jobs/{job_id}", out=JobOut, needs=NEEDS, errors=(JobNotFound,), etag=True)
async def get_job(job_id: UUID, reading: Reading, request: Request) -> Response:
    """Get the progress of a job.

    Shows how far one of your jobs has got. When it is done, call `download_job_result`.
    """
    job, version = await queries.job_shown(reading.driver, reading.actor, job_id)
    return replies.record(job, version=version, request=request)


@ops.command(
    "POST", "/v1/jobs/{job_id}/cancel", out=JobOut, needs=NEEDS, errors=(JobNotFound, JobEnded),
    no_if_match=NoIfMatch.REPEATABLE,
)  # fmt: skip
async def cancel_job(job_id: UUID, work: Work) -> Response:
    """Cancel a job.

    Stops one of your jobs. It needs no If-Match, because a job's progress changes all the time.
    """
    await document_jobs.cancel_job(work, job_id)
    return await _respond(work, job_id)


@ops.opening(
    "/v1/jobs/{job_id}/result", out=PDF, needs=NEEDS, etag=False, recent=True,
    errors=(JobNotFound, JobNotDone, ResultSwept, DocumentHidden, ServiceUnavailable, *REACH),
)  # fmt: skip
async def download_job_result(job_id: UUID, work: Work, runtime: Served) -> Response:
    """Download the result of a job.

    Downloads the finished file. Only the person who requested it can, while they may still see
    everything in it.
    """
    return fetched(runtime.storage, await document_jobs.open_result(work, job_id))


@ops.opening(
    "/v1/documents/{document_id}/document.json", out=ChronologyContentOut, needs=NEEDS,
    errors=(DocumentNotFound, DocumentHidden, *REACH),
)  # fmt: skip
async def download_document(document_id: UUID, work: Work, request: Request) -> Response:
    """Download a document's data as JSON.

    Downloads the exact bytes that the document was made from, with their SHA-256.
    """
    document = await documents.download_document(work, document_id, "content")
    return frozen_bytes(document.content, document.sha256, request)


@ops.opening(
    "/v1/documents/{document_id}/document.pdf", out=PDF, needs=NEEDS, etag=False, recent=True,
    errors=(DocumentNotFound, DocumentHidden, DocumentNotMade, DocumentsBusy, *REACH),
)  # fmt: skip
async def download_document_pdf(document_id: UUID, work: Work) -> Response:
    """Download a document as PDF.

    Makes the PDF again from the same content, marked with your name and the time you printed it.
    You need to be able to see everything in it.
    """
    return printed(await documents.download_document_pdf(work, document_id))


@ops.opening(
    "/v1/shares/{share_id}/document.pdf", out=PDF, needs=NEEDS, etag=False, recent=True,
    errors=(ShareNotFound, ItemsHidden, NothingFrozen, DocumentNotMade, DocumentsBusy),
)  # fmt: skip
async def download_share_pdf(share_id: UUID, query: Language, work: Work) -> Response:
    """Download a share as PDF.

    Downloads what was approved to be shared, as an accessible PDF in English or Welsh.
    """
    return printed(await documents.print_file(work, "share", share_id), query.language)


@ops.opening(
    "/v1/referrals/{referral_id}/document.pdf", out=PDF, needs=NEEDS, etag=False, recent=True,
    errors=(ReferralNotFound, ItemsHidden, NothingFrozen, DocumentNotMade, DocumentsBusy),
)  # fmt: skip
async def download_referral_pdf(referral_id: UUID, work: Work) -> Response:
    """Download a referral as PDF.

    Downloads what was approved to be referred, as an accessible PDF.
    """
    return printed(await documents.print_file(work, "referral", referral_id))


@ops.opening(
    "/v1/referrals/{referral_id}/document.json", out=ReferralSnapshotOut,
    needs=Permission.REFERRAL_READ, errors=(ReferralNotFound, ItemsHidden, NothingFrozen),
)  # fmt: skip
async def download_referral(referral_id: UUID, work: Work, request: Request) -> Response:
    """Download a referral's data as JSON.

    Downloads the exact bytes that were approved, with their SHA-256.
    """
    snapshot = await download_referral_snapshot(work, referral_id)
    return frozen_bytes(snapshot.content, snapshot.sha256, request)


async def _respond(
    work: Work, job_id: UUID, *, status: int = 200, location: str | None = None
) -> Response:
    job, version = await queries.job_shown(await work.driver(), work.actor, job_id)
    return replies.record(job, status=status, version=version, location=location)
