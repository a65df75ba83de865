"""The job that keeps check-ins going: everything once, however often it is killed and run again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.db.repositories.people.schools import WITH_SUPPORT
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.check_in_schedules.commands import keep_going
from app.domain.safety.support_reminders import commands
from app.jobs.check_ins import KEEP_CHECK_INS, STEPS, look_through
from app.jobs.queue import TASKS
from tests.api.duty.test_tasks import fits
from tests.check_ins import MONDAY, a_plan, keep, of_child, tasks
from tests.world import School, World

LATE = MONDAY.replace(hour=11, minute=31)
KINDS = (
    "check_in_cover", "check_in_missed", "support_plan_review", "support_list_end",
    "support_list_hand_over",
    "find_adult",
)  # fmt: skip


class Killed(Exception):
    """What ends a worker in the middle of its work."""


def counted(world: World, school: School) -> dict[str, int]:
    """How many open tasks of each kind."""
    return {kind: len(tasks(world, school, kind)) for kind in KINDS}


class TestKeepGoing:
    async def test_killed_in_between_does_everything_once_when_run_again(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
        steps: tuple[Callable[[UnitOfWork], Awaitable[Any]], ...] = (
            commands._end_dates, commands._leavers, commands._load,
        )  # fmt: skip
        with clock.frozen(LATE):
            for step in steps:
                with monkeypatch.context() as patch:
                    patch.setattr(commands, step.__name__, _killed)
                    with pytest.raises(Killed):
                        await keep(world, school)
                assert counted(world, school)["check_in_missed"] == 0
            await keep(world, school)
            before = counted(world, school)
            assert before["check_in_missed"] == 1
            for _ in range(3):
                await keep(world, school)
            assert counted(world, school) == before
            assert len(await of_child(school, plan["child_id"])) == 5
            assert await fits(world, school)

    async def test_makes_each_check_in_once_day_after_day(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
        for day in range(10):
            with clock.frozen(MONDAY + timedelta(days=day)):
                await keep(world, school)
        with clock.frozen(MONDAY + timedelta(days=10)):
            opens = [one["opens_at"][:10] for one in await of_child(school, plan["child_id"])]
        assert opens == [
            "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04",
            "2026-12-08", "2026-12-10", "2026-12-15",
        ]  # fmt: skip

    async def test_gives_a_closed_day_to_a_lead(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            world.sql(
                "insert into school_calendar (school_id, id, number, content, made_by, made_at) "
                "values (%s, gen_random_uuid(), 1, %s, %s, now())",
                school.id, '{"days": [{"on": "2026-12-02", "kind": "closed"}]}',
                school[Role.DSL].id,
            )  # fmt: skip
            await keep(world, school)
            owners = {
                one["opens_at"][:10]: one["owner"]["id"]
                for one in await of_child(school, plan["child_id"])
            }
            assert owners["2026-12-02"] == str(school[Role.DSL].id)
            assert owners["2026-12-01"] == str(school[Role.STAFF].id)

    async def test_leaves_those_of_a_leaver_with_a_lead(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            child = UUID(plan["child_id"])
            world.sql("update child set roll_status = 'left' where id = %s", child)
            await keep(world, school)
            await keep(world, school)
            assert len(tasks(world, school, "plan_to_next_school")) == 1
            owners = {one["owner"]["id"] for one in await of_child(school, child)}
            assert owners == {str(school[Role.DSL].id)}

    async def test_of_another_school_changes_nothing_here(
        self, world: World, school: School, other_school: School
    ) -> None:
        with clock.frozen(MONDAY):
            await a_plan(school)
        with clock.frozen(LATE):
            async with world.work(other_school.id) as work:
                await keep_going(work)
            assert counted(world, school)["check_in_missed"] == 0


async def _killed(_work: UnitOfWork) -> None:
    raise Killed


class TestTask:
    async def test_is_in_the_queue_and_finds_schools(self, world: World, school: School) -> None:
        assert KEEP_CHECK_INS in TASKS
        await a_plan(school)
        async with world.work(school.id) as work:
            driver = await work.driver()
            rows = await driver.rows(WITH_SUPPORT)
        assert school.id in [row["id"] for row in rows]

    async def test_takes_every_step_after_one_that_could_not_be_taken(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            await a_plan(school)
        with clock.frozen(LATE):
            with pytest.raises(Killed):
                await look_through(world.runtime.database, school.id, [_killed, *STEPS])
            assert counted(world, school)["check_in_missed"] == 1
