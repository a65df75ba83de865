"""What is cleared away every night."""

from datetime import timedelta

from app.core.ids import NIL
from app.core.words import Actor
from app.db import limits
from app.db.repositories.exchange.jobs import forget_of_gone
from app.db.repositories.people import sign_in_guards
from app.db.unit_of_work import UnitOfWork, open_work
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import in_each, in_use

KEYS_KEPT = timedelta(hours=48)
LEFTOVERS_AFTER = timedelta(days=1)
DONE_JOBS_KEPT_HOURS = 7 * 24
GUARDS_KEPT = timedelta(days=120)


async def expire_keys(work: UnitOfWork) -> None:
    """Forget idempotency keys older than 48 hours; each was claimed in a session."""
    await work.idempotency.expire(work.now - KEYS_KEPT)


async def clear_leftovers(run: Run) -> None:
    """Remove what uploads left unfinished when a machine stopped."""
    await run.adapters.storage.clear_leftovers(LEFTOVERS_AFTER)


async def forget_counts(run: Run) -> None:
    """Forget limits that are full again, and networks not signed in from for a season."""
    await limits.forget_full(run.adapters.database)
    await sign_in_guards.forget(run.adapters.database, older_than=GUARDS_KEPT)


async def forget_done_jobs(run: Run) -> None:
    """Remove the rows of jobs that ended a week ago; of failed ones the failed job stays."""
    await run.queue.job_manager.delete_old_jobs(nb_hours=DONE_JOBS_KEPT_HOURS, include_failed=True)
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        await forget_of_gone(await work.driver())


async def forget_proofs(run: Run) -> None:
    """Delete nonces and ID tokens that have expired: they would be refused as too old."""
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        await work.federation.forget_proofs(work.now)


EXPIRE_KEYS = Task(
    "keys.expire", in_each(in_use, expire_keys), Backoff(attempts=5), every="10 3 * * *"
)
CLEAR_LEFTOVERS = Task(
    "storage.clear_leftovers", clear_leftovers, Backoff(attempts=5), every="20 3 * * *"
)
FORGET_COUNTS = Task("limits.forget", forget_counts, Backoff(attempts=5), every="40 3 * * *")
FORGET_DONE_JOBS = Task(
    "jobs.forget_done", forget_done_jobs, Backoff(attempts=5), every="30 3 * * *"
)
FORGET_PROOFS = Task("proofs.forget", forget_proofs, Backoff(attempts=5), every="50 3 * * *")
