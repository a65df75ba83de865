"""Gives what its owner can no longer go on with to somebody who can, in every school."""

from functools import partial
from uuid import UUID

import structlog

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories.duty import standing_alerts
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.duty.hand_over.commands import settle_school
from app.domain.duty.standing_alerts.commands import settle_here, settle_in_trust
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import WITH_DEADLINES, in_each, over_schools

log = structlog.get_logger()


async def settle_owners(run: Run) -> None:
    """Look through everything open, school by school, each in a transaction of its own."""
    await over_schools(run, await WITH_DEADLINES(run), partial(settle_one, run.adapters.database))


async def settle_one(database: Database, school_id: UUID) -> None:
    """The same in one school; the operator reads of a school of which nobody else can know."""
    async with open_work(database, Actor.system(school_id)) as work:
        looked = await settle_school(work)
        await settle_here(work)
    if not looked.heard:
        log.error("owners.nobody", school=str(school_id), things=len(looked.stuck))


async def _alerted(run: Run) -> list[UUID]:
    async with open_reading(run.adapters.database, Actor.system(NIL)) as reading:
        return list(await standing_alerts.alerted_schools(reading.driver))


# Ends what waits in a trust about a school that has dealt with it.
SETTLE_TRUSTS = Task(
    "trusts.settle", in_each(_alerted, settle_in_trust), Backoff(attempts=3), every="*/3 * * * *"
)
SETTLE_OWNERS = Task("owners.settle", settle_owners, Backoff(attempts=3), every="*/3 * * * *")
