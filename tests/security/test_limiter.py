"""The limiter in the database: exact for many processes, kept apart by key, and forgetful."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.limits import Policy
from app.db.limits import Taken, forget_full, give_back, take
from app.db.session import Database
from tests.sampling import examples
from tests.world import World

HOURLY = Policy("hourly", amount=20, per_seconds=3600, burst=20)


def a_key() -> str:
    return secrets.token_hex(8)


@pytest.fixture(scope="module")
async def processes(database_urls: tuple[str, str]) -> AsyncIterator[list[Database]]:
    """Two pools, as two processes have them."""
    pools = [Database(database_urls[1], pool=10, pool_wait=10) for _ in range(2)]
    yield pools
    for pool in pools:
        await pool.close()


class TestTaking:
    async def test_allows_exactly_the_burst_to_parallel_callers(
        self, processes: list[Database]
    ) -> None:
        key = a_key()
        answers = await asyncio.gather(
            *(take(processes[number % 2], key, HOURLY) for number in range(60))
        )
        assert sum(answer.allowed for answer in answers) == HOURLY.burst

    @settings(max_examples=examples(15))
    @given(
        costs=st.lists(st.integers(1, 7), min_size=1, max_size=20),
        burst=st.integers(7, 40),
    )
    async def test_never_gives_more_than_there_is(
        self, processes: list[Database], costs: list[int], burst: int
    ) -> None:
        policy = Policy("any", amount=burst, per_seconds=36_000, burst=burst)
        key = a_key()
        answers = await asyncio.gather(
            *(take(processes[i % 2], key, policy, cost) for i, cost in enumerate(costs))
        )
        given_out = sum(cost for cost, answer in zip(costs, answers, strict=True) if answer.allowed)
        assert given_out <= burst
        refused = [cost for cost, answer in zip(costs, answers, strict=True) if not answer.allowed]
        # What would fill it exactly may be refused: a statement that began a moment earlier.
        assert all(cost >= burst - given_out for cost in refused)

    async def test_says_what_is_left_and_how_long_to_wait(self, processes: list[Database]) -> None:
        key = a_key()
        assert await take(processes[0], key, HOURLY, 15) == Taken(True, 5, 0.0)
        refused = await take(processes[1], key, HOURLY, 6)
        assert (refused.allowed, refused.remaining) == (False, 5)
        assert refused.retry_after_seconds == pytest.approx(180, abs=2)

    async def test_allows_again_after_the_wait_it_named(self, processes: list[Database]) -> None:
        key = a_key()
        await take(processes[0], key, HOURLY, 20)
        refused = await take(processes[0], key, HOURLY)
        early, late = (refused.retry_after_seconds + by for by in (-5, 1))
        with clock.shifted(timedelta(seconds=early)):
            assert not (await take(processes[0], key, HOURLY)).allowed
        with clock.shifted(timedelta(seconds=late)):
            assert (await take(processes[0], key, HOURLY)).allowed

    async def test_fills_no_further_than_the_burst(self, processes: list[Database]) -> None:
        key = a_key()
        await take(processes[0], key, HOURLY)
        with clock.shifted(timedelta(days=2)):
            assert (await take(processes[0], key, HOURLY, 20)).allowed
            assert not (await take(processes[0], key, HOURLY)).allowed

    async def test_keeps_keys_and_policies_apart(self, processes: list[Database]) -> None:
        key = a_key()
        other = Policy("other", amount=20, per_seconds=3600, burst=20)
        await take(processes[0], key, HOURLY, 20)
        assert not (await take(processes[0], key, HOURLY)).allowed
        assert (await take(processes[0], a_key(), HOURLY)).allowed
        assert (await take(processes[0], key, other)).allowed
        assert (await take(processes[0], (key, ""), HOURLY)).allowed

    async def test_refuses_a_cost_that_could_never_be_met(self, processes: list[Database]) -> None:
        for cost in (0, 21):
            with pytest.raises(ValueError, match="hourly"):
                await take(processes[0], a_key(), HOURLY, cost)

    async def test_takes_back_what_did_not_count(self, processes: list[Database]) -> None:
        key = a_key()
        await take(processes[0], key, HOURLY, 20)
        await give_back(processes[1], key, HOURLY, 2)
        assert (await take(processes[0], key, HOURLY, 2)).allowed
        assert not (await take(processes[0], key, HOURLY)).allowed


class TestRows:
    async def test_hold_no_address_in_clear(self, world: World, processes: list[Database]) -> None:
        await take(processes[0], "someone@example.org", HOURLY)
        rows = world.sql("select encode(key, 'escape') from rate_limit")
        assert rows
        assert [row for row in rows if "example" in row[0]] == []

    async def test_are_forgotten_when_full_again(
        self, world: World, processes: list[Database]
    ) -> None:
        key = HOURLY.key_of(mine := a_key())
        await take(processes[0], mine, HOURLY)
        found = "select count(*) from rate_limit where key = %s"
        await forget_full(processes[0])
        assert world.sql(found, key) == [(1,)]
        with clock.shifted(timedelta(hours=3)):
            await forget_full(processes[0])
        assert world.sql(found, key) == [(0,)]

    def test_are_not_written_to_the_log_of_the_server(self, world: World) -> None:
        assert world.sql("select relpersistence from pg_class where relname = 'rate_limit'") == [
            ("u",)
        ]
