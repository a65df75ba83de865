"""A real worker on the real queue: what it takes up, survives, and ends."""

import asyncio
import re
import signal
from pathlib import Path

import pytest

import app
from app.core.ids import new_id
from app.core.words import Actor
from app.db.unit_of_work import Job, UnitOfWork
from app.jobs.queue import TASKS
from app.jobs.runner import Adapters, Backoff
from tests.jobs.working import (
    WAITING,
    Sink,
    a_process,
    a_worker,
    eventually,
    leads,
    raise_one,
    sent,
    states,
)
from tests.world import School, World

pytestmark = pytest.mark.machine_time


class TestQueue:
    async def test_forgets_a_job_with_its_transaction(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        job = Job("alert.send", {"concern_id": str(new_id())})
        work = UnitOfWork(world.runtime.database, Actor.system(school.id))
        await work.begin()
        work.enqueue(job)
        await work.save()
        await work.close()
        assert states(world, school, "alert.send") == []
        async with world.work(school.id) as work:
            work.enqueue(job)
        assert states(world, school, "alert.send") == ["todo"]
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])

    async def test_ends_what_can_never_be_done(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        async with world.work(school.id) as work:
            work.enqueue(Job("alert.send", {"concern_id": "not an id"}))
            work.enqueue(Job("account.send_link", {"account_id": str(new_id()), "purpose": "x"}))
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["failed"])
            await eventually(lambda: states(world, school, "account.send_link") == ["failed"])

    def test_knows_every_task_that_commands_ask_for(self) -> None:
        asked: set[str] = set()
        for file in (Path(app.__file__).parent / "domain").rglob("*.py"):
            asked |= set(re.findall(r"\bJob\(\s*\"([a-z_.]+)\"", file.read_text()))
        assert {"alert.send", "account.send_link"} <= asked
        assert asked <= {task.name for task in TASKS}

    async def test_works_on_after_its_database_connections_are_cut(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        async with a_worker(adapters):
            await asyncio.sleep(0.3)
            world.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name in ('cairn queue', 'cairn worker')"
            )
            async with world.work(school.id) as work:
                work.enqueue(Job("alert.send", {"concern_id": str(new_id())}))
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])


class TestWorker:
    async def test_takes_up_what_a_killed_worker_left(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        sink.stall_seconds = 60
        await raise_one(school)
        async with a_process(adapters) as process:
            await eventually(lambda: [one for one in sink.delivered if one["To"] in leads(school)])
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert states(world, school, "alert.send") == ["doing"]
        assert not any(sent(world, school))
        sink.stall_seconds = 0
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
        assert all(sent(world, school))
        twice = [one["Message-ID"] for one in sink.delivered if one["To"] in leads(school)]
        assert len(twice) == 3
        assert len(set(twice)) == 2

    async def test_ends_its_jobs_before_it_ends(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        sink.stall_seconds = 0.5
        await raise_one(school)
        async with a_process(adapters) as process:
            await eventually(lambda: [one for one in sink.delivered if one["To"] in leads(school)])
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, WAITING) == 0
        assert states(world, school, "alert.send") == ["succeeded"]
        assert all(sent(world, school))


class TestBackoff:
    def test_doubles_up_to_its_limit(self) -> None:
        backoff = Backoff(attempts=5, first=5, longest=60)
        assert [backoff.seconds_after(n) for n in range(5)] == [5, 10, 20, 40, 60]
        assert Backoff(attempts=5).seconds_after(10_000) == 600
