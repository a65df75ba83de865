"""Counts open clocks again now and then, so that none stays in a calendar that is no more."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain.deadlines.commands import recompute
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools


async def recount(run: Run) -> None:
    """Find what began while a calendar changed, and bank holidays that a new release knows."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        rows = await reading.driver.rows("select schools_in_deadline() as id")

    async def act(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await recompute(work)

    await over_schools(run, [row["id"] for row in rows], act)


RECOUNT = Task("clocks.recount", recount, Backoff(attempts=10), every="37 * * * *")
