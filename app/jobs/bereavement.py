"""Looks after hard days in every school: quietly, and once for each."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories.access import audit_seals
from app.db.unit_of_work import open_work
from app.domain.safety.bereavement_dates.commands import look_after
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools


async def look_around_days(run: Run) -> None:
    """Set what the days of each school ask for today. Raises `TryLater`."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        schools = await audit_seals.schools_since(reading.driver, audit_seals.CHILDREN, None)

    async def look(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await look_after(work)

    await over_schools(run, schools, look)


LOOK_AROUND_DAYS = Task(
    "bereavement.look_around_days", look_around_days, Backoff(attempts=5), every="25 * * * *"
)
