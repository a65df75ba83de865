"""Connections are lent whole, to one at a time; one that the server closed costs no request."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from asyncpg.exceptions import DivisionByZeroError
from sqlalchemy.exc import TimeoutError as NoneFree

from app.db.lending import READING, WRITING, CommitRefused, Lent
from app.db.scope import SYSTEM_SCOPE
from app.db.session import Database
from tests.faults.test_commit import a_concern, concerns
from tests.world import School, World

CLOSE = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and application_name = 'cairn'
"""
AT_ONCE = 8
NOW_OPEN = """
select current_setting('app.school_id', true), current_setting('transaction_read_only')
"""


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


class TestATransactionThatBeginsAsAnotherEnds:
    """The next in the queue is spared a trip; nothing of the one before is left for them."""

    @pytest.mark.parametrize(("how", "read_only"), [(READING, "on"), (WRITING, "off")])
    async def test_has_neither_its_scope_nor_its_kind(
        self, narrow: Database, how: str, read_only: str
    ) -> None:
        held = await scoped(narrow, READING)
        waiting = asyncio.create_task(narrow.lender.lend(how))
        await asyncio.sleep(0)
        await held.finish()
        assert held.driver.is_in_transaction() is (how == READING)
        await narrow.end(held)
        lent = await waiting
        assert await lent.begin(how)
        assert tuple(await lent.driver.fetchrow(NOW_OPEN) or ()) == ("", read_only)
        await narrow.end(lent)
        assert not lent.driver.is_in_transaction()

    async def test_ends_where_nobody_comes(self, narrow: Database) -> None:
        held = await scoped(narrow, WRITING)
        waiting = asyncio.create_task(narrow.lender.lend(WRITING))
        await asyncio.sleep(0)
        await held.commit()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await narrow.end(held)
        assert await narrow.lender.lend() is held
        assert not held.driver.is_in_transaction()

    async def test_ends_for_a_statement_that_commits_by_itself(self, narrow: Database) -> None:
        held = await scoped(narrow, READING)
        waiting = asyncio.create_task(narrow.ping())
        behind = asyncio.create_task(narrow.lender.lend(READING))
        await asyncio.sleep(0)
        narrow.lender._waiting.rotate()  # the one that was first may leave
        await held.finish()
        narrow.lender._waiting.rotate()
        await narrow.end(held)
        await waiting
        assert not (await behind).driver.is_in_transaction()

    async def test_is_none_where_the_one_before_had_failed(self, narrow: Database) -> None:
        held = await scoped(narrow, WRITING)
        waiting = asyncio.create_task(narrow.lender.lend(WRITING))
        await asyncio.sleep(0)
        with pytest.raises(DivisionByZeroError):
            await held.driver.execute("select 1 / 0")
        with pytest.raises(CommitRefused):
            await held.commit()
        await narrow.end(held, CommitRefused())
        lent = await waiting
        assert not lent.driver.is_in_transaction()
        assert await lent.begin(WRITING)
        await narrow.end(lent)

    async def test_is_none_where_a_reading_had_failed(self, narrow: Database) -> None:
        """The server begins another kind after one that failed, whatever it was told."""
        held = await scoped(narrow, READING)
        waiting = asyncio.create_task(narrow.lender.lend(READING))
        await asyncio.sleep(0)
        with pytest.raises(DivisionByZeroError):
            await held.driver.execute("select 1 / 0")
        await held.finish()
        await narrow.end(held)
        lent = await waiting
        assert await lent.begin(READING)
        assert tuple(await lent.driver.fetchrow(NOW_OPEN) or ()) == ("", "on")
        await narrow.end(lent)


async def scoped(database: Database, how: str) -> Lent:
    """A connection within a transaction of some school."""
    lent = await database.lender.lend(how)
    assert await lent.begin(how)
    await lent.driver.fetchrow(SYSTEM_SCOPE, str(uuid4()), str(uuid4()))
    return lent


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
