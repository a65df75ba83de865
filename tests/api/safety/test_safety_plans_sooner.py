"""A safety plan is read again the next school day after something new, whatever it is."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.safety.check_ins.commands import pupil_absent
from tests.api.planning import in_use
from tests.api.record.test_concerns import raise_one
from tests.api.safety.test_self_harm import lead, staff, taken, told, whole
from tests.check_ins import MONDAY as MORNING
from tests.check_ins import a_plan, keep
from tests.jobs.climbing import MONDAY
from tests.security.capture import captured
from tests.world import School, World

NEXT_DAY = MONDAY.replace(hour=16, minute=0) + timedelta(days=1)
"""When school closes on the next school day."""


def readings(world: World, school: School) -> list[tuple[datetime, UUID]]:
    """When the open readings of plans are due and whose they are, soonest first."""
    return world.sql(
        "select due_at, owner_id from task where school_id = %s and kind = 'sh_plan_review'"
        " and ended_at is null order by due_at",
        school.id,
    )  # fmt: skip


def due(world: World, school: School) -> list[datetime]:
    return [when for when, _ in readings(world, school)]


class TestNewEvent:
    async def test_brings_it_forward_as_it_is_raised(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            child = await school.child()
            await in_use(school, child, api=lead(world, school))
            assert due(world, school)[0] > NEXT_DAY
            await told(staff(world, school), child)
            assert due(world, school) == [NEXT_DAY]
            assert await whole(world, school)

    async def test_asks_the_database_nothing_more_without_a_plan(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        async with captured(world) as statements:
            await told(school.staff, child)
        assert statements
        assert not [one for one in statements if "FROM task" in one]

    async def test_is_not_any_worry(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            child = await school.child()
            await in_use(school, child, api=lead(world, school))
            before = due(world, school)
            await raise_one(staff(world, school), child)
            assert due(world, school) == before

    @pytest.mark.parametrize(
        ("verb", "body"), [("with-adult", {"name": "Mr Bell"}), ("emergency", {})]
    )
    async def test_brings_it_forward_as_a_pathway_begins(
        self, world: World, school: School, verb: str, body: dict[str, Any]
    ) -> None:
        with clock.frozen(MONDAY):
            child = await school.child()
            await in_use(school, child, api=lead(world, school))
            api = staff(world, school)
            concern = (await raise_one(api, child))["id"]
            answer = await api.post(f"/v1/concerns/{concern}/{verb}", body)
            assert answer.status_code == 201, answer.text
            assert due(world, school) == [NEXT_DAY]
            assert await whole(world, school)

    async def test_brings_it_forward_where_what_was_told_is_graver(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child = await school.child()
            concern = (await told(staff(world, school), child, kind="self_harm"))["id"]
            await in_use(school, child, api=lead(world, school))
        with clock.frozen(MONDAY + timedelta(days=1)):
            before = due(world, school)
            body = {"text": "More.", "reason": "More.", "self_harm": {"kind": "suicide_attempt"}}
            answer = await lead(world, school).post(f"/v1/concerns/{concern}/amendments", body)
            assert answer.status_code == 201, answer.text
            assert due(world, school) == [NEXT_DAY + timedelta(days=1)]
            assert due(world, school) < before
            assert await whole(world, school)

    async def test_brings_it_forward_once_it_is_known_which_child_it_is(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child = await school.child()
            await in_use(school, child, api=lead(world, school))
            concern = (await told(staff(world, school), unmatched_child={"name": "Jo"}))["id"]
            assert due(world, school) != [NEXT_DAY]
            body = {"children": [{"child_id": str(child)}]}
            await taken(lead(world, school), concern, "match", body)
            assert due(world, school) == [NEXT_DAY]
            assert await whole(world, school)

    async def test_asks_another_beside_where_who_has_it_is_named(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child = await school.child()
            plan = await in_use(school, child, api=lead(world, school))
            before = readings(world, school)
            assert before[0][1] == school[Role.DSL].id
            shown = (await lead(world, school).get(f"/v1/safety-plans/{plan}")).json()["review"]
            await told(staff(world, school), child, staff_named=[str(school[Role.DSL].id)])
            assert readings(world, school) == [(NEXT_DAY, school[Role.DEPUTY_DSL].id), *before]
            api = lead(world, school)
            assert (await api.get(f"/v1/safety-plans/{plan}")).json()["review"] == shown
            seen = (await api.get("/v1/tasks?kind=sh_plan_review")).json()["items"]
            assert [one["due_at"] for one in seen] == [shown["due_at"]]
            told_of = world.sql(
                "select kind from alert where recipient_id = %s and kind = 'task_set'",
                school[Role.DSL].id,
            )  # fmt: skip
            assert told_of == []
            assert await whole(world, school)


class TestMissedCheckIns:
    async def test_bring_it_forward_after_the_second_within_a_week(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MORNING):
            plan = await a_plan(school)
            await in_use(school, UUID(plan["child_id"]), api=lead(world, school))
            later = due(world, school)
        for day in range(2):
            assert due(world, school) == later
            with clock.frozen(MORNING.replace(hour=11, minute=31) + timedelta(days=day)):
                await keep(world, school)
        assert due(world, school) == [NEXT_DAY + timedelta(days=1)]
        assert await whole(world, school)

    async def test_count_where_the_pupil_was_absent(self, world: World, school: School) -> None:
        with clock.frozen(MORNING):
            plan = await a_plan(school)
            child = UUID(plan["child_id"])
            await in_use(school, child, api=lead(world, school))
            later = due(world, school)
        for day in range(2):
            assert due(world, school) == later
            with clock.frozen(MORNING + timedelta(days=day)):
                async with world.work(school.id) as work:
                    await pupil_absent(work, child)
        assert due(world, school) == [NEXT_DAY + timedelta(days=1)]
        assert await whole(world, school)
