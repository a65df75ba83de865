"""Meetings: planned, held, cancelled and corrected, and who may see them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.moments import written
from app.core.words import Actor, Role
from app.db.reading import open_reading
from app.domain.access.row_hashes.queries import differing_rows
from app.domain.record.meetings.commands import remind_of_meetings
from tests.api.records import a_concern, classify
from tests.inconsistency import find_inconsistent
from tests.jobs.climbing import fresh
from tests.meetings import SOCIAL_WORKER, a_meeting, clocks, held, minute, moment, taken
from tests.world import Api, School, World

DISSENT = {"who": "The headteacher", "reason": "The plan is too thin."}


def verbs(world: World, meeting: str) -> list[str]:
    """What the trail says of a meeting."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", UUID(meeting))
    return [verb for (verb,) in rows]


async def ids_of(api: Api, query: str = "") -> list[str]:
    """The ids a list shows."""
    found = await api.get(f"/v1/meetings{query}")
    assert found.status_code == 200, found.text
    return [one["id"] for one in found.json()["items"]]


class TestSetMeeting:
    async def test_is_planned_with_people_from_elsewhere(
        self, world: World, school: School
    ) -> None:
        teacher = str(school[Role.STAFF].id)
        found = await a_meeting(
            school, invited=[SOCIAL_WORKER, {"staff_id": teacher}],
            papers=[{"title": "Report of the school"}], place="Room 3, or the call",
        )  # fmt: skip
        outside, staff = found["invited"]
        assert (outside["name"], outside["staff"]) == ("Sam Reed", None)
        assert staff["staff"]["id"] == teacher
        assert (found["state"], found["minutes"]) == ("planned", [])
        assert found["permissions"] == ["update_meeting", "record_meeting", "cancel_meeting"]
        assert found["papers"] == [{"title": "Report of the school", "attachment_id": None}]
        async with world.work(school.id) as work:
            assert not await find_inconsistent(await work.driver(), school.id)

    async def test_owes_what_came_of_it_after_it_was_to_begin(self, school: School) -> None:
        found = await a_meeting(school)
        starts, due = (datetime.fromisoformat(found[name]) for name in ("starts_at", "due_at"))
        assert starts < due < starts + timedelta(days=8)
        assert found["due_rule"] == "meeting.outcome"

    async def test_tells_another_owner(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        made = await a_meeting(school, owner_id=str(deputy))
        told = world.sql(
            "select kind, noun, thing_id::text from alert where recipient_id = %s", deputy
        )
        assert told == [("meeting_set", "meeting", made["id"])]

    async def test_gives_each_sibling_one_in_their_own_file(self, school: School) -> None:
        pair = [str(await school.child("Ann")), str(await school.child("Ben"))]
        found = await a_meeting(school, child_ids=pair)
        assert found["child"]["id"] == pair[0]
        assert found["together_id"] == found["id"]
        [other] = await ids_of(school.lead, f"?child_id={pair[1]}")
        assert other != found["id"]
        assert "Ben" not in str(found)

    async def test_is_of_the_class_of_its_concern(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        await classify(world, concern, "K5")
        made = await a_meeting(school, child_ids=[str(child)], concern_id=concern)
        assert made["confidentiality"] == "K5"
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/meetings/{made['id']}")).status_code == 404
        assert made["id"] not in await ids_of(deputy)
        assert made["id"] in await ids_of(school.lead)

    async def test_is_about_children_of_its_concern(self, school: School) -> None:
        concern = await a_concern(school, await school.child())
        body = {
            "kind": "core_group", "child_ids": [str(await school.child())],
            "concern_id": concern, "starts_at": moment(days=3),
        }  # fmt: skip
        answer = await school.lead.post("/v1/meetings", body)
        assert answer.json()["errors"][0]["pointer"] == "/child_ids"

    async def test_names_nobody_who_is_locked_out(self, school: School) -> None:
        child, deputy = str(await school.child()), str(school[Role.DEPUTY_DSL].id)
        conflict = {"staff_id": deputy, "child_id": child, "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", conflict)).status_code == 201
        body = {"kind": "school", "child_ids": [child], "starts_at": moment(days=3)}
        invited = body | {"invited": [{"staff_id": deputy}]}
        answer = await school.lead.post("/v1/meetings", invited)
        assert answer.json()["code"] == "meeting_person_unsuitable"
        answer = await school.lead.post("/v1/meetings", body | {"owner_id": deputy})
        assert answer.json()["code"] == "meeting_owner_unsuitable"
        assert (await school.api(Role.DEPUTY_DSL).post("/v1/meetings", body)).status_code == 403
        made = await a_meeting(school, child_ids=[child])
        answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/meetings/{made['id']}")
        assert answer.status_code == 404

    async def test_refers_only_to_papers_of_its_concern(self, school: School) -> None:
        body = {
            "kind": "school", "child_ids": [str(await school.child())],
            "starts_at": moment(days=3),
            "papers": [{"title": "Minutes", "attachment_id": str(school.id)}],
        }  # fmt: skip
        answer = await school.lead.post("/v1/meetings", body)
        assert answer.json()["errors"][0]["pointer"] == "/papers/0/attachment_id"

    @pytest.mark.parametrize("invited", [[{}], [{"name": "x", "staff_id": "0" * 32}]])
    async def test_names_one_person_at_a_time(self, school: School, invited: Any) -> None:
        body = {"kind": "school", "child_ids": [str(await school.child())],
                "starts_at": moment(days=3), "invited": invited}  # fmt: skip
        assert (await school.lead.post("/v1/meetings", body)).status_code == 422

    async def test_hides_other_schools_children(self, school: School, other_school: School) -> None:
        body = {"kind": "school", "child_ids": [str(await other_school.child())],
                "starts_at": moment(days=3)}  # fmt: skip
        assert (await school.lead.post("/v1/meetings", body)).status_code == 404


class TestChangeMeeting:
    async def test_moves_its_clocks(self, world: World, school: School) -> None:
        made = await a_meeting(school, kind="review_conference", starts_at=moment(days=20))
        [(before,)] = world.sql("select due_at from task where kind = 'conference_report' "
                                "and about_id = %s", UUID(made["id"]))  # fmt: skip
        later = moment(days=41)
        answer = await school.lead.patch(
            f"/v1/meetings/{made['id']}", {"starts_at": later, "place": None}, version=1
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["due_at"] > made["due_at"]
        [(after,)] = world.sql("select due_at from task where kind = 'conference_report' "
                               "and about_id = %s and ended_at is null",
                               UUID(made["id"]))  # fmt: skip
        assert after - before > timedelta(days=15)

    async def test_needs_the_present_version(self, school: School) -> None:
        made = await a_meeting(school)
        path = f"/v1/meetings/{made['id']}"
        assert (await school.lead.patch(path, {"place": "Hall"}, version=1)).status_code == 200
        assert (await school.lead.patch(path, {"place": "Hut"}, version=1)).status_code == 412


class TestHoldMeeting:
    async def test_keeps_who_came_what_was_decided_and_who_disagreed(
        self, world: World, school: School
    ) -> None:
        made = await a_meeting(school)
        people = [
            SOCIAL_WORKER | {"attendance": "came"},
            {"name": "Kim Marsh", "role": "mother", "attendance": "not_told"},
            {"staff_id": str(school[Role.STAFF].id), "attendance": "sent_apologies"},
        ]
        found = await taken(school.lead, made, "hold", minute(people=people, dissent=[DISSENT]))
        [kept] = found["minutes"]
        assert [one["attendance"] for one in kept["people"]] == [
            "came", "not_told", "sent_apologies",
        ]  # fmt: skip
        assert kept["dissent"] == [DISSENT]
        assert (found["state"], found["permissions"]) == ("held", ["correct_meeting"])
        assert verbs(world, made["id"]) == ["meeting.set", "meeting.opened", "meeting.held"]
        assert world.sql("select ended_reason_code from deadline where thing_id = %s",
                         UUID(made["id"])) == [("held",)]  # fmt: skip

    async def test_stands_in_the_chronology(self, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        await held(school, child, "core_group", concern_id=concern)
        page = await school.lead.get(f"/v1/children/{child}/chronology?kind=meeting")
        [entry] = page.json()["items"]
        assert "Visits go on" in entry["summary"]
        assert (entry["state"], entry["outcome"]) == ("held", "plan_continues")

    async def test_sets_actions_with_owners(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        owner = str(school[Role.STAFF].id)
        found = await held(
            school, child, "core_group", concern_id=concern,
            actions=[{"what": "See her each morning.", "owner_id": owner}],
        )  # fmt: skip
        [action] = found["actions"]
        assert (action["what"], action["state"]) == ("See her each morning.", "open")
        opened = await school.api(Role.STAFF).get(f"/v1/actions/{action['id']}")
        assert opened.status_code == 200
        rules = world.sql("select rule_id from deadline where thing_id = %s", UUID(action["id"]))
        assert rules == [("action.review",)]

    async def test_sets_no_action_without_a_concern(self, school: School) -> None:
        made = await a_meeting(school)
        action = {"what": "See her.", "owner_id": str(school[Role.STAFF].id)}
        answer = await school.lead.post(
            f"/v1/meetings/{made['id']}/hold", minute(actions=[action]), version=1
        )
        assert answer.json()["errors"][0]["pointer"] == "/actions"

    async def test_plans_the_next_one(self, school: School) -> None:
        made = await a_meeting(school, starts_at=moment(minutes=-30))
        found = await taken(school.lead, made, "hold", minute(next_at=moment(days=30)))
        [next_id] = await ids_of(school.lead, f"?child_id={found['child']['id']}")
        after = (await school.lead.get(f"/v1/meetings/{next_id}")).json()
        assert (after["after_id"], after["kind"]) == (made["id"], "core_group")
        assert [one["name"] for one in after["invited"]] == ["Sam Reed"]

    async def test_waits_until_it_has_begun(self, school: School) -> None:
        made = await a_meeting(school)
        answer = await school.lead.post(
            f"/v1/meetings/{made['id']}/hold", minute(held_at=None), version=1
        )
        assert answer.json()["code"] == "meeting_not_begun"

    async def test_is_held_once(self, school: School) -> None:
        made = await held(school, await school.child(), "core_group")
        answer = await school.lead.post(f"/v1/meetings/{made['id']}/hold", minute(), version=2)
        assert (answer.status_code, answer.json()["code"]) == (409, "meeting_ended")


class TestCancelMeeting:
    async def test_keeps_the_reason_and_lets_the_clock_run_on(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await held(school, child, "initial_conference", result="plan_made")
        made = await a_meeting(school, child_ids=[str(child)])
        found = await taken(school.lead, made, "cancel", {"reason": "The chair is ill."})
        assert (found["state"], found["cancel_reason"]) == ("cancelled", "The chair is ill.")
        assert clocks(world, child)["ask_core_group"] == "core_group.first"
        page = await school.lead.get(f"/v1/children/{child}/chronology?kind=meeting")
        assert page.json()["items"][0]["reason"] == "The chair is ill."


class TestCorrectMeeting:
    async def test_puts_another_beside_the_first_with_the_reason(
        self, world: World, school: School
    ) -> None:
        made = await held(school, await school.child(), "core_group")
        again = minute(decisions="Visits go on twice a week.", reason="It was misheard.")
        found = await taken(school.lead, made, "correct", again)
        first, second = found["minutes"]
        assert (first["decisions"], first["reason"]) == ("Visits go on each week.", None)
        assert (second["decisions"], second["reason"]) == (
            "Visits go on twice a week.", "It was misheard.",
        )  # fmt: skip
        assert verbs(world, made["id"])[-1] == "meeting.corrected"

    async def test_moves_it_in_the_chronology(self, world: World, school: School) -> None:
        child = await school.child()
        made = await held(school, child, "core_group")
        at = clock.now() - timedelta(days=3)
        again = minute(held_at=written(at), reason="It was on Friday.")
        await taken(school.lead, made, "correct", again)
        page = await school.lead.get(f"/v1/children/{child}/chronology?kind=meeting")
        (entry,) = page.json()["items"]
        assert (entry["occurred_at"], entry["late"]) == (written(at), True)
        without = minute(held_at=None, decisions="Visits go on.", reason="It was misheard.")
        found = await taken(school.lead, made, "correct", without)
        assert found["minutes"][-1]["held_at"] == written(at)
        async with open_reading(world.runtime.database, Actor.system(school.id)) as reading:
            assert [one async for one in differing_rows(reading, school.id)] == []

    async def test_moves_the_clocks_with_the_result(self, world: World, school: School) -> None:
        child = await school.child()
        made = await held(school, child, "initial_conference", result="plan_made")
        assert set(clocks(world, child)) == {"ask_core_group", "ask_review_conference"}
        again = minute(result="no_plan", reason="It was the wrong box.")
        await taken(school.lead, made, "correct", again)
        assert clocks(world, child) == {}

    async def test_needs_that_something_was_written(self, school: School) -> None:
        made = await a_meeting(school)
        answer = await school.lead.post(
            f"/v1/meetings/{made['id']}/correct", minute(reason="x"), version=1
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "meeting_not_held")
        held_one = await held(school, await school.child(), "core_group")
        answer = await school.lead.post(
            f"/v1/meetings/{held_one['id']}/correct", minute(reason="x"), version=1
        )
        assert answer.status_code == 412


class TestListMeetings:
    async def test_shows_planned_ones_soonest_first_and_no_narrative(self, school: School) -> None:
        child = str(await school.child())
        late = await a_meeting(school, child_ids=[child], starts_at=moment(days=9))
        soon = await a_meeting(school, child_ids=[child], starts_at=moment(days=2))
        await held(school, child, "school")
        assert await ids_of(school.lead, f"?child_id={child}") == [soon["id"], late["id"]]
        answer = await school.lead.get(f"/v1/meetings?child_id={child}&state=held&kind=school")
        [card] = answer.json()["items"]
        assert "decisions" not in card

    async def test_is_for_those_who_set_them(self, school: School) -> None:
        assert (await school.staff.get("/v1/meetings")).status_code == 403


async def test_rings_where_nobody_writes_what_came_of_it(world: World, school: School) -> None:
    made = await a_meeting(school, starts_at=moment(days=1))
    with clock.shifted(timedelta(days=9)):
        [(next_at,)] = world.sql(
            "select next_at from deadline where thing_id = %s and ended_at is null",
            UUID(made["id"]),
        )
        assert next_at < clock.now()


class TestReminders:
    async def test_come_once_on_the_school_day_before(self, world: World, school: School) -> None:
        monday = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
        with clock.frozen(monday):
            lead = fresh(world, school[Role.DSL])
            made = await a_meeting(
                school,
                lead,
                child_ids=[str(await school.child())],
                starts_at="2027-01-14T10:00:00Z",
            )
        for hours, told in ((47, 0), (49, 1), (50, 0)):
            with clock.frozen(monday + timedelta(hours=hours)):
                async with world.work(school.id) as work:
                    assert await remind_of_meetings(work) == told
        rows = world.sql(
            "select recipient_id from alert where thing_id = %s and kind = 'meeting_soon'",
            UUID(made["id"]),
        )
        assert rows == [(school[Role.DSL].id,)]

    async def test_come_once_where_it_was_moved(self, world: World, school: School) -> None:
        """Though the reminder of the former time was never read, and counts the new one."""
        monday = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
        with clock.frozen(monday):
            lead = fresh(world, school[Role.DSL])
            made = await a_meeting(school, lead, starts_at="2027-01-13T10:00:00Z")
        told = []
        for hours in (24, 48, 49):
            with clock.frozen(monday + timedelta(hours=hours)):
                async with world.work(school.id) as work:
                    told.append(await remind_of_meetings(work))
            with clock.frozen(monday + timedelta(hours=25)):
                lead, body = fresh(world, school[Role.DSL]), {"starts_at": "2027-01-14T10:00:00Z"}
                if hours == 24:
                    moved = await lead.patch(f"/v1/meetings/{made['id']}", body, version=1)
                    assert moved.status_code == 200, moved.text
        assert told == [1, 1, 0]

    async def test_come_not_where_it_was_set_after_they_would_have_come(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(datetime(2027, 1, 11, 12, 0, tzinfo=UTC)):
            lead = fresh(world, school[Role.DSL])
            await a_meeting(school, lead, starts_at="2027-01-12T10:00:00Z")
            async with world.work(school.id) as work:
                assert await remind_of_meetings(work) == 0
