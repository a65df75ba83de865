"""The first five school days of a reintegration: an adult, a cover, and never left."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.safety.test_reintegrations import a_reintegration, day, fits, value
from tests.api.safety.test_self_harm import staff, told
from tests.check_ins import MONDAY, a_plan, adult, keep, lead, of_child, say, tasks
from tests.jobs.climbing import fresh
from tests.world import School, World

BEFORE_SCHOOL = MONDAY


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(BEFORE_SCHOOL):
        yield


def days_of(check_ins: list[dict[str, Any]]) -> list[str]:
    """The days of check-ins, soonest first."""
    return [one["opens_at"][:10] for one in check_ins]


async def back(school: School, child: UUID, **fields: Any) -> dict[str, Any]:
    """A pupil who is back today, with the adult they chose."""
    fields = {"adult_id": str(school[Role.STAFF].id)} | fields
    return await a_reintegration(school, child, returned_on=day(), **fields)


class TestFirstDays:
    async def test_each_has_an_adult_and_somebody_who_stands_in(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await back(school, child)
        found = await of_child(school, child)
        assert days_of(found) == [day(days=gap) for gap in range(5)]
        assert {one["owner"]["id"] for one in found} == {str(school[Role.STAFF].id)}
        assert {one["cover"]["id"] for one in found} == {str(school[Role.DSL].id)}
        mine = (await adult(school).get("/v1/check-ins/mine")).json()["items"]
        assert {one["child"]["id"] for one in mine} == {str(child)}
        alerted = world.sql(
            "select counts from alert where recipient_id = %s and kind = 'work_handed_over'",
            school[Role.STAFF].id,
        )  # fmt: skip
        assert alerted == [({"open_check_ins": 5},)]
        assert tasks(world, school, "reintegration_check") == []
        assert await fits(world, school)

    async def test_a_lead_has_them_where_no_adult_was_chosen(self, school: School) -> None:
        child = await school.child()
        await a_reintegration(school, child, returned_on=day())
        found = await of_child(school, child)
        assert len(found) == 5
        assert all(one["owner"]["id"] != one["cover"]["id"] for one in found)

    async def test_one_that_did_not_happen_is_stood_in_for_told_and_explained(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await back(school, child)
        first = (await of_child(school, child))[0]
        closes = datetime.fromisoformat(first["due_at"])
        with clock.frozen(closes + timedelta(minutes=1)):
            await keep(world, school)
            asked = [one for one, _, _ in tasks(world, school, "check_in_cover")]
            assert asked == [school[Role.DSL].id]
        with clock.frozen(closes + timedelta(minutes=31)):
            await keep(world, school)
            assert len(tasks(world, school, "check_in_missed")) == 1
            late = (await of_child(school, child))[0]
            settled = await say(lead(school), late, "settle", {"outcome": "spoke_home"})
            assert settled.status_code == 200, settled.text
            assert tasks(world, school, "check_in_missed") == []
        assert await fits(world, school)

    async def test_who_is_back_during_the_day_is_seen_within_the_hour(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        with clock.frozen(BEFORE_SCHOOL.replace(hour=11, minute=20)):
            made = await lead(school).post(
                f"/v1/children/{child}/reintegrations", {"returned_on": day()}
            )
            assert made.status_code == 201, made.text
            first = (await of_child(school, child))[0]
        opens, due = (datetime.fromisoformat(first[one]) for one in ("opens_at", "due_at"))
        assert (opens.hour, opens.minute, due - opens) == (11, 20, timedelta(hours=1))

    async def test_one_a_day_is_enough_with_a_support_plan(
        self, world: World, school: School
    ) -> None:
        planned, later = await school.child(), await school.child()
        await a_plan(school, planned)
        await back(school, planned)
        await back(school, later)
        await a_plan(school, later)
        for child in (planned, later):
            found = days_of(await of_child(school, child))
            assert len(found) == len(set(found)), found
            assert {day(days=gap) for gap in range(5)} <= set(found)
        assert await fits(world, school)

    async def test_are_where_a_plan_says_with_its_adults(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_plan(school, child, cadence=[{"to_day": 90, "per_week": 1, "weekdays": ["friday"]}])
        await a_reintegration(school, child, returned_on=day())
        found = await of_child(school, child)
        assert days_of(found)[:5] == [day(days=gap) for gap in range(5)]
        assert {one["place"] for one in found} == {"Library"}
        assert {one["owner"]["id"] for one in found} == {str(school[Role.STAFF].id)}
        assert {one["opens_at"][11:16] for one in found} == {"10:30"}

    async def test_begin_once_the_pupil_is_back_and_move_with_the_day(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_reintegration(school, child, expected_return=value(day()))
        assert await of_child(school, child) == []
        path = f"/v1/children/{child}/reintegrations/{made['id']}"
        changed = await school.lead.patch(path, {"returned_on": day()}, version=1)
        assert changed.status_code == 200, changed.text
        assert days_of(await of_child(school, child))[0] == day()
        moved = {"returned_on": day(days=1)}
        assert (await school.lead.patch(path, moved, version=2)).status_code == 200
        found = days_of(await of_child(school, child))
        assert found == [day(days=gap) for gap in (1, 2, 3, 4, 7)]
        assert await fits(world, school)

    async def test_tell_nobody_of_a_sealed_concern(self, world: World, school: School) -> None:
        child = await school.child()
        concern = (await told(staff(world, school), child, kind="self_harm"))["id"]
        await back(school, child, concern_id=concern)
        deputy = fresh(world, school[Role.DEPUTY_DSL])
        listed = f"/v1/check-ins?child_id={child}"
        assert len((await deputy.get(listed)).json()["items"]) == 5
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        world.sql("update check_in set cover_id = owner_id where child_id = %s", child)
        assert (await deputy.get(listed)).json()["items"] == []
        first = world.sql("select id from check_in where child_id = %s limit 1", child)[0][0]
        assert (await deputy.get(f"/v1/check-ins/{first}")).status_code == 404
        assert (await adult(school).get(f"/v1/check-ins/{first}")).status_code == 200
