"""Tasks that go over all schools: where one was killed it goes on, and no school stops another."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from uuid import UUID

import structlog

from app.core.ids import NIL
from app.core.words import Actor
from app.db.fence import TakenOver
from app.db.reading import open_reading
from app.db.repositories.access import audit_seals
from app.db.repositories.exchange import jobs
from app.db.repositories.exchange.jobs import Progress
from app.db.repositories.people import schools as stored
from app.db.unit_of_work import UnitOfWork, open_work
from app.jobs.runner import Run, TryLater

SESSIONS_LOOKED_BACK = timedelta(days=30)
Schools = Callable[[Run], Awaitable[Iterable[UUID]]]
log = structlog.get_logger()


async def in_use(run: Run, since: timedelta = SESSIONS_LOOKED_BACK) -> list[UUID]:
    """Schools that somebody signed in to: the application may list sessions, but not schools."""
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        return list(await work.organisations.signed_in_since(work.now - since))


async def with_a_record(run: Run) -> list[UUID]:
    """Schools in whose record anything was ever done."""
    async with open_reading(run.adapters.database, Actor.system(NIL)) as reading:
        return list(await audit_seals.schools_since(reading.driver, audit_seals.CHILDREN, None))


def named_by(these: str) -> Schools:
    """Schools that have something, by a statement of their repository."""

    async def schools(run: Run) -> list[UUID]:
        async with open_reading(run.adapters.database, Actor.system(NIL)) as reading:
            return await stored.schools_with(reading.driver, these)

    return schools


WITH_DEADLINES = named_by(stored.WITH_DEADLINES)


def in_each(
    schools: Schools, *acts: Callable[[UnitOfWork], Awaitable[object]]
) -> Callable[[Run], Awaitable[None]]:
    """What a task does that acts in each of these schools, in one transaction a school."""

    async def run_through(run: Run) -> None:
        async def act(school_id: UUID) -> None:
            async with open_work(run.adapters.database, Actor.system(school_id)) as work:
                for item in acts:
                    await item(work)

        await over_schools(run, await schools(run), act)

    return run_through


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
