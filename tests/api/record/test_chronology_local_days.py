"""Days without a time begin at midnight at school: in summer an hour before those of UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.common.owners.queries import people_here
from tests.world import School, World

PAST_MIDNIGHT = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
"""Half past midnight on the first of July, in British summer time."""
TODAY, YESTERDAY = date(2027, 7, 1), date(2027, 6, 30)


@pytest.fixture(autouse=True)
def past_midnight() -> Iterator[None]:
    with clock.frozen(PAST_MIDNIGHT):
        yield


def test_a_day_begins_at_midnight_at_school() -> None:
    assert clock.day_of(PAST_MIDNIGHT) == TODAY
    assert clock.day_of(datetime(2027, 6, 30, 22, 59, tzinfo=UTC)) == YESTERDAY
    assert clock.day_of(datetime(2027, 11, 30, 23, 59, tzinfo=UTC)) == date(2027, 11, 30)


class TestMemberships:
    async def test_begin_with_the_day_at_school(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL]
        world.sql("update membership set valid_from = %s where staff_id = %s", TODAY, deputy.id)
        assert (await school.api(Role.DEPUTY_DSL).get("/v1/overview")).status_code == 200
        async with world.work(school.id) as work:
            assert deputy.id in {one.id for one in await people_here(work)}
        listed = (await school.lead.get("/v1/staff", params={"role": "deputy_dsl"})).json()["items"]
        assert str(deputy.id) in {one["id"] for one in listed}

    async def test_end_with_the_day_at_school(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL]
        world.sql("update membership set valid_to = %s where staff_id = %s", TODAY, deputy.id)
        refused = await school.api(Role.DEPUTY_DSL).get("/v1/overview")
        assert (refused.status_code, refused.json()["code"]) == (401, "session_over")
        async with world.work(school.id) as work:
            assert deputy.id not in {one.id for one in await people_here(work)}
            assert await work.accounts.memberships(deputy.id, work.now) == []

    async def test_which_are_granted_begin_today(self, world: World, school: School) -> None:
        staff = school[Role.STAFF]
        made = await school.lead.post(f"/v1/staff/{staff.id}/memberships", {"role": "pastoral"})
        assert made.status_code == 201, made.text
        rows = world.sql(
            "select valid_from from membership where staff_id = %s and role = 'pastoral'", staff.id
        )
        assert rows == [(TODAY,)]


class TestAbsences:
    async def test_begin_and_end_with_the_day_at_school(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL]
        for first, end, away in ((TODAY, date(2027, 7, 2), True), (YESTERDAY, TODAY, False)):
            world.sql("delete from staff_away where school_id = %s", school.id)
            world.sql(
                "insert into staff_away (school_id, id, staff_id, valid_from, valid_to, said_by,"
                " said_at) values (%s, gen_random_uuid(), %s, %s, %s, %s, now())",
                school.id, deputy.id, first, end, deputy.id,
            )  # fmt: skip
            async with world.work(school.id) as work:
                found = {one.id: one.away for one in await people_here(work)}
            assert found[deputy.id] is away

    async def test_cover_may_begin_today_and_not_yesterday(self, school: School) -> None:
        body = {
            "away_id": str(school[Role.DSL].id), "valid_to": "2027-07-08",
            "covered_by_ids": [str(school[Role.DEPUTY_DSL].id)],
        }  # fmt: skip
        late = await school.lead.post("/v1/cover", body | {"valid_from": str(YESTERDAY)})
        assert late.status_code == 422, late.text
        made = await school.lead.post("/v1/cover", body | {"valid_from": str(TODAY)})
        assert made.status_code == 201, made.text
        assert made.json()["state"] == "active"
