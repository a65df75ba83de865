"""Releases a restored copy, which works from then on."""

from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent
from app.db.reading import open_reading
from app.db.repositories import holds
from app.db.repositories.access import trail_logs
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.audit.errors import NotHeld


async def release_copy(database: Database, reason: str) -> int:
    """Say in the trail of every school that the copy is released, and let it work.

    Answers how many schools there are. Raises `NotHeld`.
    """
    async with open_reading(database, Actor.system(NIL)) as reading:
        if not await holds.is_held(reading.driver):
            raise NotHeld
        schools = await trail_logs.schools_since(reading.driver, trail_logs.CHILDREN, None)
    for school_id in schools:
        async with open_work(database, Actor.system(school_id)) as work:
            work.record(AuditEvent.RESTORE_RELEASED, "school", school_id, reason=reason)
    async with open_work(database, Actor.system(NIL)) as work:
        driver = await work.driver()
        await driver.write(holds.ADD, new_id(), "released", work.now, reason)
    return len(schools)
