"""Reminds owners of actions that will be due, and of meetings, in every school."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain.record.actions.commands import remind
from app.domain.record.meetings.commands import remind_of_meetings
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools


async def remind_owners(run: Run) -> None:
    """Look through open actions and meetings, school by school; who was told is not told again."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        rows = await reading.driver.rows("select schools_in_deadline() as id")

    async def look(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await remind(work)
            await remind_of_meetings(work)

    await over_schools(run, [row["id"] for row in rows], look)


REMIND_OWNERS = Task("actions.remind", remind_owners, Backoff(attempts=3), every="*/5 * * * *")
