"""Gives what its owner can no longer go on with to somebody who can, in every school."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain.handing_over.orphans import settle_school
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools


async def settle_owners(run: Run) -> None:
    """Look through everything open, school by school, each in a transaction of its own."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        rows = await reading.driver.rows("select schools_in_deadline() as id")

    async def settle(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await settle_school(work)

    await over_schools(run, [row["id"] for row in rows], settle)


SETTLE_OWNERS = Task("owners.settle", settle_owners, Backoff(attempts=3), every="*/3 * * * *")
