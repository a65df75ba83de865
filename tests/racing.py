"""Two requests at once, interleaved by force: the second begins while the first is halfway."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psycopg
from sqlalchemy.engine import make_url

from app.core import clock
from tests.world import School, World

WAITING = """
select count(*) from pg_stat_activity
where wait_event_type = 'Lock' and datname = current_database() and application_name = 'cairn'
"""
NUMBER = "insert into reference_counter (school_id, kind, year, last) values (%s, %s, %s, 0)"
Request = Callable[[], Awaitable[httpx.Response]]


def waiting(world: World) -> int:
    """How many requests wait for a row that somebody else holds."""
    ((count,),) = world.sql(WAITING)
    return int(count)


async def halfway(
    world: World, first: Request, second: Request, held: str, *values: Any
) -> tuple[httpx.Response, httpx.Response]:
    """`first` waits for a row that a statement holds; then `second` runs until it ends or waits,

    too. Fails where `first` ends without waiting.
    """
    url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url) as holder:
        holder.execute(held.encode(), values)
        one = asyncio.ensure_future(first())
        while not one.done() and not waiting(world):  # noqa: ASYNC110 - another program's state
            await asyncio.sleep(0.02)
        assert not one.done(), one.result().text
        two = asyncio.ensure_future(second())
        while not two.done() and waiting(world) < 2:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.02)
        holder.rollback()
        return await one, await two


async def at_its_number(
    world: World, school: School, kind: str, first: Request, second: Request
) -> tuple[httpx.Response, httpx.Response]:
    """`first` has looked at everything and waits for its reference, the first of its kind."""
    return await halfway(world, first, second, NUMBER, school.id, kind, clock.now().year)
