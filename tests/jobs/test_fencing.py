"""Races for a job: two workers, a dead one, a frozen one; each job has its effect once."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from procrastinate.jobs import Status

from app.core.ids import NIL
from app.db.fence import TakenOver, Turn, current_turn
from app.db.unit_of_work import Job
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters
from app.jobs.worker import rescue_once
from tests.jobs import trial
from tests.jobs.working import QUICK, WAITING, a_process, a_worker, eventually
from tests.world import World

pytestmark = pytest.mark.machine_time

LIVING = "select id from procrastinate_workers where last_heartbeat > now() - interval '1 second'"
"""Each process has two: one for everything, one for alerts alone."""
ENDED = ["succeeded", "succeeded"]


@pytest.fixture(autouse=True)
def effects(world: World) -> Iterator[None]:
    world.sql(trial.SCHEMA)
    yield
    world.sql("delete from procrastinate_jobs where task_name like 'trial.%%'")
    world.sql("drop schema trial cascade")


async def ask(
    world: World, task: str, *, times: int = 1, queue: str = "default", **args: str
) -> None:
    """Jobs of no school."""
    async with world.work(NIL) as work:
        for _ in range(times):
            work.enqueue(Job(task, args, queue))


def effects_of(world: World, what: str) -> list[Any]:
    """(job, process) of each effect."""
    return world.sql("select job_id, pid from trial.effect where what = %s order by id", what)


def jobs(world: World, task: str) -> list[Any]:
    """(state, attempts) of each job of a task."""
    return world.sql(
        "select status::text, attempts from procrastinate_jobs where task_name = %s order by id",
        task,
    )


async def stalled_of(queue: Any, task: str) -> list[Any]:
    """Jobs of a task that a dead worker left behind."""
    found = await queue.jobs.get_stalled_jobs(seconds_since_heartbeat=1.0)
    return [one for one in found if one.task_name == task]


class TestClaiming:
    @pytest.mark.long
    async def test_gives_each_job_to_one_of_several_processes(
        self, world: World, adapters: Adapters
    ) -> None:
        async with AsyncExitStack() as stack:
            pids = {(await stack.enter_async_context(a_process(adapters))).pid for _ in range(2)}
            await eventually(lambda: len(world.sql(LIVING)) == 2 * len(pids))
            await ask(world, "trial.slow", times=40, seconds="0.1")
            await eventually(lambda: jobs(world, "trial.slow") == [("succeeded", 1)] * 40)
        done = effects_of(world, "done")
        assert len({job for job, _ in done}) == 40
        assert {pid for _, pid in done} == pids, "both had their share"
        assert jobs(world, "trial.slow") == [("succeeded", 1)] * 40

    async def test_saves_a_job_of_a_dead_worker_once_however_many_look(
        self, world: World, adapters: Adapters
    ) -> None:
        await ask(world, "trial.slow", seconds="60")
        async with a_process(adapters) as process:
            await eventually(lambda: effects_of(world, "begun"))
            process.send_signal(signal.SIGKILL)
            process.wait()
        await asyncio.sleep(1.2)
        queue = build_queue(adapters, trial.TRIAL)
        async with queue.open_async():
            stalled = await stalled_of(queue, "trial.slow")
            saved = await asyncio.gather(*(queue.jobs.save_job(stalled[0]) for _ in range(8)))
            assert sorted(saved) == [False] * 7 + [True]
            await rescue_once(queue, 1.0)  # what else the worker held when it was killed
            assert await stalled_of(queue, "trial.slow") == []
        assert jobs(world, "trial.slow") == [("todo", 1)]


class TestFrozenWorker:
    @pytest.mark.long
    async def test_does_nothing_more_when_it_comes_back(
        self, world: World, adapters: Adapters
    ) -> None:
        await ask(world, "trial.slow", seconds="1")
        async with a_process(adapters) as frozen:
            await eventually(lambda: effects_of(world, "begun"))
            frozen.send_signal(signal.SIGSTOP)
            await asyncio.sleep(1.5)
            async with a_worker(adapters, trial.TRIAL):
                await eventually(lambda: effects_of(world, "done"))
                frozen.send_signal(signal.SIGCONT)
                await asyncio.sleep(2.5)
            assert frozen.poll() is None, "it lives on"
            await ask(world, "trial.slow", seconds="0")
            await eventually(lambda: [state for state, _ in jobs(world, "trial.slow")] == ENDED)
        first, second = effects_of(world, "done")
        assert first[1] == os.getpid(), "the second runner did it, and the first was refused"
        assert second[1] == frozen.pid, "and the first works again"
        assert jobs(world, "trial.slow") == [("succeeded", 2), ("succeeded", 1)]

    async def test_cannot_end_the_attempt_of_another(
        self, world: World, adapters: Adapters
    ) -> None:
        await ask(world, "trial.slow", seconds="0")
        queue = build_queue(adapters, trial.TRIAL)
        async with queue.open_async():
            worker = await queue.jobs.register_worker()
            old = await queue.jobs.fetch_job(None, worker)
            assert old is not None
            assert await queue.jobs.save_job(old)
            new = await queue.jobs.fetch_job(None, worker)
            assert new is not None
            for end in ("succeeded", "failed"):
                await queue.jobs.finish_job(old, Status(end), delete_job=False)
            await queue.jobs.retry_job(old)
            assert jobs(world, "trial.slow") == [("doing", 1)]
            assert world.sql("select 1 from failed_job where job_id = %s", old.id) == []

    async def test_may_not_commit(self, world: World) -> None:
        await ask(world, "trial.slow")
        ((job_id,),) = world.sql("select id from procrastinate_jobs where task_name = 'trial.slow'")
        world.sql(
            "update procrastinate_jobs set status = 'doing', attempts = 1 where id = %s", job_id
        )
        for attempts, allowed in ((0, False), (1, True)):
            mark = current_turn.set(Turn(job_id, attempts))
            try:
                async with world.work(NIL) as work:
                    await (await work.driver()).write(
                        "insert into trial.effect (job_id, what) values ($1, $2)", job_id,
                        str(attempts),
                    )  # fmt: skip
            except TakenOver:
                assert not allowed
            else:
                assert allowed
            finally:
                current_turn.reset(mark)
        assert world.sql("select what from trial.effect") == [("1",)]


class TestPoison:
    async def test_is_tried_a_few_times_and_holds_up_nobody(
        self, world: World, adapters: Adapters
    ) -> None:
        await ask(world, "trial.poison", times=20)
        await ask(world, "trial.slow", times=3, seconds="0")
        async with a_worker(adapters, trial.TRIAL):
            await eventually(lambda: len(effects_of(world, "done")) == 3)
            await eventually(lambda: jobs(world, "trial.poison") == [("failed", 3)] * 20)
        assert jobs(world, "trial.slow") == [("succeeded", 1)] * 3

    @pytest.mark.long
    async def test_that_kills_its_worker_is_buried_too(
        self, world: World, adapters: Adapters
    ) -> None:
        await ask(world, "trial.deadly")
        for _ in range(2):
            async with a_process(adapters) as process:
                assert await asyncio.to_thread(process.wait, WAITING) == -signal.SIGKILL
        async with a_process(adapters) as process:
            await asyncio.to_thread(process.wait, WAITING)
        async with a_worker(adapters, trial.TRIAL):
            await eventually(lambda: jobs(world, "trial.deadly") == [("failed", 3)])
        assert len(effects_of(world, "begun")) == 3
        assert world.sql("select error from failed_job where task = 'trial.deadly'") == [
            ("WorkerDied",)
        ]

    async def test_of_a_task_nobody_knows_waits_for_a_newer_worker(
        self, world: World, adapters: Adapters
    ) -> None:
        await ask(world, "trial.slow", seconds="0")
        async with a_worker(adapters, (trial.POISON,)):
            await eventually(lambda: jobs(world, "trial.slow") == [("todo", 1)])
        assert world.sql("select 1 from failed_job where task = 'trial.slow'") == []


class TestAlertsFirst:
    async def test_has_a_hand_for_alerts_when_all_others_are_busy(
        self, world: World, adapters: Adapters
    ) -> None:
        await ask(world, "trial.slow", times=6, seconds="8")
        async with a_worker(adapters, trial.TRIAL, replace(QUICK, finish_within=0.1)):
            await eventually(lambda: len(effects_of(world, "begun")) == 4)
            await ask(world, "trial.slow", queue="alerts", seconds="0")
            await eventually(lambda: effects_of(world, "done"))
            assert len(effects_of(world, "done")) == 1
            world.sql("delete from procrastinate_jobs where status = 'todo'")

    async def test_takes_alerts_before_what_waited_longer(self, world: World) -> None:
        await ask(world, "trial.slow", times=2)
        await ask(world, "trial.slow", queue="alerts")
        taken = world.sql("select queue_name from procrastinate_fetch_job_v2(null, null)")
        assert taken == [("alerts",)]
