"""Keeps check-ins, plans and the watch list going in every school that has any.

A pupil whom somebody has still to speak with is on the watch list.
"""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain.check_ins.going_on import keep_going
from app.domain.pathway_steps.collecting import collect_by_adult
from app.domain.support_plans.minding import mind
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools

SCHOOLS = "select schools_in_support_plan() as id union select schools_in_watch_entry()"


async def keep_check_ins(run: Run) -> None:
    """Look through each school in one transaction of its own; a second time changes nothing."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        rows = await reading.driver.rows(SCHOOLS)

    async def look(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await keep_going(work)
            await mind(work)
            await collect_by_adult(work)

    await over_schools(run, [row["id"] for row in rows], look)


KEEP_CHECK_INS = Task("check_ins.keep", keep_check_ins, Backoff(attempts=3), every="*/2 * * * *")
