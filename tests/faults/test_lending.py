"""Connections are lent whole, to one at a time; one that the server closed costs no request."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import TimeoutError as NoneFree

from app.db.session import Database
from tests.faults.test_commit import a_concern, concerns
from tests.world import School, World

CLOSE = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and application_name = 'cairn'
"""
AT_ONCE = 8


@pytest.fixture
async def narrow(database_urls: tuple[str, str]) -> AsyncIterator[Database]:
    """A pool of one connection."""
    made = Database(database_urls[1], pool=1, pool_wait=0.2, application_name="narrow")
    yield made
    await made.close()


async def test_the_last_one_is_waited_for_and_not_for_ever(narrow: Database) -> None:
    held = await narrow.lender.lend()
    with pytest.raises(NoneFree):
        await narrow.lender.lend()
    waiting = asyncio.create_task(narrow.lender.lend())
    await asyncio.sleep(0)
    await narrow.lender.give_back(held)
    assert await waiting is held
    await narrow.lender.give_back(held)
    assert narrow.lender.lent == 0


async def test_one_handed_to_a_waiter_who_left_is_not_lost(narrow: Database) -> None:
    held = await narrow.lender.lend()
    waiting = asyncio.create_task(narrow.lender.lend())
    await asyncio.sleep(0)
    await narrow.lender.give_back(held)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await narrow.lender.lend() is held


async def test_one_whose_statement_was_cut_is_lent_to_nobody(narrow: Database) -> None:
    cut = await narrow.lender.lend()
    await narrow.end(cut, asyncio.CancelledError())
    fresh = await narrow.lender.lend()
    assert fresh is not cut
    await narrow.end(fresh)


async def test_the_longest_statements_stay_prepared(narrow: Database) -> None:
    """The driver keeps none beyond 15 KiB by itself: they would be planned at each call."""
    held = await narrow.lender.lend()
    longest = "select 1 -- " + "x" * 40_000
    for _ in range(2):
        assert await held.driver.fetchval(longest) == 1
    kept = "select count(*) from pg_prepared_statements where statement like 'select 1 -- xxx%'"
    assert await held.driver.fetchval(kept) == 1
    await narrow.lender.give_back(held)


async def test_closed_connections_are_replaced(world: World, school: School) -> None:
    child = await school.child()
    kept = 0
    for _ in range(5):
        await asyncio.gather(*(school.staff.get("/v1/me") for _ in range(AT_ONCE)))
        assert world.sql(CLOSE)[0][0] > 0
        reads = [school.staff.get("/v1/me") for _ in range(AT_ONCE // 2)]
        raises = [school.staff.post("/v1/concerns", a_concern(child)) for _ in range(AT_ONCE // 2)]
        answers = await asyncio.gather(*reads, *raises)
        assert {answer.status_code for answer in answers} <= {200, 201}, answers
        kept += len(raises)
        assert concerns(world, school) == kept
    assert world.runtime.database.lender.lent == 0
