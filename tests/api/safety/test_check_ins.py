"""Check-ins: done, declined, missed, stood in for, and never left without an adult."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.duty.hand_over.commands import settle_school
from app.domain.safety.check_ins.commands import pupil_absent
from app.domain.safety.check_ins.queries import overdue_check_ins
from tests.api.duty.test_tasks import fits
from tests.check_ins import MONDAY, a_plan, adult, cover, keep, lead, of_child, say, tasks
from tests.jobs.climbing import fresh
from tests.world import School, World

BREAK = MONDAY.replace(hour=10, minute=30)
CLOSED = MONDAY.replace(hour=11, minute=0)
"""When the window of the first check-in closes."""


async def first(school: School, child: str) -> dict[str, Any]:
    """The child's check-in that is due first."""
    return (await of_child(school, child))[0]


class TestMine:
    async def test_tells_name_time_and_place_and_no_reason(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            found = (await adult(school).get("/v1/check-ins/mine")).json()["items"]
            assert len(found) == 5
            assert set(found[0]) == {
                "id", "child", "opens_at", "due_at", "place", "mine", "asked", "etag",
            }  # fmt: skip
            assert (found[0]["child"]["id"], found[0]["place"]) == (plan["child_id"], "Library")
            theirs = (await cover(school).get("/v1/check-ins/mine")).json()["items"]
            assert {one["mine"] for one in theirs} == {False}

    async def test_hides_everybody_elses(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            other = fresh(world, await school.person(Role.STAFF))
            assert (await other.get("/v1/check-ins/mine")).json()["items"] == []
            assert (await other.get("/v1/check-ins")).status_code == 403
            path = f"/v1/check-ins/{(await first(school, plan['child_id']))['id']}"
            assert (await other.get(path)).status_code == 404
            assert (await adult(school).get(path)).status_code == 200


class TestDone:
    async def test_enters_the_chronology(self, world: World, school: School) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            body = {"how": "spoke", "how_are_things": {"value": "Bit better."}}
            done = await say(adult(school), check_in, "finish", body)
            assert (done.status_code, done.json()["state"]) == (200, "done")
            again = await say(adult(school), {**check_in, "etag": '"2"'}, "finish", body)
            assert (again.status_code, again.json()["code"]) == (409, "check_in_ended")
            path = f"/v1/children/{plan['child_id']}/chronology"
            told = (await lead(school).get(path)).json()["items"]
            assert "Check-in: We spoke." in {one["summary"] for one in told}
            assert await fits(world, school)

    async def test_tells_a_lead_at_once_of_more_worry(self, world: World, school: School) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            await say(adult(school), check_in, "finish", {"how": "spoke", "worried_more": True})
            ((owner, due, _),) = tasks(world, school, "check_in_worried")
            assert (owner, due) == (school[Role.DSL].id, BREAK + timedelta(minutes=10))

    async def test_of_a_later_day_cannot_be_said_yet(self, world: World, school: School) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            later = (await of_child(school, plan["child_id"]))[1]
            for verb, body in (
                ("finish", {"how": "spoke"}), ("finish", {"how": "absent"}), ("decline", {}),
            ):  # fmt: skip
                said = await say(adult(school), later, verb, body)
                assert (said.status_code, said.json()["code"]) == (409, "check_in_not_open")
                assert said.json()["title"].startswith("This check-in is for a later day")
            opened = await adult(school).get(f"/v1/check-ins/{later['id']}")
            assert opened.json()["permissions"] == ["report_worry", "ask_for_cover"]
            assert tasks(world, school, "check_in_missed") == []
        before = datetime.fromisoformat(later["opens_at"]) - timedelta(hours=2)
        with clock.frozen(before):
            said = await say(adult(school), later, "finish", {"how": "spoke"})
            assert said.json()["state"] == "done"

    async def test_more_worry_can_be_said_after_it_ended(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            await say(adult(school), check_in, "finish", {"how": "spoke"})
            assert tasks(world, school, "check_in_worried") == []
            path = f"/v1/check-ins/{check_in['id']}/report-worry"
            said = await adult(school).post(path)
            assert (said.status_code, said.json()["state"]) == (200, "done")
            ((owner, due, _),) = tasks(world, school, "check_in_worried")
            assert (owner, due) == (school[Role.DSL].id, BREAK + timedelta(minutes=10))
            assert (await adult(school).post(path, {"words": "She would not look up."})).is_success
            told = await lead(school).get(f"/v1/children/{plan['child_id']}/chronology")
            summaries = [one["summary"] for one in told.json()["items"]]
            assert "Check-in: the adult who saw the pupil is more worried than before." in summaries
            stranger = fresh(world, await school.person(Role.STAFF))
            assert (await stranger.post(path)).status_code == 404

    async def test_t31_seen_without_a_word_is_not_enough_twice_running(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            seen = await say(adult(school), check_in, "finish", {"how": "saw_only"})
            assert seen.json()["state"] == "done"
        with clock.frozen(BREAK + timedelta(days=1)):
            check_in = await first(school, plan["child_id"])
            seen = await say(adult(school), check_in, "finish", {"how": "saw_only"})
            assert (seen.json()["state"], seen.json()["how"]) == ("open", "saw_only")
        with clock.frozen(CLOSED + timedelta(days=1, minutes=31)):
            await keep(world, school)
            assert len(tasks(world, school, "check_in_missed")) == 1
            check_in = await first(school, plan["child_id"])
            spoke = await say(adult(school), check_in, "finish", {"how": "spoke"})
            assert spoke.json()["state"] == "done"
            assert tasks(world, school, "check_in_missed") == []
            assert await fits(world, school)

    async def test_of_an_absent_pupil_reaches_a_lead_at_once(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            said = await say(adult(school), check_in, "finish", {"how": "absent"})
            assert said.json()["state"] == "open"
            assert len(tasks(world, school, "check_in_missed")) == 1

    async def test_by_the_register_reaches_a_lead_once(self, world: World, school: School) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            for _ in range(2):
                async with world.work(school.id) as work:
                    await pupil_absent(work, UUID(plan["child_id"]))
            assert len(tasks(world, school, "check_in_missed")) == 1


class TestDecline:
    async def test_is_respected_and_another_adult_offered(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(BREAK):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            other = str(school[Role.DEPUTY_DSL].id)
            said = await say(adult(school), check_in, "decline", {"would_rather_id": other})
            assert (said.status_code, said.json()["state"]) == (200, "declined")
            ((owner, _, facts),) = tasks(world, school, "offer_adult")
            assert (owner, facts["would_rather"]) == (school[Role.DSL].id, other)
            assert await fits(world, school)


class TestMissed:
    async def test_asks_the_cover_at_once_and_a_lead_half_an_hour_later(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
        with clock.frozen(CLOSED - timedelta(minutes=1)):
            await keep(world, school)
            assert tasks(world, school, "check_in_cover") == []
        with clock.frozen(CLOSED):
            await keep(world, school)
            ((owner, due, _),) = tasks(world, school, "check_in_cover")
            assert (owner, due) == (school[Role.PASTORAL].id, CLOSED + timedelta(minutes=30))
            assert tasks(world, school, "check_in_missed") == []
        with clock.frozen(CLOSED + timedelta(minutes=30)):
            await keep(world, school)
            await keep(world, school)
            ((owner, _, _),) = tasks(world, school, "check_in_missed")
            assert owner == school[Role.DSL].id
            check_in = await first(school, plan["child_id"])
            assert check_in["owner"]["id"] == str(school[Role.DSL].id)
            assert await fits(world, school)

    async def test_never_closes_by_time_and_a_lead_writes_what_became_of_it(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            early = await first(school, plan["child_id"])
            command = {"outcome": "seen_later"}
            refused = await say(lead(school), early, "settle", command)
            assert (refused.status_code, refused.json()["code"]) == (409, "check_in_not_missed")
        with clock.frozen(CLOSED + timedelta(days=40)):
            await keep(world, school)
            check_in = await first(school, plan["child_id"])
            assert check_in["id"] == early["id"]
            no_reason = await say(lead(school), check_in, "settle", {"outcome": "not_needed"})
            assert no_reason.status_code == 422
            assert (await say(adult(school), check_in, "settle", command)).status_code == 403
            settled = await say(lead(school), check_in, "settle", command)
            assert (settled.status_code, settled.json()["state"]) == (200, "settled")

    async def test_twice_in_a_week_has_the_plan_read_again(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            assert len(tasks(world, school, "support_plan_review")) == 1
        for day in range(2):
            assert len(tasks(world, school, "support_plan_review")) == 1
            with clock.frozen(CLOSED + timedelta(days=day, minutes=31)):
                await keep(world, school)
        again = [
            due for _, due, facts in tasks(world, school, "support_plan_review")
            if facts.get("because") == "missed_twice"
        ]  # fmt: skip
        assert again == [MONDAY.replace(hour=16, minute=0) + timedelta(days=2)]
        assert plan["review_due_at"]

    async def test_t08_is_what_a_concern_cannot_be_closed_with(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            other = await school.child()
        children = [UUID(plan["child_id"]), other]
        with clock.frozen(CLOSED - timedelta(minutes=1)):
            async with world.work(school.id) as work:
                assert await overdue_check_ins(work, children) == []
        with clock.frozen(CLOSED):
            async with world.work(school.id) as work:
                assert await overdue_check_ins(work, children) == [UUID(str(check_in["id"]))]
                assert await overdue_check_ins(work, [other]) == []
            await say(adult(school), check_in, "finish", {"how": "message"})
            async with world.work(school.id) as work:
                assert await overdue_check_ins(work, children) == []


class TestCover:
    async def test_t15_is_asked_before_twenty_to_nine_where_the_owner_is_absent_at_ten_past_eight(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
        early = MONDAY.replace(hour=8, minute=10)
        day, back = early.date(), early.date() + timedelta(days=1)
        said = {
            "staff_id": str(school[Role.STAFF].id), "valid_from": day.isoformat(),
            "valid_to": back.isoformat(),
        }  # fmt: skip
        with clock.frozen(early):
            assert (await cover(school).post("/v1/staff-absences", said)).status_code == 403
            assert (await adult(school).post("/v1/staff-absences", said)).status_code == 201
            ((owner, due, _),) = tasks(world, school, "check_in_cover")
            assert (owner, due) == (school[Role.PASTORAL].id, MONDAY.replace(hour=8, minute=40))
            check_in = await first(school, plan["child_id"])
            assert check_in["asked"]["id"] == str(school[Role.PASTORAL].id)
        with clock.frozen(MONDAY.replace(hour=8, minute=39)):
            await keep(world, school)
            assert (await first(school, plan["child_id"]))["owner"]["id"] == said["staff_id"]
        with clock.frozen(MONDAY.replace(hour=8, minute=40)):
            await keep(world, school)
            check_in = await first(school, plan["child_id"])
            assert check_in["owner"]["id"] == str(school[Role.DSL].id)
            assert check_in["asked"] is None
            assert tasks(world, school, "check_in_cover") == []
            assert await fits(world, school)

    async def test_is_theirs_once_they_accept(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            asked = (await say(adult(school), check_in, "cover", {})).json()
            assert asked["asked"]["id"] == str(school[Role.PASTORAL].id)
            early = await say(adult(school), asked, "accept")
            assert (early.status_code, early.json()["code"]) == (409, "nobody_asked")
            accepted = (await say(cover(school), asked, "accept")).json()
            assert accepted["owner"]["id"] == str(school[Role.PASTORAL].id)
            assert accepted["cover"]["id"] not in (accepted["owner"]["id"], None)
            assert tasks(world, school, "check_in_cover") == []
            assert await fits(world, school)

    async def test_falls_to_a_lead_at_once_where_both_are_away(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            for role in (Role.PASTORAL, Role.STAFF):
                said = {
                    "staff_id": str(school[role].id), "valid_from": "2026-12-01",
                    "valid_to": "2026-12-02",
                }  # fmt: skip
                assert (await lead(school).post("/v1/staff-absences", said)).status_code == 201
            monday, tuesday, *_ = await of_child(school, plan["child_id"])
            assert monday["owner"]["id"] == str(school[Role.STAFF].id)
            assert tuesday["owner"]["id"] == str(school[Role.DSL].id)

    async def test_is_two_people_who_are_there(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            check_in = await first(school, plan["child_id"])
            head = str(school[Role.HEADTEACHER].id)
            same = await say(lead(school), check_in, "assign", {"owner_id": head, "cover_id": head})
            assert same.json()["code"] == "check_in_person_unsuitable"
            body = {"owner_id": head, "cover_id": str(school[Role.DSL].id)}
            given = (await say(lead(school), check_in, "assign", body)).json()
            assert (given["owner"]["id"], given["cover"]["id"]) == (head, body["cover_id"])


class TestLeaving:
    async def _end(self, world: World, school: School, body: Any = None) -> Any:
        person = school[Role.STAFF]
        ((membership,),) = world.sql(
            "select id from membership where school_id = %s and staff_id = %s",
            school.id, person.id,
        )  # fmt: skip
        path = f"/v1/staff/{person.id}/memberships/{membership}/end"
        return await lead(school).post(path, body or {}, version=1)

    async def test_t16_with_open_check_ins_is_refused_until_somebody_has_them(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            refused = await self._end(world, school)
            assert (refused.status_code, refused.json()["code"]) == (409, "work_would_be_orphaned")
            assert refused.json()["open_check_ins"] == 5
            other = await school.person(Role.STAFF)
            to = {"hand_over_to": str(other.id)}
            ended = await self._end(world, school, to)
            assert ended.status_code in (200, 204), ended.text
            found = await of_child(school, plan["child_id"])
            assert {one["owner"]["id"] for one in found} == {to["hand_over_to"]}
            assert await fits(world, school)
            await keep(world, school)
            found = await of_child(school, plan["child_id"])
            assert all(one["owner"]["id"] != one["cover"]["id"] for one in found)
            assert len(tasks(world, school, "find_adult")) == 1

    async def test_of_who_stands_in_leaves_nobody_alone(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            said = {
                "staff_id": str(school[Role.PASTORAL].id), "valid_from": "2026-12-01",
                "valid_to": "2026-12-02",
            }  # fmt: skip
            assert (await lead(school).post("/v1/staff-absences", said)).status_code == 201
            await keep(world, school)
            monday, tuesday, *_ = await of_child(school, plan["child_id"])
            assert monday["cover"]["id"] == str(school[Role.PASTORAL].id)
            assert tuesday["cover"]["id"] == str(school[Role.DSL].id)

    async def test_t16_where_it_cannot_wait_a_lead_has_them_at_once(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
            world.sql("update account set disabled_at = now() where id = %s", school[Role.STAFF].id)
            async with world.work(school.id) as work:
                await settle_school(work)
            found = await of_child(school, plan["child_id"])
            assert {one["owner"]["id"] for one in found} == {str(school[Role.DSL].id)}
            await keep(world, school)
            ((owner, _, facts),) = tasks(world, school, "find_adult")
            assert (owner, facts["person_id"]) == (
                school[Role.DSL].id, str(school[Role.STAFF].id),
            )  # fmt: skip
            assert await fits(world, school)


class TestLoad:
    async def test_is_shown_to_the_head_as_numbers(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            await a_plan(school)
            await keep(world, school)
            assert tasks(world, school, "capacity") == []
            await a_plan(school)
            await keep(world, school)
            await keep(world, school)
            ((owner, _, facts),) = tasks(world, school, "capacity")
            assert (owner, facts) == (school[Role.HEADTEACHER].id, {"tasks": 10, "most": 8})


@pytest.mark.parametrize("how", ["spoke", "message"])
async def test_a_word_is_enough_after_seeing(school: School, how: str) -> None:
    with clock.frozen(BREAK):
        plan = await a_plan(school)
        await say(
            adult(school), await first(school, plan["child_id"]), "finish", {"how": "saw_only"}
        )
    with clock.frozen(BREAK + timedelta(days=1)):
        said = await say(
            adult(school), await first(school, plan["child_id"]), "finish", {"how": how}
        )
        assert said.json()["state"] == "done"
