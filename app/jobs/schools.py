"""Tasks that go over all schools: where one was killed it goes on, and no school stops another."""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

import structlog

from app.core.ids import NIL
from app.core.words import Actor
from app.db.fence import TakenOver
from app.db.repositories.exchange import jobs
from app.db.repositories.exchange.jobs import Progress
from app.db.unit_of_work import open_work
from app.jobs.runner import Run, TryLater

log = structlog.get_logger()


async def over_schools(
    run: Run, schools: Iterable[UUID], act: Callable[[UUID], Awaitable[None]]
) -> None:
    """Act in each school once; those that fail have another turn when the job is tried again.

    Which schools are through is kept after each one, so that another attempt begins behind it. A
    crash between acting and keeping acts once more, so `act` has to be idempotent.
    Raises `TryLater` where a school failed.
    """
    before = await _progress(run)
    again = list(before.failed)
    ahead = sorted(school for school in set(schools) if school > before.after)
    failed: list[UUID] = []
    for number, school_id in enumerate([*again, *ahead]):
        try:
            await act(school_id)
        except TakenOver:
            raise
        except Exception as error:
            failed.append(school_id)
            log.warning("job.school_failed", school=str(school_id), exc_info=error)
        after = before.after if number < len(again) else school_id
        waiting = [*failed, *again[number + 1 :]]
        await _keep(run, Progress(after, waiting))
    if failed:
        raise TryLater(f"{len(failed)} of {len(again) + len(ahead)} schools failed")
    await _forget(run)


async def _progress(run: Run) -> Progress:
    if not run.job_id:  # no row of the queue: called by hand
        return Progress()
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        return await jobs.progress_of(await work.driver(), run.job_id)


async def _keep(run: Run, progress: Progress) -> None:
    if not run.job_id:
        return
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        await jobs.keep_progress(await work.driver(), run.job_id, progress)


async def _forget(run: Run) -> None:
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        await jobs.forget_progress(await work.driver(), run.job_id)
