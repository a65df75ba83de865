"""Connections are lent whole, to one at a time; one that the server closed costs no request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from uuid import UUID, uuid4

import pytest
from asyncpg.exceptions import DivisionByZeroError
from sqlalchemy.exc import TimeoutError as NoneFree

from app.core.words import Actor
from app.db.lending import ONE_MOMENT, READING, WRITING, CommitRefused, Lent
from app.db.reading import open_reading
from app.db.scope import SYSTEM_SCOPE
from app.db.session import Database
from app.db.unit_of_work import open_work
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


@pytest.mark.parametrize("how", [READING, WRITING])
async def test_one_that_was_given_up_while_it_was_used_is_lent_to_nobody(
    narrow: Database, how: str
) -> None:
    """Its server no longer accepts changes, and what used it was refused for another reason."""
    held = await scoped(narrow, how)
    narrow.lender.distrust()
    await narrow.end(held, ValueError())
    fresh = await narrow.lender.lend()
    assert fresh is not held
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


LEFT = """
select current_setting('transaction_read_only'), current_setting('transaction_isolation'),
  coalesce(current_setting('app.school_id', true), ''),
  coalesce(current_setting('app.account_id', true), ''),
  (select count(*) from pg_settings where source = 'session' and setting = '12345'),
  (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
  (select count(*) from pg_class where relnamespace = pg_my_temp_schema())
"""
"""What a transaction finds that has only just begun."""
LEAVE = """
select set_config('statement_timeout', '12345', true), pg_advisory_xact_lock_shared(12345)
"""
NOTHING = ("", "", 0, 0, 0)


class TestManyAtOnce:
    """Two schools share few connections, and many who use them are cut off, wherever they are."""

    @pytest.mark.parametrize("size", [1, 2])
    async def test_leave_nothing_to_each_other(
        self, world: World, database_urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch,
        size: int,
    ) -> None:  # fmt: skip
        schools = [(await world.a_school(())).id for _ in range(2)]
        database = Database(database_urls[1], pool=size, pool_wait=20, application_name="shared")
        found: set[tuple[object, ...]] = set()
        chained, drawn, begin = [], Random(size), Lent.begin

        async def looking(lent: Lent, how: str) -> bool:
            chained.append(lent._chained)
            if is_open := await begin(lent, how):
                found.add((how, *(await lent.driver.fetchrow(LEFT) or ())))
            return is_open

        monkeypatch.setattr(Lent, "begin", looking)

        async def client() -> None:
            for _ in range(30):
                task = asyncio.create_task(used(database, drawn.choice(schools), drawn))
                if drawn.random() < 0.4:
                    await asyncio.sleep(drawn.random() / 20)
                    task.cancel()
                await asyncio.wait([task])
                assert task.cancelled() or task.exception() is None

        await asyncio.gather(*(client() for _ in range(AT_ONCE)))
        assert found == {
            (WRITING, "off", "read committed", *NOTHING),
            (READING, "on", "read committed", *NOTHING),
            (ONE_MOMENT, "on", "repeatable read", *NOTHING),
        }
        assert any(chained)
        assert database.lender.lent == 0
        await database.close()


async def used(database: Database, school: UUID, drawn: Random) -> None:
    """Use a connection in one of the ways there are, and leave what a transaction may leave."""
    actor, scope = Actor.system(school), "select current_setting('app.school_id')"
    way = drawn.choice((READING, ONE_MOMENT, WRITING, None))
    if way is None:
        async with database.outside() as driver:
            assert not await driver.fetchval("select current_setting('app.school_id', true)")
        return
    with suppress(DivisionByZeroError):
        if way == WRITING:
            async with open_work(database, actor) as work:
                driver = (await work.driver()).connection
                await driver.execute(LEAVE)
                await driver.execute("create temporary table left_here () on commit drop")
                assert await work.organisations.own() is not None
                await driver.execute(f"select 1 / {drawn.choice((0, 1, 1, 1))}")
            return
        async with open_reading(database, actor, one_moment=way == ONE_MOMENT) as reading:
            for _ in range(3):
                assert await reading.driver.value(scope) == str(school)
            await reading.driver.value(f"select 1 / {drawn.choice((0, 1, 1, 1))}")


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
