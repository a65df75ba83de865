"""Moves what came to a merged child after all: late requests, and whatever names the former id."""

from uuid import UUID

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.record.child_merges.commands import SETTLE, settle_merges
from app.jobs.housekeeping import SESSIONS_LOOKED_BACK
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools


async def settle_here(run: Run) -> None:
    """Settle the merges of one school."""
    async with open_work(run.adapters.database, run.actor) as work:
        await settle_merges(work)


async def settle_everywhere(run: Run) -> None:
    """Settle those of every school, in case a job was lost or a former id was written to."""
    database: Database = run.adapters.database
    async with open_work(database, Actor.system(NIL)) as work:
        schools = await work.organisations.signed_in_since(clock.now() - SESSIONS_LOOKED_BACK)

    async def act(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await settle_merges(work)

    await over_schools(run, schools, act)


MERGE_TASKS: tuple[Task, ...] = (
    Task(SETTLE, settle_here, Backoff(attempts=20)),
    Task("child_merge.sweep", settle_everywhere, Backoff(attempts=3), every="*/10 * * * *"),
)
