"""Looks that nothing in the adult register stays with the wrong person."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain.adults.adult_concern_steps.commands import settle_all
from app.domain.record.incomplete_reports.commands import settle_incomplete_reports
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools


async def settle_registers(run: Run) -> None:
    """In every school: give what its owner may no longer read to somebody who may."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        rows = await reading.driver.rows("select schools_in_adult_trail(null) as id")

    async def settle(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await settle_all(work)
            await settle_incomplete_reports(work)

    await over_schools(run, [row["id"] for row in rows], settle)


SETTLE_REGISTERS = Task(
    "register.settle", settle_registers, Backoff(attempts=3), every="*/10 * * * *"
)
