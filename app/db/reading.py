"""A query's read-only transaction, scoped to one actor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from app.core import clock
from app.core.words import Actor
from app.db.lending import ONE_MOMENT, READING
from app.db.session import Database, Driver


@dataclass(frozen=True, slots=True)
class Reading:
    """The actor and the driver of one read-only transaction."""

    actor: Actor
    driver: Driver
    now: datetime

    @property
    def today(self) -> date:
        """The school's present day."""
        return clock.day_of(self.now)


@asynccontextmanager
async def open_reading(
    database: Database, actor: Actor, *, one_moment: bool = False
) -> AsyncIterator[Reading]:
    """Open a reading for one query. With `one_moment` all its statements see the same rows.

    Its actor is as the database knows them. Raises `SessionEnded`.
    """
    lent, known, _ = await database.begin(actor, ONE_MOMENT if one_moment else READING)
    error: BaseException | None = None
    try:
        yield Reading(known, Driver(lent.driver), clock.now())
        await lent.finish()
    except BaseException as raised:
        error = raised
        raise
    finally:
        await database.end(lent, error)
