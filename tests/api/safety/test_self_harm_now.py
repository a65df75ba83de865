"""Emergency steps ask somebody to come now; times, answers, versions and who may step."""

from datetime import timedelta
from typing import Any

import httpx

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.api.safety.test_self_harm import at, lead, opened, staff, state_of, taken, tasks, told
from tests.api.safety.test_self_harm_steps import LEFT, on_pathway
from tests.jobs.climbing import MONDAY, fresh
from tests.world import School, World

ROUTINE = {"kind": "worry_without_words", "immediacy": "routine"}


def clock_of(world: World, concern: str) -> tuple[Any, ...]:
    """How soon somebody must act, by which rule, when, and whether somebody said they have it."""
    (row,) = world.sql(
        "select immediacy, due_rule, due_at, acknowledged_at is not null from concern"
        " where id = %s", concern,
    )  # fmt: skip
    return tuple(row)


def urgent_tasks(world: World, concern: str) -> set[bool]:
    """Whether what is owed to the pupil is urgent."""
    rows = world.sql("select urgent from task where concern_id = %s and ended_at is null", concern)
    return {urgent for (urgent,) in rows}


def running(world: World, concern: str) -> list[tuple[Any, ...]]:
    """The clocks of a concern that run: by which rule and ladder."""
    return list(
        world.sql(
            "select rule_id, ladder from deadline where thing_id = %s and ended_at is null", concern
        )
    )


