"""What is cleared away every night."""

from datetime import timedelta

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.jobs.runner import Backoff, Run, Task

KEYS_KEPT = timedelta(hours=48)
SESSIONS_LOOKED_BACK = timedelta(days=30)
LEFTOVERS_AFTER = timedelta(days=1)
DONE_JOBS_KEPT_HOURS = 7 * 24


async def expire_keys(run: Run) -> None:
    """Forget idempotency keys older than 48 hours, school by school.

    The application may not list schools. But every key was claimed in a session, and sessions
    belong to no school, so those of the last month name each school that can have old keys.
    """
    database = run.adapters.database
    async with open_work(database, Actor.system(NIL)) as work:
        schools = await work.organisations.signed_in_since(clock.now() - SESSIONS_LOOKED_BACK)
    for school_id in schools:
        async with open_work(database, Actor.system(school_id)) as work:
            await work.idempotency.expire(work.now - KEYS_KEPT)


async def clear_leftovers(run: Run) -> None:
    """Remove what uploads left unfinished when a machine stopped."""
    await run.adapters.storage.clear_leftovers(LEFTOVERS_AFTER)


async def forget_done_jobs(run: Run) -> None:
    """Remove the rows of jobs that ended well a week ago; failed ones stay to be looked at."""
    await run.queue.job_manager.delete_old_jobs(nb_hours=DONE_JOBS_KEPT_HOURS)


EXPIRE_KEYS = Task("keys.expire", expire_keys, Backoff(attempts=5), every="10 3 * * *")
CLEAR_LEFTOVERS = Task(
    "storage.clear_leftovers", clear_leftovers, Backoff(attempts=5), every="20 3 * * *"
)
FORGET_DONE_JOBS = Task(
    "jobs.forget_done", forget_done_jobs, Backoff(attempts=5), every="30 3 * * *"
)
