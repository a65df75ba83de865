"""What access needs done beside requests: searches that ended, conflicts, and unusual reading."""

from uuid import UUID

import structlog

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.child_searches.commands import end_searches
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.access.reading_notices.commands import BATCH, NobodyToLook, notice_reading
from app.domain.duty.hand_over.commands import tell_trust
from app.jobs.housekeeping import SESSIONS_LOOKED_BACK
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools

log = structlog.get_logger()


async def find_all_conflicts(run: Run) -> None:
    """Look through every roster once a night, in case a change came by another way."""
    database = run.adapters.database
    async with open_work(database, Actor.system(NIL)) as work:
        schools = await work.organisations.signed_in_since(clock.now() - SESSIONS_LOOKED_BACK)

    async def find(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await find_conflicts(work)

    await over_schools(run, schools, find)


async def notice_all_reading(run: Run) -> None:
    """Look through what is new in every school's trail."""
    database = run.adapters.database
    async with open_work(database, Actor.system(NIL)) as work:
        schools = await work.organisations.signed_in_since(clock.now() - SESSIONS_LOOKED_BACK)

    async def notice(school_id: UUID) -> None:
        read = BATCH
        while read >= BATCH:
            async with open_work(database, Actor.system(school_id)) as work:
                read, _ = await notice_reading(work)

    async def notice_or_tell(school_id: UUID) -> None:
        try:
            await notice(school_id)
        except NobodyToLook:
            await tell_of_nobody(database, school_id)

    await over_schools(run, schools, notice_or_tell)


async def end_all_searches(run: Run) -> None:
    """Tell each school's trail of the searches for children that have ended."""
    database = run.adapters.database
    async with open_reading(database, Actor.system(NIL)) as reading:
        rows = await reading.driver.rows("select schools_in_child_search() as id")

    async def end(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await end_searches(work)

    await over_schools(run, [row["id"] for row in rows], end)


async def tell_of_nobody(database: Database, school_id: UUID) -> None:
    """The trust hears that a school has nobody; the operator reads it where there is none."""
    async with open_work(database, Actor.system(school_id)) as work:
        heard = await tell_trust(work)
    if not heard:
        log.error("reading_notices.nobody", school=str(school_id))


NOTICE_READING = Task(
    "reading.notice", notice_all_reading, Backoff(attempts=5), every="*/10 * * * *"
)
FIND_CONFLICTS = Task("conflicts.find", find_all_conflicts, Backoff(attempts=5), every="40 3 * * *")
END_SEARCHES = Task("searches.end", end_all_searches, Backoff(attempts=5), every="* * * * *")
ACCESS_TASKS: tuple[Task, ...] = (END_SEARCHES, FIND_CONFLICTS, NOTICE_READING)
