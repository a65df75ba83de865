"""The chores of the night."""

from datetime import timedelta

from app.core import clock
from app.core.words import Actor, AuditEvent
from app.db.unit_of_work import open_work
from app.jobs.housekeeping import CLEAR_LEFTOVERS, EXPIRE_KEYS, FORGET_DONE_JOBS
from app.jobs.queue import TASKS, build_queue
from app.jobs.runner import Adapters, Run
from tests.jobs.working import TESTED
from tests.world import School, World


class TestHousekeeping:
    async def test_forgets_old_idempotency_keys_only(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        async def claim(age: timedelta) -> None:
            claimed, actor = (str(age), b"x"), Actor.system(school.id)
            with clock.shifted(-age):
                async with open_work(world.runtime.database, actor, claimed) as work:
                    work.record(AuditEvent.SCHOOL_CHANGED, "school", school.id)

        await claim(timedelta(hours=1))
        await claim(timedelta(hours=49))
        await EXPIRE_KEYS.run(Run(adapters, build_queue(adapters, TESTED), {}))
        left = world.sql("select key from idempotency_key where school_id = %s", school.id)
        assert left == [(str(timedelta(hours=1)),)]

    async def test_runs_each_chore(self, adapters: Adapters) -> None:
        queue = build_queue(adapters, TESTED)
        async with queue.open_async():
            for task in (EXPIRE_KEYS, CLEAR_LEFTOVERS, FORGET_DONE_JOBS):
                await task.run(Run(adapters, queue, {"timestamp": 0}))

    def test_plans_the_chores(self) -> None:
        planned = {task.name for task in TASKS if task.every is not None}
        assert planned >= {"keys.expire", "jobs.forget_done", "conflicts.find"}
