"""Clocks that events start and stop: each starts, is due when it has to be, and stops."""

import ast
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import app
from app.core import clock
from app.core.words import Role
from app.domain.common.deadlines.rules import rule_book
from app.domain.duty.milestones.rules import (
    EVENTS,
    MILESTONES,
    TASKS,
    TRIAGED,
    of_categories,
    of_triage,
)
from app.formats.calendars import SchoolCalendar
from tests.api.record.test_concerns import a_body as a_report
from tests.api.record.test_concerns import a_triage
from tests.api.record.test_concerns import step as take
from tests.api.records import a_concern
from tests.api.referring import a_body, a_draft, a_key, a_sent, an_agency, now, step
from tests.meetings import a_meeting, clocks, held, taken
from tests.world import School, World

WEDNESDAY = datetime(2027, 1, 13, 10, 0, tzinfo=UTC)
"""In term, with no bank holiday before Good Friday, the 26th of March."""
Event = Callable[[School, UUID], Awaitable[Any]]


@pytest.fixture(autouse=True)
def on_wednesday() -> Iterator[None]:
    with clock.frozen(WEDNESDAY):
        yield


def nation(world: World, school: School, name: str) -> None:
    """Put the school into another nation."""
    world.sql("update organisation set nation = %s where id = %s", name, school.id)


def due_days(world: World, child: UUID) -> dict[str, date]:
    """The day on which each open task about a child is due."""
    rows = world.sql(
        "select kind, due_at from task where child_id = %s and ended_at is null", child
    )
    return {kind: SchoolCalendar().local(due_at).date() for kind, due_at in rows}


def meeting(kind: str, result: str = "other") -> Event:
    """A meeting was held."""

    async def event(school: School, child: UUID) -> Any:
        return await held(school, child, kind, result=result)

    return event


