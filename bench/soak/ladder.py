"""Brings due times of open concerns near, and measures how late each of them rang."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from app.core import clock
from bench.soak.machines import Stretch

PICK = """
select school_id, id, thing_id, rung from deadline
where noun = 'concern' and ladder = 'immediate' and ended_at is null and acknowledged_at is null
  and rung < 3 and next_at > now() + interval '30 seconds'
order by random() limit 3 for update skip locked
"""
NEAR = """
update deadline set next_at = %(due)s, due_at = case when rung = 0 then %(due)s else due_at end
where school_id = %(school)s and id = %(id)s
"""
CONCERN = "update concern set due_at = %(due)s where school_id = %(school)s and id = %(thing)s"
RANG = """
select min(at) from trail
where noun = 'deadline' and noun_id = %s and verb in ('deadline.missed', 'deadline.climbed')
  and at >= %s and (details->>'rung')::int > %s
"""
STOPPED = """
select ended_at is not null or acknowledged_at is not null from deadline where id = %s
"""


QUIETEN = """
update deadline set next_at = now() + interval '1 day'
where ended_at is null and next_at < now() + interval '1 hour'
"""


@dataclass(frozen=True)
class Due:
    """A due time that was brought near."""

    deadline_id: Any
    rung: int
    at: datetime


@dataclass
class Rings:
    """How late the ladder was."""

    rang: int = 0
    excused: int = 0
    """Somebody acknowledged, or it ended, before it rang."""
    never: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """Seconds after the due time, or after the end of an outage that covered it."""


async def bring_near(stop: asyncio.Event, owner_url: str, dues: list[Due]) -> None:
    """Every two seconds, let some rungs fall due within a few."""
    while not stop.is_set():
        with contextlib.suppress(psycopg.Error):  # the database may be away
            dues.extend(await asyncio.to_thread(_bring_near, owner_url))
        await asyncio.sleep(2)


def _bring_near(owner_url: str) -> list[Due]:
    found = []
    with psycopg.connect(owner_url, connect_timeout=3) as connection:
        for school, id_, thing, rung in connection.execute(PICK).fetchall():
            due = clock.now() + timedelta(seconds=random.uniform(1, 4))
            values = {"due": due, "school": school, "id": id_, "thing": thing}
            connection.execute(NEAR, values)
            if rung == 0:
                connection.execute(CONCERN, values)
            found.append(Due(id_, rung, due))
    return found


def quieten(owner_url: str) -> None:
    """Let nothing ring by itself any more, so that the last message can be waited for."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(QUIETEN)


def measure(owner_url: str, dues: Sequence[Due], down: Sequence[Stretch], tick: float) -> Rings:
    """Look in the trail for the ring of every due time."""
    rings = Rings()
    with psycopg.connect(owner_url) as connection:
        for due in dues:
            row = connection.execute(RANG, (due.deadline_id, due.at, due.rung)).fetchone()
            if row and row[0]:
                rings.rang += 1
                could = first_chance(due.at, down, tick)
                rings.late.append(max(0.0, (row[0] - could).total_seconds()))
                continue
            stopped = connection.execute(STOPPED, (due.deadline_id,)).fetchone()
            if stopped and stopped[0]:
                rings.excused += 1
            else:
                rings.never.append(str(due.deadline_id))
    return rings


def first_chance(due: datetime, down: Sequence[Stretch], tick: float) -> datetime:
    """From when on it can ring: outages that began before it had its tick put it off."""
    at = due
    for begin, end in down:
        if begin <= at + timedelta(seconds=tick) and end > at:
            at = end
    return at
