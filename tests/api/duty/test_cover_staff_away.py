"""Who only says that they are away: new work, calls and the ladder go round them too."""

from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.api.duty.test_calendars import change
from tests.api.duty.test_cover import cover, owner_of
from tests.api.duty.test_lead_availability import ALL_DAY, today
from tests.api.record.test_concerns import raise_one
from tests.jobs.climbing import MONDAY, after, climbs, ids, overdue, tick
from tests.world import School, World


async def record_absence(school: School, role: Role, days: int = 1) -> None:
    """Somebody says it of themselves, from today."""
    day = clock.now().date()
    answer = await school.api(role).post(
        "/v1/staff-absences",
        {
            "staff_id": str(school[role].id), "valid_from": day.isoformat(),
            "valid_to": (day + timedelta(days=days)).isoformat(),
        },
    )  # fmt: skip
    assert answer.status_code == 201, answer.text


class TestWhoIsAway:
    async def test_is_no_owner_of_a_new_concern_while_another_is_there(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        assert owner_of(world, await raise_one(school.staff, child)) == school[Role.DSL].id
        await record_absence(school, Role.DSL)
        assert owner_of(world, await raise_one(school.staff, child)) == school[Role.DEPUTY_DSL].id
        await record_absence(school, Role.DEPUTY_DSL)
        owner = owner_of(world, await raise_one(school.staff, child))
        assert owner == school[Role.HEADTEACHER].id

    async def test_takes_over_nothing_of_who_is_locked_out(
        self, world: World, school: School
    ) -> None:
        second = await school.person(Role.DSL)
        concern = await raise_one(school.staff, await school.child())
        await record_absence(school, Role.DEPUTY_DSL)
        answer = await school.staff.post(
            f"/v1/concerns/{concern['id']}/named-staff", {"staff_id": str(school[Role.DSL].id)}
        )
        assert answer.status_code in (200, 201), answer.text
        assert owner_of(world, concern) == second.id

    async def test_is_not_on_duty_and_promises_no_watch(self, school: School) -> None:
        await change(school, lead_days=today(*ALL_DAY))
        for role, watched in ((Role.DSL, True), (Role.DEPUTY_DSL, False)):
            await record_absence(school, role)
            found = (await school.staff.get("/v1/lead-availability")).json()
            assert found["available"] is watched
            listed = (await school.lead.get("/v1/cover/on-duty")).json()["items"]
            assert str(school[role].id) not in {one["id"] for one in listed}

    async def test_can_have_cover_for_the_same_days(self, school: School) -> None:
        await record_absence(school, Role.DSL, days=10)
        made = await cover(
            school, school[Role.DSL].id, school[Role.DEPUTY_DSL].id, by=Role.HEADTEACHER
        )
        assert made.status_code == 201, made.text
        again = await cover(
            school, school[Role.DSL].id, school[Role.DEPUTY_DSL].id, by=Role.HEADTEACHER
        )
        assert again.json()["code"] == "cover_exists"

    async def test_is_told_to_the_head_where_nobody_else_is_on_duty(
        self, world: World, school: School
    ) -> None:
        told = (
            "select recipient_id, urgent from alert "
            "where school_id = %s and kind = 'nobody_on_duty'"
        )
        for role in (Role.STAFF, Role.HEADTEACHER, Role.DSL):
            await record_absence(school, role)
            assert world.sql(told, school.id) == []
        await record_absence(school, Role.DEPUTY_DSL)
        assert world.sql(told, school.id) == [(school[Role.HEADTEACHER].id, True)]

    async def test_leaves_a_gap_that_cover_has_to_fill(self, school: School) -> None:
        await record_absence(school, Role.DEPUTY_DSL, days=10)
        answer = await cover(school, school[Role.DSL].id, by=Role.HEADTEACHER)
        assert answer.json()["code"] == "nobody_on_duty"

    async def test_is_not_rung_while_others_are_there(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            await overdue(school)
            world.sql(
                "insert into staff_away (school_id, id, staff_id, valid_from, valid_to, said_by, "
                "said_at) select school_id, gen_random_uuid(), id, %s, %s, id, %s from staff "
                "where id = %s", MONDAY.date(), MONDAY.date() + timedelta(days=1), MONDAY,
                school[Role.DSL].id,
            )  # fmt: skip
            with after(minutes=15):
                await tick(world, school)
        assert climbs(world, school) == [("leads", ids(school, Role.DEPUTY_DSL))]

    async def test_is_back_once_it_is_said(self, world: World, school: School) -> None:
        await record_absence(school, Role.DSL, days=5)
        ((away,),) = world.sql("select id from staff_away where school_id = %s", school.id)
        assert isinstance(away, UUID)
        ended = await school.lead.post(f"/v1/staff-absences/{away}/end", {}, version=1)
        assert ended.status_code in (200, 204), ended.text
        concern = await raise_one(school.staff, await school.child())
        assert owner_of(world, concern) == school[Role.DSL].id
