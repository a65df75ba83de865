"""A pupil nobody has spoken with an hour before school closes leaves with an adult, without why."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.safety.self_harm_steps.commands import collect_by_adult
from tests.api.safety.test_self_harm import lead, opened, staff, taken, told, whole
from tests.jobs.climbing import MONDAY, fresh, tick
from tests.world import Api, School, World

CLOSES = MONDAY.replace(hour=16, minute=0)
LATE = CLOSES - timedelta(minutes=60)
LEFT = {"handed_to": "Her grandmother"}


def office(world: World, school: School) -> Api:
    return fresh(world, school[Role.SCHOOL_ADMIN])


async def look(world: World, school: School, at: datetime) -> None:
    """What the job does in a school at a time."""
    with clock.frozen(at):
        async with world.work(school.id) as work:
            await collect_by_adult(work)


def collects(world: World, school: School, *, ended: bool = False) -> list[tuple[Any, ...]]:
    """Child, owner and due time of what reception has to do."""
    return world.sql(
        "select child_id, owner_id, due_at from task where school_id = %s"  # noqa: S608
        f" and kind = 'collect_by_adult' and ended_at is {'not ' if ended else ''}null"
        " order by set_at, id",
        school.id,
    )


async def asked(world: World, school: School) -> tuple[UUID, str]:
    """A pupil on a new pathway, whom reception was asked about."""
    with clock.frozen(MONDAY):
        child = await school.child()
        concern = (await told(staff(world, school), child))["id"]
    await look(world, school, LATE)
    return child, concern


class TestSet:
    async def test_once_a_day_from_an_hour_before_school_closes(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            child = await school.child()
            await told(staff(world, school), child)
        await look(world, school, LATE - timedelta(minutes=1))
        assert collects(world, school) == []
        for minutes in (0, 2, 40):
            await look(world, school, LATE + timedelta(minutes=minutes))
        owed = (child, school[Role.SCHOOL_ADMIN].id, CLOSES)
        assert collects(world, school) == [owed]
        await look(world, school, CLOSES)
        await look(world, school, LATE + timedelta(days=1))
        later = (child, school[Role.SCHOOL_ADMIN].id, CLOSES + timedelta(days=1))
        assert collects(world, school) == [owed, later]
        assert await whole(world, school)

    async def test_not_where_somebody_has_spoken_with_the_pupil(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = (await told(staff(world, school), await school.child()))["id"]
            await taken(lead(world, school), concern, "check", {"seen_by": "Ms Roe"})
        await look(world, school, LATE)
        assert collects(world, school) == []

    async def test_for_each_pupil_of_a_report(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            both = [await school.child("Ada"), await school.child("Bo")]
            await told(staff(world, school), *both)
        for minutes in (0, 2):
            await look(world, school, LATE + timedelta(minutes=minutes))
        assert sorted(child for child, _, _ in collects(world, school)) == sorted(both)
        assert await whole(world, school)

    async def test_not_on_a_day_without_school(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            await told(staff(world, school), await school.child())
        await look(world, school, LATE + timedelta(days=5))
        assert collects(world, school) == []

    async def test_says_no_reason_to_reception(self, world: World, school: School) -> None:
        _, concern = await asked(world, school)
        with clock.frozen(LATE):
            api = office(world, school)
            (card,) = (await api.get("/v1/tasks")).json()["items"]
            found = (await api.get(f"/v1/tasks/{card['id']}")).json()
        assert (found["kind"], found["urgent"]) == ("collect_by_adult", True)
        assert (found["concern"], found["about"], found["facts"]) == (None, None, {})
        for text in (str(card), str(found)):
            assert concern not in text
            assert "sh_" not in text
            assert "sh." not in text

    async def test_has_a_lead_where_there_is_no_office(self, world: World, school: School) -> None:
        world.sql(
            "update membership set valid_to = valid_from where school_id = %s"
            " and role = 'school_admin'", school.id,
        )  # fmt: skip
        await asked(world, school)
        assert [owner for _, owner, _ in collects(world, school)] == [school[Role.DSL].id]

    async def test_is_nothing_that_a_named_lead_sees(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            names = [str(school[role].id) for role in (Role.DSL, Role.SCHOOL_ADMIN)]
            await told(staff(world, school), await school.child(), staff_named=names)
        await look(world, school, LATE)
        assert [owner for _, owner, _ in collects(world, school)] == [school[Role.DEPUTY_DSL].id]
        with clock.frozen(LATE):
            for api in (lead(world, school), office(world, school)):
                assert (await api.get("/v1/tasks")).json()["items"] == []


class TestEnd:
    @pytest.mark.parametrize(
        "steps",
        [
            [("leave-safely", LEFT)],
            [("emergency", {"where_to": "The children's hospital"})],
        ],
    )
    async def test_by_a_step_of_the_pathway(
        self, world: World, school: School, steps: Sequence[tuple[str, Any]]
    ) -> None:
        _, concern = await asked(world, school)
        with clock.frozen(LATE):
            for verb, body in steps:
                await taken(lead(world, school), concern, verb, body)
        assert collects(world, school) == []
        assert len(collects(world, school, ended=True)) == 1
        assert await whole(world, school)

    async def test_not_by_a_call_for_help_while_nobody_knows_with_whom_they_are(
        self, world: World, school: School
    ) -> None:
        _, concern = await asked(world, school)
        with clock.frozen(LATE):
            for body in ({}, {"reason_codes": ["missing"], "called": ["police"]}):
                await taken(lead(world, school), concern, "emergency", body)
                assert len(collects(world, school)) == 1
            said = await opened(lead(world, school), concern)
            assert "Write down which adult is with the pupil now." in said["self_harm"]["next"]
            await taken(lead(world, school), concern, "emergency", {"went_with": "Mr Bell"})
        assert collects(world, school) == []
        left = world.sql(
            "select kind from task where concern_id = %s and ended_at is null", concern
        )
        assert {"sh_stay", "sh_leaving"}.isdisjoint({kind for (kind,) in left})

    async def test_not_by_a_check_alone(self, world: World, school: School) -> None:
        _, concern = await asked(world, school)
        with clock.frozen(LATE):
            await taken(lead(world, school), concern, "check", {"seen_by": "Ms Roe"})
        assert len(collects(world, school)) == 1

    async def test_by_reception_with_their_words(self, world: World, school: School) -> None:
        await asked(world, school)
        with clock.frozen(LATE):
            api = office(world, school)
            (card,) = (await api.get("/v1/tasks")).json()["items"]
            path = f"/v1/tasks/{card['id']}/complete"
            answer = await api.post(path, {"note": "With her aunt."}, version=1)
            assert answer.status_code == 200, answer.text
        assert collects(world, school) == []

    async def test_never_by_the_end_of_the_day(self, world: World, school: School) -> None:
        _, concern = await asked(world, school)
        with clock.frozen(CLOSES + timedelta(days=30, minutes=1)):
            await tick(world, school)
        assert len(collects(world, school)) == 1
        assert world.sql(
            "select count(*) from task where concern_id = %s and kind = 'sh_check'"
            " and ended_at is null", concern,
        ) == [(1,)]  # fmt: skip
