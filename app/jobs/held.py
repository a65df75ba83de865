"""A worker of a restored copy does nothing until an operator releases the copy."""

import asyncio

import structlog

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories import holds
from app.db.session import Database

LOOK_EVERY_SECONDS = 5.0

log = structlog.get_logger()


async def wait_for_release(database: Database, seconds: float = LOOK_EVERY_SECONDS) -> None:
    """Return once the database is no held copy: before that nothing is sent, done or sealed."""
    while await _is_held(database):
        log.warning("worker.held", advice="cairn restore release")
        await asyncio.sleep(seconds)


async def _is_held(database: Database) -> bool:
    async with open_reading(database, Actor.system(NIL)) as reading:
        return await holds.is_held(reading.driver)
