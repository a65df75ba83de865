"""Periodic tasks: one runner for each tick, one run for all that were missed."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run, TryLater
from app.jobs.schools import over_schools
from app.jobs.ticks import tick_after, tick_before, ticks_between
from tests.jobs import trial
from tests.jobs.working import a_process, a_worker, eventually
from tests.world import World

pytestmark = pytest.mark.machine_time

NIGHTLY = "10 3 * * *"
EACH_SECOND = replace(trial.TICK, every="* * * * * *")


@pytest.fixture(autouse=True)
def effects(world: World) -> Iterator[None]:
    world.sql(trial.SCHEMA)
    yield
    world.sql("delete from procrastinate_jobs where task_name like 'trial.%%'")
    world.sql("delete from periodic_tick where task like 'trial.%%'")
    world.sql("drop schema trial cascade")


def ticks(world: World) -> list[str]:
    """Every run of the ticking task by its tick."""
    return [what for (what,) in world.sql("select what from trial.effect where what like 'tick%%'")]


def taken(world: World) -> Any:
    """(last tick, missed before) of the ticking task."""
    return world.sql("select tick_at, missed from periodic_tick where task = 'trial.tick'")[0]


class TestCron:
    def test_finds_the_ticks_around_a_moment(self) -> None:
        noon = datetime(2026, 11, 25, 12, 0, 0, 400, tzinfo=UTC)
        assert tick_before(NIGHTLY, noon) == datetime(2026, 11, 25, 3, 10, tzinfo=UTC)
        assert tick_after(NIGHTLY, noon) == datetime(2026, 11, 26, 3, 10, tzinfo=UTC)
        on_it = datetime(2026, 11, 25, 3, 10, tzinfo=UTC)
        assert tick_before(NIGHTLY, on_it) == on_it
        assert tick_after(NIGHTLY, on_it) == on_it + timedelta(days=1)

    def test_counts_what_was_passed_over(self) -> None:
        last = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)
        assert ticks_between(NIGHTLY, last, last + timedelta(days=5)) == 4
        assert ticks_between(NIGHTLY, last, last + timedelta(days=1)) == 0
        assert ticks_between(NIGHTLY, last, last) == 0


class TestElection:
    @pytest.mark.long
    async def test_gives_each_tick_to_one_of_three_processes(
        self, world: World, adapters: Adapters, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRIAL_TICKS", "yes")
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(a_process(adapters))
            await eventually(lambda: len(ticks(world)) >= 4)
        assert len(set(ticks(world))) == len(ticks(world))
        deferred = world.sql(
            "select args->>'timestamp', count(*) from procrastinate_jobs "
            "where task_name = 'trial.tick' group by 1 having count(*) > 1"
        )
        assert deferred == []

    async def test_takes_a_tick_once_of_many_at_the_same_moment(
        self, world: World, adapters: Adapters
    ) -> None:
        hourly = replace(trial.TICK, every="0 * * * *")
        queues = [build_queue(adapters, (hourly,)) for _ in range(6)]
        async with AsyncExitStack() as stack:
            for queue in queues:
                await stack.enter_async_context(queue.open_async())
            keeping = [asyncio.create_task(queue.ticks.keep(0.05)) for queue in queues]
            await asyncio.sleep(1)
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
        ((number,),) = world.sql(
            "select count(*) from procrastinate_jobs where task_name = 'trial.tick'"
        )
        assert number == 1
        assert taken(world)[1] == 0

    async def test_takes_no_tick_behind_a_newer_one(self, world: World, adapters: Adapters) -> None:
        ahead = clock.now() + timedelta(hours=2)
        world.sql(
            "insert into periodic_tick (task, tick_at, deferred_at) values "
            "('trial.tick', %s, now())", ahead,
        )  # fmt: skip
        async with a_worker(adapters, (EACH_SECOND,)):
            await asyncio.sleep(1.8)
        assert ticks(world) == []
        assert taken(world)[0] == ahead


class TestMissedTicks:
    async def test_are_made_good_by_one_run(self, world: World, adapters: Adapters) -> None:
        hourly = replace(trial.TICK, every="0 * * * *")
        last = tick_before("0 * * * *", clock.now()) - timedelta(hours=7)
        world.sql(
            "insert into periodic_tick (task, tick_at, deferred_at) values "
            "('trial.tick', %s, now())", last,
        )  # fmt: skip
        async with a_worker(adapters, (hourly,)):
            await eventually(lambda: ticks(world))
            await asyncio.sleep(0.5)
        assert len(ticks(world)) == 1
        assert taken(world) == (last + timedelta(hours=7), 6)

    async def test_wait_in_line_once_while_no_hand_is_free(
        self, world: World, adapters: Adapters
    ) -> None:
        queue = build_queue(adapters, (EACH_SECOND,))
        async with queue.open_async():
            keeping = asyncio.create_task(queue.ticks.keep(0.05))
            await asyncio.sleep(2.5)
            keeping.cancel()
        states = world.sql(
            "select status::text from procrastinate_jobs where task_name = 'trial.tick'"
        )
        assert states == [("todo",)]

    async def test_are_taken_after_the_database_was_away(
        self, world: World, adapters: Adapters
    ) -> None:
        async with a_worker(adapters, (trial.TICK,)):
            await eventually(lambda: ticks(world))
            world.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name in ('cairn queue', 'cairn worker')"
            )
            before = len(ticks(world))
            await eventually(lambda: len(ticks(world)) > before)


class TestOverSchools:
    async def test_goes_on_where_it_was_killed(self, world: World, adapters: Adapters) -> None:
        schools, seen = sorted(new_id() for _ in range(6)), list[UUID]()
        run = Run(adapters, build_queue(adapters, ()), {}, job_id=new_id().int % 2**60)

        async def act(school_id: UUID) -> None:
            seen.append(school_id)
            if len(seen) == 3:
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await over_schools(run, reversed(schools), act)
        await over_schools(run, schools, act)
        assert seen == [*schools[:3], *schools[2:]]
        left = world.sql("select 1 from job_progress where job_id = %s", run.job_id)
        assert left == []

    async def test_lets_no_school_stop_the_others_and_tries_only_those_again(
        self, adapters: Adapters
    ) -> None:
        schools, seen = sorted(new_id() for _ in range(5)), list[UUID]()
        broken = {schools[1], schools[3]}
        run = Run(adapters, build_queue(adapters, ()), {}, job_id=new_id().int % 2**60)

        async def act(school_id: UUID) -> None:
            seen.append(school_id)
            if school_id in broken:
                raise ValueError(trial.SECRET)

        with pytest.raises(TryLater, match="2 of 5 schools failed"):
            await over_schools(run, schools, act)
        assert seen == schools
        broken.remove(schools[1])
        seen.clear()
        with pytest.raises(TryLater, match="1 of 2 schools failed"):
            await over_schools(run, schools, act)
        assert seen == [schools[1], schools[3]]
        broken.clear()
        seen.clear()
        await over_schools(run, schools, act)
        assert seen == [schools[3]]