class TestEmergencyAsksNow:
    async def test_a_routine_worry_becomes_immediate_and_leads_are_asked_within_minutes(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school, **ROUTINE)
            assert clock_of(world, concern)[0] == "routine"
        with clock.frozen(MONDAY + timedelta(minutes=3)):
            answer = await staff(world, school).post(f"/v1/concerns/{concern}/emergency", {})
            assert answer.status_code == 201, answer.text
        due = MONDAY + timedelta(minutes=13)
        assert clock_of(world, concern) == ("immediate_danger", "sh.lead_ack", due, False)
        assert running(world, concern) == [("sh.lead_ack", "person_now")]
        assert urgent_tasks(world, concern) == {True}
        record = await opened(school.lead, concern)
        assert record["self_harm"]["immediacy_told"] == "routine"

    async def test_is_first_for_leads_and_said_anew_by_one_of_them(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            other = await on_pathway(world, school, immediacy="immediate_danger")
            concern = await on_pathway(world, school, **ROUTINE)
            leads = lead(world, school)
            await taken(leads, other, "acknowledge", None)
            await taken(leads, concern, "acknowledge", None)
            await taken(leads, concern, "triage", a_triage(school[Role.DSL].id))
            await staff(world, school).post(f"/v1/concerns/{concern}/emergency", {})
            overview = (await leads.get("/v1/overview")).json()
            assert overview["overdue"]["items"] == []
            firsts = {
                section["items"][0]["id"]
                for section in overview.values()
                if isinstance(section, dict) and section.get("items")
                and any(one["id"] == concern for one in section["items"])
            }  # fmt: skip
            assert firsts == {concern}
            inbox = (await leads.get("/v1/alerts")).json()["items"]
            assert (inbox[0]["kind"], inbox[0]["urgent"]) == ("concern_urgent", True)
            record = await opened(leads, concern)
            assert "acknowledge_concern" in record["permissions"]
            await taken(leads, concern, "acknowledge", None)
            record = await opened(leads, concern)
        assert (record["state"], record["acknowledged_at"] is not None) == ("triaged", True)
        assert "acknowledge_concern" not in record["permissions"]
        assert clock_of(world, concern)[1] == "concern.review.soon"

    async def test_more_about_the_same_help_asks_nobody_again(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            leads = lead(world, school)
            await taken(leads, concern, "emergency", {})
            due = clock_of(world, concern)[2]
        with clock.frozen(MONDAY + timedelta(minutes=5)):
            await taken(leads, concern, "emergency", {"incident_number": "4711"})
            assert clock_of(world, concern)[2] == due
            await taken(leads, concern, "acknowledge", None)
            await taken(leads, concern, "emergency", {"went_with": "Mr Bell"})
            assert clock_of(world, concern)[3]
            deputy = fresh(world, school[Role.DEPUTY_DSL])
            await taken(deputy, concern, "emergency", {})
        assert clock_of(world, concern)[1] == "sh.lead_ack"

    async def test_t07_what_was_taken_asks_leads_now(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await on_pathway(world, school, child=child, **ROUTINE)
        body = {"taken_anything": {"value": "yes"}, "concern_id": concern}
        answer = await school.lead.post(
            f"/v1/children/{child}/records", {"kind": "safety_check"} | body
        )
        assert answer.status_code == 201, answer.text
        assert clock_of(world, concern)[:2] == ("immediate_danger", "sh.lead_ack")
        assert urgent_tasks(world, concern) == {True}

    async def test_its_reporter_reads_how_soon_they_said_it_was(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school, **ROUTINE)
        await taken(school.lead, concern, "emergency", {})
        assert (await opened(school.staff, concern))["immediacy"] == "routine"
        mine = (await school.staff.get("/v1/concerns/mine")).json()["items"]
        assert [one["immediacy"] for one in mine if one["id"] == concern] == ["routine"]

    async def test_an_empty_request_is_enough(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        answer = await school.staff.post(f"/v1/concerns/{concern}/emergency")
        assert answer.status_code == 201, answer.text
        assert state_of(world, concern) == "emergency"


class TestNotSeen:
    async def test_that_nobody_could_speak_with_them_ends_nothing(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            said = {"not_seen": "She is not in her room."}
            answer = await taken(lead(world, school), concern, "check", said)
            block = (await opened(lead(world, school), concern))["self_harm"]
        assert (answer["step"], answer["state"]) == ("not_seen", "noticed")
        assert "sh_check" in tasks(world, concern)
        assert (block["steps"][-1]["step"], block["steps"][-1]["details"]) == ("not_seen", said)


class TestTimes:
    async def test_what_has_not_happened_yet_is_refused(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        ahead = (clock.now() + timedelta(hours=1)).isoformat()
        for verb, body in (
            ("with-adult", {"name": "Mr Bell", "at": ahead}),
            ("emergency", {"called_at": ahead}),
            ("check", {"seen_by": "Ms Roe", "at": ahead}),
            ("leave-safely", LEFT | {"at": ahead}),
            ("contact", {"how": "spoke_with_pupil", "at": ahead}),
        ):
            answer = await step(school.lead, concern, verb, body)
            assert (answer.status_code, answer.json()["code"]) == (422, "occurred_in_future"), verb
            (problem,) = answer.json()["errors"]
            assert problem["pointer"].removeprefix("/") in body, verb

    async def test_what_was_before_is_kept_and_ends_nothing(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            owed = tasks(world, concern)
            yesterday = MONDAY - timedelta(days=1)
            before = yesterday.isoformat()
            leads = lead(world, school)
            for verb, body in (
                ("with-adult", {"name": "Mr Bell", "at": before}),
                ("check", {"seen_by": "Ms Roe", "at": before}),
                ("decide-on-parents", {"outcome": "told", "reason": "She asked.", "at": before}),
                ("contact", {"how": "spoke_with_pupil", "at": before}),
            ):
                await taken(leads, concern, verb, body)
            block = (await opened(leads, concern))["self_harm"]
        assert tasks(world, concern) == owed
        assert block["state"] == "noticed"
        steps = ["with_adult", "checked", "parents_decided", "followed"]
        assert [one["step"] for one in block["steps"]][-4:] == steps
        assert {at(one["at"].removesuffix("Z")) for one in block["steps"][-4:]} == {yesterday}

    async def test_earlier_the_same_day_counts_where_nobody_knows_exactly(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await on_pathway(world, school)
            soon = (MONDAY - timedelta(minutes=20)).isoformat()
            await taken(lead(world, school), concern, "check", {"seen_by": "Ms Roe", "at": soon})
        assert "sh_check" not in tasks(world, concern)


class TestFirst:
    async def test_begins_with_calling_where_nobody_has(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        for body in ({}, {"called": ["not_yet"], "reason_codes": ["swallowed"]}):
            answer = await taken(school.staff, concern, "emergency", body)
            assert answer["first"][0].startswith("Call 999 now if nobody has yet")
        answer = await taken(school.staff, concern, "emergency", {"called": ["ambulance"]})
        assert "999" not in " ".join(answer["first"])
        assert answer["first"][0].startswith("Stay with them until help is there")

    async def test_asks_nobody_to_stay_once_the_pupil_left_safely(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        for verb, body in (
            ("leave-safely", LEFT),
            ("contact", {"how": "no_answer"}),
            ("contact", {"how": "spoke_with_pupil"}),
        ):
            said = " ".join((await taken(school.lead, concern, verb, body))["first"])
            assert "Stay with them" not in said
            assert "Call 999 now" not in said

    async def test_tells_its_reporter_nothing_of_what_leads_did(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        body = {"name": "Mr Bell"}
        before = (await taken(school.staff, concern, "with-adult", body))["first"]
        await taken(school.lead, concern, "leave-safely", LEFT)
        assert (await taken(school.staff, concern, "with-adult", body))["first"] == before


class TestAfterRaising:
    async def test_says_from_when_somebody_may_read_it(self, world: World, school: School) -> None:
        with clock.frozen(at("2026-11-27T23:10:00")):
            receipt = await told(staff(world, school), await school.child())
            asked = (await staff(world, school).get("/v1/lead-availability")).json()
        after = receipt["guidance"]["after"]
        assert "They may not be read before Monday 30 November at" in after
        assert after.endswith("Talk to somebody about it when you can.")
        assert receipt["lead_availability"]["advice"].startswith(
            "Your words are kept. No safeguarding lead is"
        )
        assert "Your words are kept" not in asked["advice"], "nothing was written"
        assert asked["advice"].endswith("Tell us what has been done so far.")


def version_of(answer: httpx.Response) -> str:
    """The version in an ETag; of a record that was read, more follows it."""
    return answer.headers["etag"].strip('"').partition("-")[0]


class TestVersions:
    async def test_every_step_answers_with_the_version_that_reading_gives(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        await taken(school.lead, concern, "leave-safely", LEFT)
        for verb, body in (
            ("with-adult", {"name": "Mr Bell"}),
            ("emergency", {}),
            ("contact", {"how": "spoke_with_pupil"}),
        ):
            answer = await school.lead.post(f"/v1/concerns/{concern}/{verb}", body)
            read = await school.lead.get(f"/v1/concerns/{concern}")
            assert version_of(answer) == version_of(read), verb

    async def test_of_its_reporter_it_is_what_they_read(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        answer = await school.staff.post(f"/v1/concerns/{concern}/emergency", {})
        read = await school.staff.get(f"/v1/concerns/{concern}")
        assert version_of(answer) == version_of(read)
        await taken(school.lead, concern, "check", {"seen_by": "Ms Roe"})
        read = await school.staff.get(f"/v1/concerns/{concern}")
        assert version_of(answer) == version_of(read)


class TestWhoMayStep:
    async def test_is_said_to_leads(self, world: World, school: School) -> None:
        concern = await on_pathway(world, school)
        steps = {
            "decide_on_parents", "record_conversation", "record_contact", "record_emergency",
            "record_left_safely", "record_stayed_with_plan", "record_with_adult", "settle_concern",
        }  # fmt: skip
        assert steps <= set((await opened(school.lead, concern))["permissions"])
        after = await step(school.lead, concern, "acknowledge")
        assert steps <= set(after.json()["permissions"])
        other = (await raise_one(school.staff, await school.child()))["id"]
        found = set((await opened(school.lead, other))["permissions"])
        assert found & steps == {"decide_on_parents", "record_emergency", "record_with_adult"}

    async def test_is_said_to_reporters_with_their_own_steps(
        self, world: World, school: School
    ) -> None:
        concern = await on_pathway(world, school)
        body = {"name": "Mr Bell"}
        await taken(school.staff, concern, "with-adult", body)
        await taken(school.lead, concern, "check", {"seen_by": "Ms Roe"})
        record = await opened(school.staff, concern)
        assert record["permissions"] == [
                "add_attachment", "amend_concern", "record_emergency", "record_with_adult",
            ]  # fmt: skip
        steps = record["self_harm"]["steps"]
        assert [one["step"] for one in steps] == ["noticed", "with_adult"]
        assert steps[-1]["details"] == body
        assert {"from_state", "to_state"}.isdisjoint(steps[-1])
        assert "state" not in record["self_harm"]

    async def test_names_matching_while_nobody_knows_whom_it_is_about(
        self, world: World, school: School
    ) -> None:
        receipt = await told(school.staff, unmatched_child={"name": "Robin"})
        assert "match_concern" in (await opened(school.lead, receipt["id"]))["permissions"]
        assert "match_concern" not in (await opened(school.staff, receipt["id"]))["permissions"]
