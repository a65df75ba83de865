"""A worker of a held copy does nothing until an operator releases the copy."""

import asyncio
import contextlib

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


async def stop_when_held(
    stop: asyncio.Event,
    database: Database,
    held: asyncio.Event,
    seconds: float = LOOK_EVERY_SECONDS,
) -> None:
    """Set `held` and `stop` once an operator holds the database of a worker that runs."""
    while not stop.is_set():
        try:
            if await _is_held(database) and not stop.is_set():
                log.warning("worker.held", advice="cairn restore release")
                held.set()
                stop.set()
        except Exception as error:
            log.error("worker.hold_unknown", exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


async def _is_held(database: Database) -> bool:
    async with open_reading(database, Actor.system(NIL)) as reading:
        return await holds.is_held(reading.driver)
