"""Support plans: what a lead agrees with a pupil, and the check-ins that come of it."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.api.duty.test_tasks import fits
from tests.api.planning import in_use
from tests.check_ins import MONDAY, a_plan, keep, lead, of_child, tasks
from tests.world import School, World


class TestMakePlan:
    async def test_makes_a_week_of_check_ins_by_the_starting_cadence(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            found = await of_child(school, plan["child_id"])
            days = [one["opens_at"][:16] for one in found]
            assert days == [
                "2026-11-30T10:30", "2026-12-01T10:30", "2026-12-02T10:30", "2026-12-03T10:30",
                "2026-12-04T10:30",
            ]  # fmt: skip
            assert {one["owner"]["id"] for one in found} == {str(school[Role.STAFF].id)}
            assert {one["cover"]["id"] for one in found} == {str(school[Role.PASTORAL].id)}
            assert await fits(world, school)

    async def test_puts_the_pupil_on_the_support_list_and_sets_a_review(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            assert plan["permissions"] == [
                "change_support_plan", "end_support_plan", "review_support_plan",
            ]  # fmt: skip
            (row,) = (await lead(school).get("/v1/support-list")).json()["items"]
            assert (row["child"]["id"], row["entries"][0]["reason_code"]) == (
                plan["child_id"], "plan_in_use",
            )  # fmt: skip
            assert row["in_touch"]["id"] == str(school[Role.STAFF].id)
            ((owner, _, _),) = tasks(world, school, "support_plan_review")
            assert owner == school[Role.DSL].id

    async def test_says_who_leads_it_and_whose_advice_was_taken(self, school: School) -> None:
        child = await school.child()
        advice = {
            "who": "Dr Ode",
            "role": "CAMHS",
            "on": "2026-11-20",
            "words": "Little and often.",
        }
        body = {
            "adult_id": str(school[Role.STAFF].id), "cover_id": str(school[Role.PASTORAL].id),
            "advice_from": [advice],
        }  # fmt: skip
        made = await school.lead.post(f"/v1/children/{child}/support-plan", body)
        assert made.status_code == 201, made.text
        for shown in (made, await school.lead.get(f"/v1/children/{child}/support-plan")):
            assert shown.json()["lead"]["id"] == str(school[Role.DSL].id)
            assert shown.json()["content"]["advice_from"] == [advice]

    async def test_needs_two_people_and_times_in_school(self, school: School) -> None:
        child = await school.child()
        path, staff = f"/v1/children/{child}/support-plan", str(school[Role.STAFF].id)
        body = {"adult_id": staff, "cover_id": staff}
        assert (await school.lead.post(path, body)).json()[
            "code"
        ] == "support_plan_person_unsuitable"
        body["cover_id"] = str(school[Role.PASTORAL].id)
        late = body | {"times": [{"from": "16:30", "to": "17:00"}]}
        assert (await school.lead.post(path, late)).json()["code"] == "support_plan_time_unsuitable"
        assert (await school.staff.post(path, body)).status_code == 403
        assert (await school.lead.post(path, body)).status_code == 201
        assert (await school.lead.post(path, body)).json()["code"] == "support_plan_exists"

    async def test_goes_on_past_day_ninety(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
        with clock.frozen(MONDAY + timedelta(days=100)):
            await keep(world, school)
            world_rows = await of_child(school, plan["child_id"])
            assert [one for one in world_rows if one["opens_at"] > "2027-03-10"]
            assert tasks(world, school, "support_list_end")


class TestChangePlan:
    async def test_keeps_what_was_agreed_and_moves_what_lies_ahead(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            path = f"/v1/children/{plan['child_id']}/support-plan"
            body = {
                "adult_id": str(school[Role.PASTORAL].id), "cover_id": str(school[Role.STAFF].id),
                "cadence": [{"per_week": 1, "weekdays": ["friday"]}], "reason": "She asked.",
                "lesson_adjustments": {"value": "May sit by the door."},
            }  # fmt: skip
            assert (await lead(school).request("PUT", path, json=body)).status_code == 428
            changed = await lead(school).request(
                "PUT", path, json=body, headers={"If-Match": f'"{plan["version"]}"'}
            )
            assert changed.status_code == 200, changed.text
            (only,) = await of_child(school, plan["child_id"])
            assert only["opens_at"].startswith("2026-12-04")
            assert only["owner"]["id"] == str(school[Role.PASTORAL].id)
            versions = (await lead(school).get(f"{path}/versions")).json()["items"]
            assert [one["content"]["place"] for one in versions] == [None, "Library"]
            assert await fits(world, school)


class TestReviewPlan:
    async def test_sets_the_next_time(self, world: World, school: School) -> None:
        plan = await a_plan(school)
        path = f"/v1/children/{plan['child_id']}/support-plan/review"
        body = {"pupils_view": {"value": "It is fine."}}
        done = await school.lead.post(path, body, version=1)
        assert done.status_code == 200, done.text
        assert len(tasks(world, school, "support_plan_review", ended=True)) == 1
        assert len(tasks(world, school, "support_plan_review")) == 1


class TestEndPlan:
    async def test_takes_out_what_lies_ahead_and_off_the_list(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            path = f"/v1/children/{plan['child_id']}/support-plan"
            assert (await lead(school).post(f"{path}/end", {}, version=1)).status_code == 422
            body = {"reason": "They agreed to stop."}
            assert (await lead(school).post(f"{path}/end", body, version=1)).status_code == 204
            assert await of_child(school, plan["child_id"]) == []
            assert (await lead(school).get(path)).json()["code"] == "support_plan_not_found"
            assert (await lead(school).get("/v1/support-list")).json()["items"] == []
            await keep(world, school)
            assert await of_child(school, plan["child_id"]) == []
            assert await fits(world, school)


def two_terms(world: World, school: School) -> None:
    """A calendar with a holiday over the new year."""
    world.sql(
        "insert into school_calendar (school_id, id, number, content, made_by, made_at) values "
        "(%s, gen_random_uuid(), 1, %s, %s, now())",
        school.id,
        '{"terms": [{"name": "Autumn", "starts_on": "2026-09-01", "ends_on": "2026-12-18"},'
        ' {"name": "Spring", "starts_on": "2027-01-05", "ends_on": "2027-03-26"}]}',
        school[Role.DSL].id,
    )  # fmt: skip


class TestHolidays:
    async def test_asks_for_an_arrangement_three_days_before(
        self, world: World, school: School
    ) -> None:
        two_terms(world, school)
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
        with clock.frozen(MONDAY + timedelta(days=14)):  # Monday of the last week
            await keep(world, school)
            assert tasks(world, school, "holiday_arrangement") == []
        with clock.frozen(MONDAY + timedelta(days=16)):
            await keep(world, school)
            await keep(world, school)
            assert len(tasks(world, school, "holiday_arrangement")) == 1
            assert len(tasks(world, school, "support_list_hand_over")) == 1
            path = f"/v1/children/{plan['child_id']}/support-plan"
            fields = {
                "adult_id": str(school[Role.STAFF].id), "cover_id": str(school[Role.PASTORAL].id),
                "holiday_arrangement": "The deputy phones on Tuesdays.", "reason": "Christmas.",
            }  # fmt: skip
            changed = await lead(school).request(
                "PUT", path, json=fields, headers={"If-Match": '"1"'}
            )
            assert changed.status_code == 200, changed.text
            assert tasks(world, school, "holiday_arrangement") == []

    async def test_asks_for_one_where_only_a_safety_plan_is_in_use(
        self, world: World, school: School
    ) -> None:
        two_terms(world, school)
        child = await school.child()
        with clock.frozen(MONDAY):
            await in_use(school, child, api=lead(school))
        with clock.frozen(MONDAY + timedelta(days=16)):
            await keep(world, school)
            await keep(world, school)
            ((owner, _, _),) = tasks(world, school, "holiday_arrangement")
            assert owner == school[Role.DSL].id
            await in_use(school, child, api=lead(school), holiday_arrangement="The deputy phones.")
            assert tasks(world, school, "holiday_arrangement") == []
            await keep(world, school)
            assert tasks(world, school, "holiday_arrangement") == []
