"""Steps of the pathway: in any order, each ending what it does and owing what comes after."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.duty.test_calendars import change
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.api.referring import a_body as a_referral
from tests.api.referring import a_sent, an_agency
from tests.api.safety.test_self_harm import (
    LEADS,
    at,
    lead,
    opened,
    staff,
    state_of,
    taken,
    tasks,
    told,
    whole,
)
from tests.check_ins import MONDAY as WINDOW
from tests.check_ins import a_plan
from tests.jobs.climbing import MONDAY, fresh
from tests.security.hidden import Hider
from tests.world import Api, School, World

LEFT = {"handed_to": "Her grandmother"}
LATER = """
with later as (
  update check_in set due_at = due_at + interval '1 day' where school_id = %s returning id, due_at)
update deadline d set due_at = later.due_at from later where d.thing_id = later.id
"""


async def on_pathway(world: World, school: School, **fields: Any) -> str:
    """A concern of the pathway, told by a teacher."""
    child = fields.pop("child", None) or await school.child()
    return str((await told(staff(world, school), child, **fields))["id"])


async def closed(world: World, school: School, concern: str) -> None:
    """Everything that is owed is done, and two people close it."""
    leads = lead(world, school)
    await nothing_owed(world, leads, concern)
    await taken(leads, concern, "triage", a_triage(school[Role.DSL].id))
    said = {"outcome": "resolved_in_school", "reason": "She is well looked after."}
    await taken(leads, concern, "close", said)
    head = fresh(world, school[Role.HEADTEACHER])
    await taken(head, concern, "countersign", {"agree": True, "reason": "So it is."})


async def nothing_owed(world: World, leads: Api, concern: str) -> None:
    """Somebody has spoken with the pupil, and whatever else was to be done is done."""
    await taken(leads, concern, "check", {"seen_by": "Ms Roe"})
    world.sql("update task set kind = 'other' where concern_id = %s and state = 'open'", concern)
    rows = world.sql(
        "select id, version from task where concern_id = %s and state = 'open'", concern
    )
    for task, version in rows:
        answer = await leads.post(f"/v1/tasks/{task}/complete", {}, version=version)
        assert answer.status_code == 200, answer.text


class TestWithAdult:
    async def test_is_for_who_reported_it_and_ends_what_waited(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            assert "sh_stay" in tasks(world, concern)
            body = {"name": "Mr Bell", "handed_over_by": "Ms Roe", "place": "Library"}
            answer = await staff(world, school).post(f"/v1/concerns/{concern}/with-adult", body)
        assert answer.status_code == 201, answer.text
        assert "state" not in answer.json()
        assert {"999", "111"} <= {one["number"] for one in answer.json()["call"]}
        assert state_of(world, concern) == "with_adult"
        assert "sh_stay" not in tasks(world, concern)
        found = (await opened(school.lead, concern))["self_harm"]["steps"][-1]
        assert (found["step"], found["details"]) == ("with_adult", body)
        assert found["by"]["id"] == str(school[Role.STAFF].id)

    async def test_is_not_for_somebody_else(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        other = await school.person(Role.STAFF)
        answer = await world.as_token(other.token).post(
            f"/v1/concerns/{concern}/with-adult", {"name": "Mr Bell"}
        )
        assert answer.status_code == 404


class TestEmergency:
    async def test_needs_nothing_and_tells_leads_and_head_at_once(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        answer = await school.staff.post(f"/v1/concerns/{concern}/emergency", {})
        assert answer.status_code == 201, answer.text
        assert state_of(world, concern) == "emergency"
        told_of = world.sql(
            "select recipient_id, urgent from alert where concern_id = %s"
            " and kind = 'concern_urgent'", concern,
        )  # fmt: skip
        people = {school[role].id for role in (*LEADS, Role.HEADTEACHER)}
        assert ({one for one, _ in told_of}, all(urgent for _, urgent in told_of)) == (people, True)
        assert {"sh_next_day", "sh_contact_48"} <= tasks(world, concern).keys()
        assert await whole(world, school)

    async def test_begins_the_pathway_of_any_concern(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = {"reason_codes": ["swallowed"], "called": ["ambulance"], "incident_number": "4711"}
        answer = await school.staff.post(f"/v1/concerns/{concern}/emergency", body)
        assert answer.status_code == 201, answer.text
        block = (await opened(school.lead, concern))["self_harm"]
        assert (block["kind"], block["state"]) == ("worry_without_words", "emergency")
        assert block["steps"][-1]["details"]["incident_number"] == "4711"
        assert await whole(world, school)

    async def test_takes_up_again_what_was_closed(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await closed(world, school, concern)
        answer = await school.staff.post(f"/v1/concerns/{concern}/emergency", {})
        assert answer.status_code == 201, answer.text
        record = await opened(school.lead, concern)
        assert (record["state"], record["self_harm"]["state"]) == ("in_progress", "emergency")
        assert await whole(world, school)


class TestOrder:
    async def test_no_step_waits_for_another(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        for verb, body in (
            ("stay-with-plan", {}),
            ("leave-safely", LEFT),
            ("check", {"not_seen": "She is in hospital."}),
        ):
            await taken(school.lead, concern, verb, body)
        assert state_of(world, concern) == "stayed_with_plan"

    async def test_no_step_leads_back(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "leave-safely", LEFT)
        await taken(school.lead, concern, "check", {"seen_by": "Ms Roe"})
        assert state_of(world, concern) == "left_safely"

    async def test_needs_the_version_that_was_seen(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        path = f"/v1/concerns/{concern}/check"
        body = {"seen_by": "Ms Roe"}
        assert (await school.lead.post(path, body)).status_code == 428
        assert (await school.lead.post(path, body, version=99)).status_code == 412

    async def test_is_no_step_of_another_concern(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        answer = await step(school.lead, concern, "check", {"seen_by": "Ms Roe"})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_pathway")

    async def test_reading_it_says_that_a_lead_has_it(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "acknowledge", None)
        assert state_of(world, concern) == "lead_told"


class TestChecked:
    async def test_names_a_check_of_the_pupil_alone(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        answer = await step(school.lead, concern, "check", {"check_id": str(new_id())})
        assert (answer.status_code, answer.json()["code"]) == (422, "check_unknown")
        assert (await step(school.lead, concern, "check", {})).status_code == 422

    async def test_t07_what_was_taken_is_an_emergency_and_saving_is_not_blocked(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await on_pathway(world, school, child=child)
        body = {"taken_anything": {"value": "yes"}, "concern_id": concern}
        answer = await school.lead.post(
            f"/v1/children/{child}/records", {"kind": "safety_check"} | body
        )
        assert answer.status_code == 201, answer.text
        assert state_of(world, concern) == "emergency"
        assert "sh_check" not in tasks(world, concern)
        urgent = world.sql(
            "select count(*) from alert where concern_id = %s and kind = 'concern_urgent'", concern
        )
        assert urgent[0][0] >= 1


class TestLeftSafely:
    async def test_owes_the_next_school_day_and_48_hours(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            body = LEFT | {
                "home_made_safer": {"value": True}, "call_tonight": "Her grandmother",
                "phones_tomorrow": str(school[Role.STAFF].id),
            }  # fmt: skip
            await taken(lead(world, school), concern, "leave-safely", body)
        owed = tasks(world, concern)
        assert owed["sh_contact_48"] == MONDAY + timedelta(hours=48)
        assert owed["sh_next_day"].date() == MONDAY.date() + timedelta(days=1)
        assert {"sh_stay", "sh_leaving"}.isdisjoint(owed)
        rows = world.sql(
            "select owner_id, confidentiality from task where concern_id = %s"
            " and kind = 'sh_next_day'", concern,
        )  # fmt: skip
        assert rows == [(school[Role.STAFF].id, "anyone")]
        assert await whole(world, school)

    async def test_t18_counts_hours_by_the_clock_and_days_by_the_school(
        self, world: World, school: School
    ) -> None:
        """The holiday begins after a Friday, on Sunday clocks go back, its Monday is INSET."""
        terms = [
            {"name": "Autumn 1", "starts_on": "2027-09-01", "ends_on": "2027-10-29"},
            {"name": "Autumn 2", "starts_on": "2027-11-08", "ends_on": "2027-12-17"},
        ]
        await change(school, terms=terms, days=[{"on": "2027-11-08", "kind": "inset"}])
        friday = at("2027-10-29T14:30:00")  # 15:30 in summer time
        with clock.frozen(friday):
            concern = await on_pathway(world, school)
            await taken(lead(world, school), concern, "leave-safely", LEFT)
        owed = tasks(world, concern)
        assert owed["sh_contact_48"] == friday + timedelta(hours=48)
        assert owed["sh_next_day"] == at("2027-11-09T16:00:00")
        assert await whole(world, school)

    async def test_refuses_who_cannot_phone(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        body = LEFT | {"phones_tomorrow": str(new_id())}
        answer = await step(school.lead, concern, "leave-safely", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "task_owner_unsuitable")


class TestContacted:
    async def test_that_nobody_answered_is_no_contact(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "leave-safely", LEFT)
        path = f"/v1/concerns/{concern}/contact"
        answer = await school.lead.post(path, {"how": "no_answer"})
        assert answer.status_code == 201, answer.text
        assert {"sh_next_day", "sh_contact_48"} <= tasks(world, concern).keys()
        assert state_of(world, concern) == "left_safely"

    async def test_the_same_evening_is_not_the_next_day(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            api = lead(world, school)
            await taken(api, concern, "leave-safely", LEFT)
            said = {"how": "spoke_with_pupil"}
            assert (await api.post(f"/v1/concerns/{concern}/contact", said)).status_code == 201
        owed = tasks(world, concern)
        assert "sh_next_day" in owed
        assert "sh_contact_48" not in owed

    async def test_no_task_ends_by_saying_so(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "leave-safely", LEFT)
        for task, version in world.sql(
            "select id, version from task where concern_id = %s and kind = 'sh_contact_48'", concern
        ):
            answer = await school.lead.post(f"/v1/tasks/{task}/complete", {}, version=version)
            assert (answer.status_code, answer.json()["code"]) == (409, "task_of_record")


class TestSettle:
    async def test_needs_ninety_quiet_days_or_reasons(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await nothing_owed(world, school.lead, concern)
        answer = await step(school.lead, concern, "settle", {})
        assert (answer.status_code, answer.json()["code"]) == (409, "settles_later")
        with clock.shifted(timedelta(days=91)):
            await taken(lead(world, school), concern, "settle", {"what_helped": "Walking."})
        assert state_of(world, concern) == "settled"
        assert world.sql(
            "select ended_at is not null from support_list_entry where source_id = %s", concern
        ) == [(True,)]

    async def test_waits_for_whatever_is_owed_to_the_pupil(
        self, world: World, school: School
    ) -> None:
        said = {"reason": "Help is in place."}
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            answer = await step(lead(world, school), concern, "settle", said)
            assert (answer.status_code, answer.json()["code"]) == (409, "tasks_open")
            await taken(lead(world, school), concern, "check", {"seen_by": "Ms Roe"})
            await taken(lead(world, school), concern, "leave-safely", LEFT)
        with clock.frozen(MONDAY + timedelta(days=120)):
            answer = await step(lead(world, school), concern, "settle", said)
            assert answer.json()["code"] == "tasks_open"
            assert answer.json()["title"].startswith("Somebody still has something to do")
        assert {"sh_parents", "sh_next_day", "sh_contact_48"} == tasks(world, concern).keys()
        assert state_of(world, concern) == "left_safely"

    async def test_something_new_takes_it_up_at_once(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await on_pathway(world, school, child=child)
        await nothing_owed(world, school.lead, concern)
        await taken(school.lead, concern, "settle", {"reason": "Help is in place."})
        again = await on_pathway(world, school, child=child, kind="self_harm")
        assert state_of(world, concern) == "followed"
        (last,) = (await opened(school.lead, concern))["self_harm"]["steps"][-1:]
        assert (last["step"], last["from_state"]) == ("new_event", "settled")
        assert last["details"] == {"other_id": again}

    async def test_an_early_state_says_more_than_followed(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await on_pathway(world, school, child=child)
        await on_pathway(world, school, child=child)
        assert state_of(world, concern) == "noticed"

    async def test_a_friend_who_told_is_on_no_pathway(self, world: World, school: School) -> None:
        child, friend = await school.child(), await school.child("Robin", "Vale")
        concern = await on_pathway(
            world, school, child=child,
            children=[{"child_id": str(child)}, {"child_id": str(friend), "role": "witness"}],
        )  # fmt: skip
        await nothing_owed(world, school.lead, concern)
        await taken(school.lead, concern, "settle", {"reason": "Help is in place."})
        await on_pathway(world, school, child=friend)
        assert state_of(world, concern) == "settled"
        about = world.sql("select distinct child_id from task where concern_id = %s", concern)
        assert about == [(child,)]


class TestClosing:
    async def test_is_always_signed_by_two(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await closed(world, school, concern)
        record = await opened(school.lead, concern)
        assert (record["state"], record["self_harm"]["state"]) == ("closed", "closed")
        rows = world.sql(
            "select verb from concern_event where concern_id = %s order by at, id", concern
        )
        assert ("closure_proposed",) in rows
        assert world.sql(
            "select count(*) from support_list_entry where source_id = %s and ended_at is null",
            concern,
        ) == [(0,)]

    async def test_waits_for_what_somebody_has_to_do(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        said = {"outcome": "explained", "reason": "She is well."}
        answer = await step(school.lead, concern, "close", said)
        assert (answer.status_code, answer.json()["code"]) == (409, "tasks_open")
        assert "somebody" in answer.json()["title"].lower()

    async def test_t08_waits_for_an_overdue_check_in(self, world: World, school: School) -> None:
        child = await school.child()
        with clock.frozen(WINDOW):
            concern = await on_pathway(world, school, child=child)
            await a_plan(school, child)
        with clock.frozen(WINDOW + timedelta(days=1)):
            api = lead(world, school)
            await taken(api, concern, "triage", a_triage(school[Role.DSL].id))
            said = {"outcome": "explained", "reason": "She is well."}
            answer = await step(api, concern, "close", said)
        assert (answer.status_code, answer.json()["code"]) == (409, "check_ins_overdue")
        assert answer.json()["title"].startswith("A check-in with the pupil is overdue")

    async def test_t08_waits_for_an_agency_that_has_not_answered(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        body = await a_referral(school, await an_agency(school))
        referral = await a_sent(school, body)
        world.sql("update referral set concern_id = %s where id = %s", concern, referral)
        said = {"outcome": "explained", "reason": "She is well."}
        answer = await step(school.lead, concern, "close", said)
        assert (answer.status_code, answer.json()["code"]) == (409, "referral_unanswered")

    async def test_is_held_up_by_hidden_work_once_somebody_who_may_know_signs(
        self, world: World, school: School
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        await an_agency(school)
        concern = await on_pathway(world, school, child=child)
        await nothing_owed(world, school.lead, concern)
        await taken(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        hider = Hider(world, school, deputy, kin=await school.child())
        hider.bring([child])
        hider.hide([child], [UUID(concern)])
        found = await school.api(deputy.role).get(f"/v1/concerns/{concern}/next-steps")
        assert "close" in {one["code"] for one in found.json()["items"]}
        said = {"outcome": "resolved_in_school", "reason": "She is well looked after."}
        await taken(school.api(deputy.role), concern, "close", said)
        signed = {"agree": True, "reason": "So it is."}
        for code, done in (
            ("check_ins_overdue", LATER),
            ("referral_unanswered", "update referral set state = 'answered' where school_id = %s"),
            ("tasks_open", "select %s"),
        ):
            answer = await step(school.lead, concern, "countersign", signed)
            assert (answer.status_code, answer.json()["code"]) == (409, code)
            world.sql(done, school.id)

    async def test_reopening_follows_it_again(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            await closed(world, school, concern)
            assert tasks(world, concern) == {}
            await taken(lead(world, school), concern, "reopen", {"reason": "Something new."})
        assert state_of(world, concern) == "followed"
        assert tasks(world, concern).keys() == {"sh_check", "sh_parents"}
        assert world.sql(
            "select count(*) from support_list_entry where source_id = %s and ended_at is null",
            concern,
        ) == [(1,)]

    async def test_reopening_while_nobody_is_there_owes_contact(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(at("2026-11-28T15:00:00")):
            concern = await on_pathway(world, school)
            await closed(world, school, concern)
            await taken(lead(world, school), concern, "reopen", {"reason": "Something new."})
        assert tasks(world, concern).keys() == {
            "sh_check", "sh_parents", "sh_next_day", "sh_contact_48",
        }  # fmt: skip
        assert await whole(world, school)

    async def test_after_closing_no_step_is_taken(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        await closed(world, school, concern)
        answer = await step(school.lead, concern, "check", {"seen_by": "Ms Roe"})
        assert (answer.status_code, answer.json()["code"]) == (409, "concern_ended")

    async def test_merging_carries_over_what_is_owed(self, world: World, school: School) -> None:
        child = await school.child()
        into = (await raise_one(school.staff, child))["id"]
        concern = await on_pathway(world, school, child=child)
        owed = tasks(world, concern)
        await taken(school.lead, concern, "merge", {"into": into, "reason": "The same."})
        assert tasks(world, concern) == {}
        assert tasks(world, into).keys() == owed.keys()
        assert (state_of(world, concern), state_of(world, into)) == ("closed", "noticed")
        assert await whole(world, school)

    async def test_what_was_entered_in_error_owes_nothing(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "withdraw", {"reason": "The wrong child."})
        await taken(
            school.api(Role.DEPUTY_DSL), concern, "countersign", {"agree": True, "reason": "Yes."}
        )
        assert tasks(world, concern) == {}
        assert state_of(world, concern) == "closed"
        assert await whole(world, school)
