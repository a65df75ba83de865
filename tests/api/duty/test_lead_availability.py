"""Honest about who is watching: the answers to raising, to monitoring tools, and to a look."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.duty.test_calendars import change, problems
from tests.api.records import a_concern
from tests.jobs.climbing import fresh
from tests.monitoring import INTAKE, a_tool, an_alert
from tests.world import School, World

LONDON = ZoneInfo("Europe/London")
CALLS = [{"who": "Duty lead", "number": "01632 960001", "when": "Out of hours"}]


def today(*hours: tuple[str, str]) -> list[dict[str, Any]]:
    """When somebody looks today; tomorrow they look from nine."""
    day = clock.now().astimezone(LONDON).date()
    spans = [{"from": begins, "to": ends} for begins, ends in hours]
    tomorrow = [{"from": "09:00", "to": "10:00"}]
    return [
        {"on": str(day), "spans": spans}, {"on": str(day + timedelta(1)), "spans": tomorrow},
    ]  # fmt: skip


NOBODY: tuple[tuple[str, str], ...] = ()
ALL_DAY = (("00:00", "23:59"),)


async def raised(school: School, **fields: Any) -> dict[str, Any]:
    """What a reporter is told."""
    child = await school.child()
    body = {
        "children": [{"child_id": str(child), "role": "subject"}],
        "account": [{"kind": "observed", "text": "He was very quiet."}],
        "occurred_at": clock.now().isoformat(), "occurred_precision": "about",
        "source": "staff_observation", "immediacy": "today", "categories": ["not_sure"],
    } | fields  # fmt: skip
    answer = await school.staff.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestRaiseConcern:
    async def test_says_that_nobody_watches_and_whom_to_call(self, school: School) -> None:
        await change(school, role=Role.DSL, call=CALLS, lead_days=today(*NOBODY))
        told = await raised(school)
        assert told["received"] is True
        assert told["ask_next"][-1]["code"] == "told_already"
        availability = told["lead_availability"]
        assert availability["available"] is False
        tomorrow = clock.now().astimezone(LONDON).date() + timedelta(1)
        nine = datetime.combine(tomorrow, time(9), LONDON)
        assert datetime.fromisoformat(availability["available_from"]) == nine
        assert [one["number"] for one in availability["call"]] == [
            "01632 960001",
            "999",
            "111",
            "116 123",
        ]
        assert "999" in availability["advice"]

    async def test_says_that_somebody_watches_in_school_hours(self, school: School) -> None:
        await change(school, lead_days=today(*ALL_DAY))
        availability = (await raised(school))["lead_availability"]
        assert (
            availability["available"],
            availability["available_from"],
            availability["advice"],
        ) == (True, None, None)

    async def test_promises_nobody_where_every_lead_has_gone(
        self, world: World, school: School
    ) -> None:
        world.sql(
            "update membership set valid_to = valid_from where school_id = %s and role in"
            " ('dsl', 'deputy_dsl')", school.id,
        )  # fmt: skip
        await change(school, lead_days=today(*ALL_DAY))
        availability = (await raised(school))["lead_availability"]
        assert availability["available"] is False

    async def test_sends_nobody_to_a_lead_who_is_named(self, world: World) -> None:
        alone = await world.a_school([Role.STAFF, Role.DSL, Role.SCHOOL_ADMIN])
        await change(alone, lead_days=today(*ALL_DAY))
        lead = str(alone[Role.DSL].id)
        told = await raised(alone, categories=["sexual_violence"], staff_named=[lead])
        assert told["lead_availability"]["available"] is False
        said = " ".join(told["guidance"]["first"])
        assert "Tell a safeguarding lead" not in said
        assert "Call children's social care" in said

    async def test_counts_the_leads_who_are_not_named(self, school: School) -> None:
        await change(school, lead_days=today(*ALL_DAY))
        lead = str(school[Role.DSL].id)
        told = await raised(school, categories=["sexual_violence"], staff_named=[lead])
        assert told["lead_availability"]["available"] is True
        assert "Tell a safeguarding lead" in " ".join(told["guidance"]["first"])


class TestAmendConcern:
    async def test_keeps_what_was_done_when_nobody_watched(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern_id = await a_concern(school, child)
        told = {"whom": "ambulance_999", "name": "Control", "at": clock.now().isoformat()}
        body = {
            "text": "Called an ambulance, went with him.", "reason": "Done since",
            "told_already": [told],
        }  # fmt: skip
        answer = await school.staff.post(f"/v1/concerns/{concern_id}/amendments", body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["told_already"][0]["whom"] == "ambulance_999"
        shown = (await school.lead.get(f"/v1/concerns/{concern_id}")).json()
        assert shown["amendments"][0]["told_already"][0]["name"] == "Control"

    async def test_refuses_a_word_nobody_knows(self, school: School) -> None:
        concern_id = await a_concern(school, await school.child())
        body = {"text": "x", "reason": "y", "told_already": [{"whom": "a_friend_of_mine"}]}
        answer = await school.staff.post(f"/v1/concerns/{concern_id}/amendments", body)
        assert answer.status_code == 422


class TestAlertIntake:
    async def test_answers_a_tool_as_honestly(self, world: World, school: School) -> None:
        tool = await a_tool(world, school)
        await change(school, lead_days=today(*NOBODY))
        sent = an_alert(source=tool.id)
        first = await tool.key.post(INTAKE, sent)
        again = await tool.key.post(INTAKE, sent)
        for answer in (first, again):
            assert answer.status_code == 202, answer.text
            told = answer.json()
            assert told["received"] is True
            assert told["lead_availability"]["available"] is False
            assert told["lead_availability"]["call"][0]["number"] == "999"


class TestGetLeadAvailability:
    async def test_is_for_everybody_who_can_raise(self, school: School) -> None:
        await change(school, lead_days=today(*ALL_DAY))
        found = await school.staff.get("/v1/lead-availability")
        assert found.status_code == 200
        assert found.json()["available"] is True

    async def test_knows_who_is_away_and_who_stands_in(self, school: School) -> None:
        await change(school, lead_days=today(*ALL_DAY))
        head, day = school.api(Role.HEADTEACHER), clock.now().date()
        away = [
            {
                "away_id": str(school[role].id), "valid_from": str(day),
                "valid_to": str(day + timedelta(1)), "covered_by_ids": [],
                "uncovered_reason": "Both are on a course.",
            }
            for role in (Role.DSL, Role.DEPUTY_DSL)
        ]  # fmt: skip
        for number, body in enumerate(away):
            answer = await head.post("/v1/cover", body)
            assert answer.status_code == 201, answer.text
            available = (await school.staff.get("/v1/lead-availability")).json()["available"]
            assert available is (number == 0)


class TestChangeCalendar:
    async def test_keeps_watched_hours_and_numbers_and_tells_the_leads(
        self, world: World, school: School
    ) -> None:
        hours = [{"weekday": "friday", "from": "07:45", "to": "17:00"}]
        days = [{"on": "2026-12-28", "spans": [{"from": "10:00", "to": "11:00"}]}]
        answer = await change(school, role=Role.DSL, lead_hours=hours, lead_days=days, call=CALLS)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["lead_hours"], found["lead_days"], found["call"]) == (hours, days, CALLS)
        told = world.sql(
            "select count(*) from alert where school_id = %s and kind = 'calendar_changed'",
            school.id,
        )
        assert told[0][0] > 0

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            (
                {"lead_hours": [{"weekday": "monday", "from": "10:00", "to": "10:00"}]},
                ("/lead_hours/0/to", "lead_hours_end_before"),
            ),
            (
                {"lead_days": [{"on": "2026-12-28", "spans": []}] * 2},
                ("/lead_days/1/on", "day_twice"),
            ),
            (
                {"lead_days": [{"on": "1926-12-28", "spans": []}]},
                ("/lead_days/0/on", "date_out_of_range"),
            ),
        ],
    )
    async def test_refuses_hours_that_cannot_be(
        self, school: School, fields: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        assert problems(await change(school, **fields)) == [expected]


class TestOverTheWeekend:
    async def test_t06_an_alert_of_friday_night_is_answered_honestly_and_first_on_monday(
        self, world: World, school: School
    ) -> None:
        friday = datetime(2026, 11, 27, 23, 10, tzinfo=UTC)
        monday = datetime(2026, 11, 30, 8, 45, tzinfo=UTC)
        tool = await a_tool(world, school)
        with clock.frozen(friday):
            answer = await tool.send_signed(severity="critical")
        assert answer.status_code == 202, answer.text
        told = answer.json()
        availability = told["lead_availability"]
        assert (told["received"], availability["available"]) == (True, False)
        assert datetime.fromisoformat(availability["available_from"]).date() == monday.date()
        assert {"999", "111"} <= {one["number"] for one in availability["call"]}
        assert "No safeguarding lead is reading reports" in availability["advice"]
        with clock.frozen(monday - timedelta(minutes=5)):
            later = [
                await tool.send_signed(
                    severity=severity, subject={"username": f"b.{severity}"},
                    device={"name": severity},
                )
                for severity in ("critical", "low")
            ]  # fmt: skip
        assert [one.status_code for one in later] == [202, 202]
        with clock.frozen(monday):
            lead = fresh(world, school[Role.DSL])
            inbox = (await lead.get("/v1/overview?mine=false")).json()
            listed = (await lead.get("/v1/monitoring-alerts")).json()["items"]
        oldest = listed[-1]
        assert datetime.fromisoformat(oldest["received_at"]) == friday, "its age is shown"
        assert inbox["monitoring"]["count"] == 3
        first = inbox["monitoring"]["items"][0]
        assert first["id"] == oldest["id"]
        assert datetime.fromisoformat(first["due_at"]) < monday
        assert first["id"] in [one["id"] for one in inbox["overdue"]["items"]]
