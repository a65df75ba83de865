"""Failed jobs: what Cairn could not do for a school, for its administrators to settle."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.jobs import DropFailedJobIn, FailedJobCard, FailedJobListIn
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.exchange.jobs import commands, queries
from app.domain.exchange.jobs.errors import FailedJobNotFound, FailedJobSettled

ops = Operations("jobs")
router = ops.router
NEEDS = Permission.JOB_READ


@ops.query("/v1/failed-jobs", out=PageOut[FailedJobCard], needs=NEEDS)
async def list_failed_jobs(
    query: Annotated[FailedJobListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List failed jobs.

    Lists this school's jobs that failed at every attempt, newest first.
    """
    settled = None if query.state is None else query.state == "settled"
    failed_jobs = await queries.list_failed_jobs(reading, query.task, settled, page_asked(query))
    return replies.page(request, failed_jobs)


@ops.query(
    "/v1/failed-jobs/{failed_job_id}", out=FailedJobCard, needs=NEEDS, errors=(FailedJobNotFound,),
    etag=True,
)  # fmt: skip
async def get_failed_job(failed_job_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a failed job.

    Shows what the job was, its attempts and the last failure. Next: `replay_failed_job` or
    `drop_failed_job`.
    """
    job, version = await queries.read_failed_job(reading, failed_job_id)
    return replies.record(job, version=version, request=request)


@ops.command(
    "POST", "/v1/failed-jobs/{failed_job_id}/replay", out=FailedJobCard, needs=NEEDS,
    errors=(FailedJobNotFound, FailedJobSettled),
)  # fmt: skip
async def replay_failed_job(failed_job_id: UUID, version: IfMatch, work: Work) -> Response:
    """Replay a failed job.

    Queues the job again with a full set of attempts, and marks the failed job as settled.
    """
    await commands.replay_failed_job(work, failed_job_id, version)
    return await _respond(work, failed_job_id)


@ops.command(
    "POST", "/v1/failed-jobs/{failed_job_id}/drop", out=FailedJobCard, needs=NEEDS,
    errors=(FailedJobNotFound, FailedJobSettled),
)  # fmt: skip
async def drop_failed_job(
    failed_job_id: UUID, body: DropFailedJobIn, version: IfMatch, work: Work
) -> Response:
    """Drop a failed job.

    Marks the failed job as settled without running it again, and records why.
    """
    await commands.drop_failed_job(work, failed_job_id, body.reason, version)
    return await _respond(work, failed_job_id)


async def _respond(work: Work, failed_job_id: UUID) -> Response:
    job, version = await queries.find_failed_job(
        await work.driver(), work.actor.school_id, failed_job_id
    )
    return replies.record(job, version=version)