def status(kind: str, day: str = "2027-01-13", **fields: Any) -> Event:
    """A status began."""

    async def event(school: School, child: UUID) -> Any:
        body = {"kind": kind, "valid_from": day, "source": "social_care"} | fields
        answer = await school.lead.post(f"/v1/children/{child}/statuses", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return event


def ended(kind: str, **fields: Any) -> Event:
    """A status of the child began, and has ended."""

    async def event(school: School, child: UUID) -> Any:
        open_ones = (await school.lead.get(f"/v1/children/{child}/statuses")).json()["items"]
        made = open_ones[0] if open_ones else await status(kind, **fields)(school, child)
        path = f"/v1/children/{child}/statuses/{made['id']}"
        body = {"valid_to": "2027-01-13", "end_reason": "It is over."}
        answer = await school.lead.patch(path, body, version=1)
        assert answer.status_code == 200, answer.text

    return event


async def referral(school: School, child: UUID, **fields: Any) -> str:
    """A sent referral of a child to children's social care."""
    body = await a_body(
        school, await an_agency(school), child_id=str(child), concern_id=None, items=[], **fields
    )
    return await a_sent(school, body)


def outcome(code: str) -> Event:
    """Social care has decided."""

    async def event(school: School, child: UUID) -> Any:
        id_ = await referral(school, child)
        body = {"outcome": code, "at": now(), "returned_by": "Duty desk"}
        answer = await step(school.lead, id_, "outcome", body)
        assert answer.status_code == 200, answer.text

    return event


def raised(*categories: str) -> Event:
    """A concern was raised."""

    async def event(school: School, child: UUID) -> Any:
        return await a_concern(school, child, categories=list(categories))

    return event


STARTS: dict[str, tuple[Event, str, date]] = {
    "strategy.discussion": (
        outcome("strategy_discussion"), "ask_strategy_discussion", date(2027, 1, 14)),
    "assessment.complete": (outcome("assessment_required"), "ask_assessment", date(2027, 3, 17)),
    "icpc.hold": (
        meeting("strategy_discussion", "enquiry_started"), "ask_initial_conference",
        date(2027, 2, 3)),
    "core_group.first": (
        meeting("initial_conference", "plan_made"), "ask_core_group", date(2027, 1, 27)),
    "core_group.next": (meeting("core_group"), "ask_core_group", date(2027, 2, 24)),
    "review_conference.first": (
        meeting("initial_conference", "plan_made"), "ask_review_conference", date(2027, 4, 13)),
    "review_conference.next": (
        meeting("review_conference", "plan_continues"), "ask_review_conference",
        date(2027, 7, 13)),
    "looked_after.review.first": (
        status("looked_after"), "ask_looked_after_review", date(2027, 2, 10)),
    "looked_after.review.second": (
        meeting("looked_after_review"), "ask_looked_after_review", date(2027, 4, 13)),
    "privfost.notify": (
        status("private_fostering", "2026-12-01"), "notify_private_fostering", date(2027, 1, 15)),
    "order.police_protection": (
        status("police_protection"), "police_protection", date(2027, 1, 16)),
    "order.emergency_protection": (
        status("emergency_protection_order"), "emergency_protection", date(2027, 1, 21)),
    "encompass.read": (raised("encompass_notification"), "read_encompass", date(2027, 1, 14)),
    "restraint.record": (raised("seclusion"), "record_force", date(2027, 1, 13)),
    "restraint.parent": (raised("reasonable_force"), "tell_parent_of_force", date(2027, 1, 13)),
    "register.delete.cme": (
        raised("children_missing_education"), "missing_education", date(2027, 2, 10)),
}  # fmt: skip
"""By rule: what starts it, the task it sets, and the day on which that is due."""
STOPS: list[tuple[str, Event, Event]] = [
    ("ask_strategy_discussion", outcome("strategy_discussion"), meeting("strategy_discussion")),
    ("ask_assessment", outcome("assessment_required"), outcome("section_17_services")),
    ("ask_initial_conference", meeting("strategy_discussion", "enquiry_started"),
     meeting("initial_conference", "no_plan")),
    ("ask_core_group", meeting("initial_conference", "plan_made"),
     meeting("review_conference", "plan_ended")),
    ("ask_review_conference", meeting("initial_conference", "plan_made"),
     ended("child_protection_plan", detail="NEG")),
    ("ask_looked_after_review", meeting("looked_after_review"), ended("looked_after")),
    ("police_protection", status("police_protection", "2027-01-12"), ended("police_protection")),
]  # fmt: skip


@pytest.mark.parametrize("rule", STARTS)
async def test_starts_and_is_due(world: World, school: School, rule: str) -> None:
    event, task, day = STARTS[rule]
    child = await school.child()
    assert task not in clocks(world, child)
    await event(school, child)
    assert clocks(world, child)[task] == rule
    assert due_days(world, child)[task] == day


@pytest.mark.parametrize(("task", "begins", "stops"), STOPS, ids=[task for task, _, _ in STOPS])
async def test_stops(world: World, school: School, task: str, begins: Event, stops: Event) -> None:
    child = await school.child()
    await begins(school, child)
    assert task in clocks(world, child)
    await stops(school, child)
    assert task not in clocks(world, child)


async def test_the_third_review_of_a_looked_after_child_is_half_a_year_later(
    world: World, school: School
) -> None:
    child = await school.child()
    for _ in range(2):
        await held(school, child, "looked_after_review", result="plan_continues")
    assert clocks(world, child) == {"ask_looked_after_review": "looked_after.review.next"}
    assert due_days(world, child)["ask_looked_after_review"] == date(2027, 7, 13)


async def test_the_schools_report_is_counted_back_from_the_conference(
    world: World, school: School
) -> None:
    child = await school.child()
    made = await a_meeting(
        school, kind="initial_conference", child_ids=[str(child)],
        starts_at="2027-01-27T10:00:00Z",
    )  # fmt: skip
    assert clocks(world, child) == {"conference_report": "conference.report"}
    assert due_days(world, child)["conference_report"] == date(2027, 1, 25)
    await taken(school.lead, made, "cancel", {"reason": "The chair is ill."})
    assert clocks(world, child) == {}


async def test_an_adjourned_conference_is_not_held_yet(world: World, school: School) -> None:
    child = await school.child()
    await held(school, child, "strategy_discussion", result="enquiry_started")
    await held(school, child, "initial_conference", result="adjourned")
    assert clocks(world, child) == {"ask_initial_conference": "icpc.hold"}


async def test_a_lead_who_triages_has_read_the_notice(world: World, school: School) -> None:
    child = await school.child()
    concern = await raised("encompass_notification")(school, child)
    read = await school.lead.get(f"/v1/concerns/{concern}")
    body = {
        "level": 2, "primary_category": "private_fostering", "confidentiality": "K3",
        "owner_id": str(school[Role.DSL].id), "reason": "We talked it through.",
        "due_at": "2027-01-20T10:00:00Z",
    }  # fmt: skip
    answer = await school.lead.post(
        f"/v1/concerns/{concern}/triage", body, version=read.headers["etag"].strip('"')
    )
    assert answer.status_code == 200, answer.text
    assert clocks(world, child) == {"notify_private_fostering": "privfost.notify"}


async def test_an_agencys_own_answer_starts_them(world: World, school: School) -> None:
    child, agency = await school.child(), await an_agency(school)
    body = await a_body(school, agency, child_id=str(child), concern_id=None, items=[])
    id_ = await a_sent(school, body)
    system = await a_key(world, school, agency)
    said = {"outcome": "strategy_discussion", "by": "Ann Hall", "reason": "We meet tomorrow."}
    answer = await system.post(f"/v1/agency/referrals/{id_}/outcome", said)
    assert answer.status_code in (200, 201), answer.text
    assert clocks(world, child) == {"ask_strategy_discussion": "strategy.discussion"}


def owed(world: World, concern: str) -> dict[str, tuple[UUID, str, date]]:
    """What is owed of a concern as a whole: by whom, by which rule and until which day."""
    rows = world.sql(
        "select kind, owner_id, due_rule, due_at from task where concern_id = %s "
        "and child_id is null and ended_at is null", concern,
    )  # fmt: skip
    return {
        kind: (owner, rule, SchoolCalendar().local(due_at).date())
        for kind, owner, rule, due_at in rows
    }


class TestOfAReport:
    """One clock for a report, whatever its children are; it is never set again."""

    async def test_is_owed_once_for_all_its_children(self, world: World, school: School) -> None:
        body = a_report(
            await school.child(), categories=["sexual_violence"],
            also_named=[{"name": "Ali in year nine"}],
        )  # fmt: skip
        body["children"].append({"child_id": str(await school.child("Robin", "Vale"))})
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        lead = school[Role.DSL].id
        assert owed(world, concern) == {
            "safety_measures": (lead, "safety_measures", date(2027, 1, 13)),
            "children_named": (lead, "task.do", date(2027, 1, 14)),
        }

    async def test_is_owed_for_a_child_of_whom_there_is_no_record(
        self, world: World, school: School
    ) -> None:
        body = a_report(await school.child(), categories=["sexual_violence"])
        body |= {"children": [], "unmatched_child": {"name": "Kit in year nine"}}
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 201, answer.text
        assert "safety_measures" in owed(world, answer.json()["id"])

    async def test_an_addition_starts_what_it_adds(self, world: World, school: School) -> None:
        child = await school.child()
        concern = (await school.staff.post("/v1/concerns", a_report(child))).json()["id"]
        body = {
            "kind": "addition", "text": "He was held down.", "reason": "I remember.",
            "categories": ["reasonable_force"],
        }  # fmt: skip
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        assert answer.status_code == 201, answer.text
        assert clocks(world, child).keys() == {"record_force", "tell_parent_of_force"}

    @pytest.mark.parametrize("ends", ["tell-reporter", "close", "complete"])
    async def test_its_reporter_is_told_what_came_of_it(
        self, world: World, school: School, ends: str
    ) -> None:
        child = await school.child()
        concern = (await school.staff.post("/v1/concerns", a_report(child))).json()["id"]
        assert "tell_reporter" not in owed(world, concern), "nothing is decided yet"
        await take(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        waits = {"tell_reporter": (school[Role.DSL].id, "concern.feedback", date(2027, 1, 15))}
        assert owed(world, concern) == waits
        await take(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        assert owed(world, concern) == waits, "it runs on"
        if ends == "complete":
            (task,) = (await school.lead.get("/v1/tasks?kind=tell_reporter")).json()["items"]
            whole = await school.lead.get(f"/v1/tasks/{task['id']}")
            answer = await school.lead.post(
                f"/v1/tasks/{task['id']}/complete", {"note": "In the staff room."},
                version=whole.headers["etag"].strip('"'),
            )  # fmt: skip
            assert answer.status_code == 200, answer.text
        else:
            body = {"outcome": "no_further_action", "reason": "It is settled."}
            said = {"text": "We have spoken with her."}
            await take(school.lead, concern, ends, body if ends == "close" else said)
        assert owed(world, concern) == {}

    async def test_nobody_is_told_what_they_decided_or_were_told(
        self, world: World, school: School
    ) -> None:
        own = (await school.lead.post("/v1/concerns", a_report(await school.child()))).json()["id"]
        await take(school.lead, own, "triage", a_triage(school[Role.DSL].id))
        theirs = (await school.staff.post("/v1/concerns", a_report(await school.child()))).json()[
            "id"
        ]
        said = a_triage(school[Role.DSL].id) | {"tell_reporter": "We have spoken with her."}
        await take(school.lead, theirs, "triage", said)
        assert owed(world, own) == owed(world, theirs) == {}


class TestByNation:
    async def test_an_assessment_in_wales_has_42_working_days(
        self, world: World, school: School
    ) -> None:
        nation(world, school, "wales")
        child = await school.child()
        await outcome("assessment_required")(school, child)
        assert due_days(world, child)["ask_assessment"] == date(2027, 3, 12)
        [(version,)] = world.sql(
            "select d.rule_version from deadline d join task t on t.id = d.thing_id "
            "where t.child_id = %s and d.ended_at is null", child,
        )  # fmt: skip
        assert version == "2026-11-wales"

    @pytest.mark.parametrize(("name", "count"), [("england", 2), ("wales", 0), ("scotland", 0)])
    async def test_the_rules_about_force_are_englands(
        self, world: World, school: School, name: str, count: int
    ) -> None:
        nation(world, school, name)
        child = await school.child()
        await raised("seclusion")(school, child)
        assert len(clocks(world, child)) == count

    @pytest.mark.parametrize(("name", "running"), [("wales", True), ("northern_ireland", False)])
    async def test_conferences_have_clocks_in_england_and_wales(
        self, world: World, school: School, name: str, running: bool
    ) -> None:
        nation(world, school, name)
        child = await school.child()
        await held(school, child, "initial_conference", result="plan_made")
        assert ("ask_core_group" in clocks(world, child)) is running

    @pytest.mark.parametrize(
        ("name", "day"), [("england", date(2027, 1, 18)), ("wales", date(2027, 1, 22))]
    )
    async def test_social_care_that_is_silent_is_asked_again(
        self, world: World, school: School, name: str, day: date
    ) -> None:
        nation(world, school, name)
        body = await a_body(
            school, await an_agency(school), kind="childrens_social_care", urgency="emergency",
            fields={},
        )  # fmt: skip
        id_ = await a_draft(school, body)
        await step(school.lead, id_, "send", {"route": "phoned", "at": now(), "to": "x"})
        head = school.api(Role.HEADTEACHER)
        await step(head, id_, "approve", {"reason": "She was in danger."})
        asked = {"whom": "Duty desk", "route": "phoned", "at": now(), "said": "Tomorrow."}
        answer = await step(school.lead, id_, "chase", asked)
        found = answer.json()
        assert found["due_rule"] == "csc.followup", answer.text
        due = datetime.fromisoformat(found["due_at"])
        assert SchoolCalendar().local(due).date() == day

    async def test_no_welsh_school_takes_longer_to_write_a_report(
        self, world: World, school: School
    ) -> None:
        limits = {"limits": {"csc.written_confirm": {"calendar": "working_day", "days": 2}}}
        path = f"/v1/schools/{school.id}/calendar"
        nation(world, school, "wales")
        answer = await school.lead.patch(path, limits, version=0)
        assert answer.json()["errors"][0]["code"] == "limit_fixed", answer.text
        nation(world, school, "england")
        answer = await school.lead.patch(path, limits, version=0)
        assert answer.status_code == 200, answer.text


class TestTable:
    def test_names_rules_of_the_book_and_each_clock_is_tried(self) -> None:
        assert {one.rule for one in MILESTONES} <= rule_book().keys()
        tried = {*STARTS, "looked_after.review.next", "conference.report"}
        tried |= {"fgm.police", "safety_measures", "task.do", "concern.feedback"}
        tried |= {"missing.look_again", "missing.return_conversation"}  # test_missing_episodes
        assert tried == {one.rule for one in MILESTONES}

    def test_every_event_is_named_where_it_happens(self) -> None:
        """An event is an own string there, or made of a kind or code that vocabularies know."""
        made = (
            "meeting.", "status.", "status_ended.", "referral.", "sent.", "category.", "follows.",
        )  # fmt: skip
        whole = {one for one in EVENTS if not one.startswith(made)}
        table = Path(app.__file__).parent / "domain" / "duty" / "milestones" / "rules.py"
        named = {
            node.value
            for path in (Path(app.__file__).parent / "domain").rglob("*.py")
            if path != table
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert whole - {TRIAGED} <= named

    def test_a_task_is_about_one_sort_of_thing(self) -> None:
        for task in TASKS:
            assert len({one.of for one in MILESTONES if one.task == task}) == 1

    def test_a_group_stands_for_its_codes(self) -> None:
        assert of_categories(["seclusion"]) == {"category.restrictive_intervention"}
        assert of_categories(["neglect"]) == frozenset()

    def test_a_triage_starts_what_it_adds_alone(self) -> None:
        assert of_triage(["seclusion"], ["seclusion"]) == frozenset()
        assert of_triage(["encompass_notification"], ["neglect"]) == {TRIAGED}
        assert of_triage(["neglect"], ["encompass_notification"]) == frozenset()
