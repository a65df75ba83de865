"""Replaying and dropping failed jobs: by a person of the school, or by an operator."""

from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import FailedJob
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.clocks.keeping import stop_clock
from app.domain.errors import VersionStale
from app.domain.exchange.jobs.errors import FailedJobSettled
from app.domain.exchange.jobs.kind import FAILED_JOB
from app.domain.steps import find_target


async def replay_failed_job(
    work: UnitOfWork, failed_job_id: UUID, version: int | None = None
) -> FailedJob:
    """Ask for the job once more, as a new one with all its attempts, and settle the failed job.

    Raises `PermissionMissing`, `FailedJobNotFound`, `VersionStale`, `FailedJobSettled`.
    """
    failed_job = await _open_failed_job(work, failed_job_id, version)
    args = {name: str(value) for name, value in failed_job.args.items() if name != "timestamp"}
    work.enqueue(Job(failed_job.task, args, failed_job.queue, failed_job.lock, failed_job.priority))
    _settle(work, failed_job, "replayed", None)
    work.record(
        AuditEvent.JOB_REPLAYED, "failed_job", failed_job.id,
        details={"task": failed_job.task, "job": failed_job.job_id},
    )  # fmt: skip
    return failed_job


async def drop_failed_job(
    work: UnitOfWork, failed_job_id: UUID, reason: str, version: int | None = None
) -> FailedJob:
    """Settle a failed job without running it again, for a reason.

    Raises `PermissionMissing`, `FailedJobNotFound`, `VersionStale`, `FailedJobSettled`.
    """
    failed_job = await _open_failed_job(work, failed_job_id, version)
    _settle(work, failed_job, "dropped", reason)
    work.record(
        AuditEvent.JOB_DROPPED, "failed_job", failed_job.id, reason=reason,
        details={"task": failed_job.task, "job": failed_job.job_id},
    )  # fmt: skip
    return failed_job


async def _open_failed_job(work: UnitOfWork, failed_job_id: UUID, version: int | None) -> FailedJob:
    failed_job = (await find_target(work, FAILED_JOB, failed_job_id, lock=True)).row
    if failed_job.ended_at is not None:
        raise FailedJobSettled
    if version is not None and version != failed_job.version:
        raise VersionStale
    return failed_job


def _settle(work: UnitOfWork, failed_job: FailedJob, how: str, reason: str | None) -> None:
    failed_job.ended_at, failed_job.ended_because, failed_job.reason = work.now, how, reason
    failed_job.ended_by = None if work.actor.is_system else work.actor.id
    failed_job.version += 1
    stop_clock(work, failed_job, how)
