"""Gives what its owner can no longer go on with to somebody who can, in every school."""

from functools import partial
from uuid import UUID

import structlog

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.duty.hand_over.commands import settle_school
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools

log = structlog.get_logger()


async def settle_owners(run: Run) -> None:
    """Look through everything open, school by school, each in a transaction of its own."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        rows = await reading.driver.rows("select schools_in_deadline() as id")

    await over_schools(run, [row["id"] for row in rows], partial(settle_one, database))


async def settle_one(database: Database, school_id: UUID) -> None:
    """The same in one school; the operator reads of a school of which nobody else can know."""
    async with open_work(database, Actor.system(school_id)) as work:
        looked = await settle_school(work)
    if not looked.heard:
        log.error("owners.nobody", school=str(school_id), things=len(looked.stuck))


SETTLE_OWNERS = Task("owners.settle", settle_owners, Backoff(attempts=3), every="*/3 * * * *")
