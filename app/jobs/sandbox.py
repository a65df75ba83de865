"""The worker of a sandbox keeps to its clock, which developers move forward."""

import asyncio
import contextlib

import structlog

from app.db import sandbox
from app.db.session import Database

LOOK_EVERY_SECONDS = 0.25

log = structlog.get_logger()


async def keep_following(
    stop: asyncio.Event, database: Database, seconds: float = LOOK_EVERY_SECONDS
) -> None:
    """Look how far the clock is ahead until told to stop; ticks, ladder and due times go by it."""
    while not stop.is_set():
        try:
            await sandbox.follow(database)
        except Exception as error:
            log.error("sandbox.clock_unknown", exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
