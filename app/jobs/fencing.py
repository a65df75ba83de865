"""The ends of attempts, each fenced by its number: only the holder of a job may end it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import LiteralString
from uuid import UUID

import structlog
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor
from app.db.fence import current_turn
from app.db.repositories.exchange.jobs import END_ATTEMPT, PUT_BACK
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.jobs.commands import JobFailure, fail_job
from app.jobs.faults import NOT_SEEN, TASK_UNKNOWN, WORKER_DIED, Fault
from app.jobs.runner import Backoff, Task

log = structlog.get_logger()

OF_A_NEWER_RELEASE = Backoff(attempts=200)
"""A task we do not know may be known to a newer worker: it is put back for more than a day."""
SAVED_AT_ONCE = 3
"""So often a job is given on at once after its worker died; then it waits: it may be to blame."""
TRIES, PAUSE_SECONDS = 15, 1.0


class FencedJobs(JobManager):
    """Procrastinate's job manager, where an attempt that is not the last one changes nothing.

    The library ends a job by its id alone: a worker that was frozen while another took its job
    over would end the other's attempt.
    """

    def __init__(
        self, connector: BaseConnector, database: Database, tasks: Mapping[str, Task]
    ) -> None:
        super().__init__(connector)
        self._database = database
        self._tasks = tasks
        self._faults: dict[int, Fault] = {}
        self.lost = asyncio.Event()
        """The end of an attempt could not be kept: this worker has to give its jobs back."""

    def note(self, job_id: int, fault: Fault) -> None:
        """Remember why an attempt fails until it is ended."""
        self._faults[job_id] = fault

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """End a job; one that cannot succeed becomes a failed job in the same transaction."""
        fault = self._faults.pop(job.id or 0, NOT_SEEN)
        if status is not Status.FAILED:
            await self._surely(job, partial(self._end, job, status))
        elif job.task_name in self._tasks:
            await self._fail_surely(job, fault)
        elif OF_A_NEWER_RELEASE.is_spent(job.attempts):
            await self._fail_surely(job, TASK_UNKNOWN)
        else:
            wait = OF_A_NEWER_RELEASE.wait_after(job.attempts)
            await self.retry_job(job, clock.now() + wait)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put a job back for another attempt; its queue, priority and lock stay."""
        self._faults.pop(job.id or 0, None)
        await self._surely(job, partial(self._put_back, job, retry_at or clock.now()))

    async def save_job(self, job: Job) -> bool:
        """Give a job whose worker died to another, or fail it after its last attempt."""
        task = self._tasks.get(job.task_name)
        retry = task.retry if task else OF_A_NEWER_RELEASE
        if retry.is_spent(job.attempts):
            return await self._fail_job(job, WORKER_DIED)
        eager = job.attempts < SAVED_AT_ONCE
        wait = None if eager else retry.wait_after(job.attempts - SAVED_AT_ONCE)
        return await self._put_back(job, clock.now() + wait if wait else clock.now())

    async def _end(self, job: Job, status: Status) -> bool:
        return bool(await self._run(END_ATTEMPT, job, status=status.value))

    async def _put_back(self, job: Job, at: datetime) -> bool:
        return bool(await self._run(PUT_BACK, job, at=clock.in_queue(at)))

    async def _run(
        self, statement: LiteralString, job: Job, **values: object
    ) -> list[dict[str, object]]:
        return await self.connector.execute_query_all_async(
            statement,
            id=job.id,
            attempts=job.attempts,
            **values,
        )

    async def _fail_surely(self, job: Job, fault: Fault) -> None:
        try:
            await self._surely(job, partial(self._fail_job, job, fault))
        except Exception as error:
            log.error("job.not_buried", task=job.task_name, job=job.id, exc_info=error)
            await self._end(job, Status.FAILED)

    async def _fail_job(self, job: Job, fault: Fault) -> bool:
        current_turn.set(None)  # the attempt ends here: what it may no longer do, we may
        failed = JobFailure(
            job.id or 0, job.attempts, job.task_name, job.queue, job.priority, job.lock,
            job.task_kwargs, fault.error, fault.message,
        )  # fmt: skip
        async with open_work(self._database, Actor.system(school_of(job))) as work:
            buried = await fail_job(work, failed)
        if buried:
            log.error("job.buried", task=job.task_name, job=job.id, error=fault.error)
        return buried

    async def _surely(self, job: Job, act: Callable[[], Awaitable[bool]]) -> None:
        """Try for a while, since a job that nobody ends stays with its living worker for ever."""
        for number in range(TRIES):
            try:
                if not await act():
                    log.warning("job.late_end", task=job.task_name, job=job.id)
                return
            except Exception as error:
                log.warning("job.not_ended", task=job.task_name, job=job.id, exc_info=error)
                if number == TRIES - 1:
                    self.lost.set()
                    raise
            await asyncio.sleep(PAUSE_SECONDS)


def school_of(job: Job) -> UUID:
    """The school a job is for, or the nil id."""
    try:
        return UUID(str(job.task_kwargs.get("school_id")))
    except ValueError:
        return NIL
