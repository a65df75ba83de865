"""Reads of who is watching at school."""

from datetime import datetime

import orjson

from app.core import clock
from app.core.words import Actor
from app.db.repositories import watching
from app.db.session import Driver
from app.domain.clocks.keeping import calendar_from
from app.domain.errors import SchoolNotFound
from app.domain.watching.rules import Watch, care_of, phones_of, watch_at


async def read_watch(driver: Driver, actor: Actor, now: datetime) -> Watch:
    """Who looks at what comes in now. Raises `SchoolNotFound` for a trust."""
    row = await watching.watch_of(driver, actor.school_id, clock.day_of(now))
    if row is None:
        raise SchoolNotFound
    calendar = calendar_from(row["number"], row["nation"], row["content"])
    phones = phones_of(orjson.loads(row["content"]))
    care = care_of(orjson.loads(row["care"]))
    return watch_at(calendar, now, somebody=row["somebody"], phones=phones, care=care)
