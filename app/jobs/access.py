"""Looks for unusual reading beside requests."""

from uuid import UUID

import structlog

from app.core.words import Actor
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.reading_notices.commands import BATCH, NobodyToLook, notice_reading
from app.domain.duty.hand_over.commands import tell_trust
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import in_use, over_schools

log = structlog.get_logger()


async def notice_all_reading(run: Run) -> None:
    """Look through what is new in every school's trail."""
    database = run.adapters.database

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

    await over_schools(run, await in_use(run), notice_or_tell)


async def tell_of_nobody(database: Database, school_id: UUID) -> None:
    """The trust hears that a school has nobody; the operator reads it where there is none."""
    async with open_work(database, Actor.system(school_id)) as work:
        heard = await tell_trust(work)
    if not heard:
        log.error("reading_notices.nobody", school=str(school_id))


NOTICE_READING = Task(
    "reading.notice", notice_all_reading, Backoff(attempts=5), every="*/10 * * * *"
)
