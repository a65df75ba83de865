"""Clocks that began in a calendar that was changed meanwhile are found within the hour."""

from datetime import datetime, time, timedelta

from app.core import clock
from app.core.words import Role
from app.domain.common.deadlines.commands import calendar_of
from app.jobs.queue import TASKS, build_queue
from app.jobs.runner import Adapters, Run
from app.jobs.sweeps import RECOUNT
from tests.security.scenes import Scene
from tests.world import School, World


async def counted_in_the_old_calendar(world: World, school: School) -> tuple[str, datetime]:
    """A share whose clock began while the calendar changed: due at the old closing time."""
    scene = Scene(world, school, school[Role.DSL])
    await school.lead.patch(f"/v1/schools/{school.id}/calendar", {"closes": "17:30"}, version=0)
    share = await scene.share()
    async with world.work(school.id) as work:
        calendar = await calendar_of(work)
    old = calendar.at(clock.now().date() + timedelta(days=7), time(16, 0))
    world.sql("update deadline set due_at = %s where thing_id = %s", old, share)
    world.sql("update share set due_at = %s where id = %s", old, share)
    return share, old


class TestRecount:
    async def test_finds_what_began_meanwhile_and_says_so(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        share, old = await counted_in_the_old_calendar(world, school)
        queue = build_queue(adapters)
        async with queue.open_async():
            await RECOUNT.run(Run(adapters, queue, {"timestamp": 0}))
        ((due_at,),) = world.sql("select due_at from share where id = %s", share)
        assert due_at != old
        assert world.sql(
            "select due_at from deadline where thing_id = %s and ended_at is null", share
        ) == [(due_at,)]
        traced = world.sql(
            "select actor_role from trail where noun_id = %s and verb = 'deadline.recomputed'",
            share,
        )
        assert traced == [("system",)]

    def test_is_planned(self) -> None:
        assert RECOUNT in TASKS
        assert RECOUNT.every
