"""Save a job that fails as a failed job; a person replays or drops it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.models import FailedJob
from app.db.repositories.exchange import jobs
from app.db.unit_of_work import ALERTS, Job, UnitOfWork
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.errors import VersionStale
from app.domain.exchange.jobs.errors import FailedJobSettled
from app.domain.exchange.jobs.kind import FAILED_JOB
from app.domain.policy import roles_with
from app.domain.steps import find_target, new, record_row

KIND = "job_failed"
REPLAY_RULE = "job.replay"
WHERE_NO_ADMINISTRATOR = (Role.DSL, Role.HEADTEACHER)


async def replay_failed_job(
    work: UnitOfWork, failed_job_id: UUID, version: int | None = None
) -> FailedJob:
    """Queue the job again, as a new one with all its attempts, and settle the failed job.

    Raises `PermissionMissing`, `FailedJobNotFound`, `VersionStale`, `FailedJobSettled`.
    """
    failed_job = await _open_failed_job(work, failed_job_id, version)
    args = {name: str(value) for name, value in failed_job.args.items() if name != "timestamp"}
    work.enqueue(Job(failed_job.task, args, failed_job.queue, failed_job.lock, failed_job.priority))
    _settle(work, failed_job, "replayed", None)
    record_row(
        work, AuditEvent.JOB_REPLAYED, failed_job,
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
    record_row(
        work, AuditEvent.JOB_DROPPED, failed_job, reason=reason,
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
    failed_job.ended_at, failed_job.ended_reason_code, failed_job.reason = work.now, how, reason
    failed_job.ended_by = None if work.actor.is_system else work.actor.id
    failed_job.version += 1
    stop_clock(work, failed_job, how)


@dataclass(frozen=True, slots=True)
class JobFailure:
    """A job whose last attempt has failed; `attempts` is how many came before."""

    id: int
    attempts: int
    task: str
    queue: str
    priority: int
    lock: str | None
    args: Mapping[str, Any]
    error: str
    message: str | None


async def fail_job(work: UnitOfWork, failed: JobFailure) -> bool:
    """End a job and save it as a failed job, with owner, due time and alerts, in one transaction.

    Runs in the school of the job; if nobody there could own it, operators get it. False, without
    changes, if another worker has the job by now.
    """
    owners = await keepers_of(work)
    if not owners and work.actor.school_id != NIL:
        await work.rescope(Actor.system(NIL))
    if not await jobs.end_as_failed(await work.driver(), failed.id, failed.attempts):
        return False
    failed_job = _failed_job(work, failed, owners)
    work.session.add(failed_job)
    if owners:
        await start_clock(work, failed_job, REPLAY_RULE)
        await _tell(work, owners, failed_job.id, mail=failed.queue != ALERTS)
    record_row(
        work, AuditEvent.JOB_FAILED, failed_job,
        details={"task": failed.task, "job": failed.id, "attempts": failed_job.attempts},
    )  # fmt: skip
    return True


def _failed_job(work: UnitOfWork, failed: JobFailure, owners: Sequence[UUID]) -> FailedJob:
    return new(
        work, FailedJob, failed, id=new_id(), job_id=failed.id, args=dict(failed.args),
        attempts=failed.attempts + 1, failed_at=work.now, owner_id=owners[0] if owners else None,
    )  # fmt: skip


async def keepers_of(work: UnitOfWork) -> list[UUID]:
    """People who may replay jobs here; without any, leads and heads."""
    driver, day = await work.driver(), work.today
    school_id, permission = work.actor.school_id, Permission.JOB_READ
    if school_id == NIL:
        return []
    for roles in (roles_with(permission), [role.value for role in WHERE_NO_ADMINISTRATOR]):
        keepers = await jobs.keepers(driver, school_id, day, roles, permission.value)
        if keepers:
            return keepers
    return []


async def _tell(
    work: UnitOfWork, people: Sequence[UUID], failed_job_id: UUID, *, mail: bool
) -> None:
    """Alert those without an unread alert of this kind.

    A failed mail gets only an inbox alert: a second mail would fail like the first.
    """
    driver = await work.driver()
    for person in await jobs.without_unread(driver, work.actor.school_id, KIND, people):
        tell(work, person, KIND, about=("failed_job", failed_job_id), mail=mail)
