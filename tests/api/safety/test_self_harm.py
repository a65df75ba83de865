"""The pathway after self-harm or words about dying: told, stepped through, and never lost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concerns import ROUTINE, a_body, a_triage, raise_one, step
from tests.inconsistency import find_inconsistent
from tests.jobs.climbing import MONDAY, fresh
from tests.world import Api, School, World

LEADS = (Role.DSL, Role.DEPUTY_DSL)
SAID = "She said that she does not want to be here any more."


def a_report(*children: UUID, kind: str = "thoughts_of_suicide", **fields: Any) -> dict[str, Any]:
    """The least that anybody has to send: a child, what was told, and one sentence."""
    told = {"kind": kind} | fields.pop("told", {})
    return {
        "children": [{"child_id": str(child)} for child in children],
        "account": [{"text": SAID}],
        "self_harm": told,
    } | fields


async def told(api: Api, *children: UUID, **fields: Any) -> dict[str, Any]:
    """The receipt of a report."""
    answer = await api.post("/v1/concerns", a_report(*children, **fields))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def opened(api: Api, concern: str) -> dict[str, Any]:
    """A concern as somebody sees it."""
    answer = await api.get(f"/v1/concerns/{concern}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def tasks(world: World, concern: str, *, is_open: bool = True) -> dict[str, Any]:
    """The open tasks of a concern by kind: when each is due."""
    state = "=" if is_open else "<>"
    rows = world.sql(
        f"select kind, due_at from task where concern_id = %s and state {state} 'open'",  # noqa: S608
        concern,
    )
    return dict(rows)


def state_of(world: World, concern: str) -> str:
    """Where the pathway of a concern stands."""
    ((state,),) = world.sql("select state from self_harm where id = %s", concern)
    return str(state)


async def whole(world: World, school: School) -> bool:
    """Whether everything open of the school has its owner and clock."""
    async with world.work(school.id) as work:
        return not await find_inconsistent(await work.driver(), school.id)


def at(text: str) -> datetime:
    """A UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lead(world: World, school: School) -> Api:
    """The lead, just signed in."""
    return fresh(world, school[Role.DSL])


def staff(world: World, school: School) -> Api:
    """A teacher, just signed in."""
    return fresh(world, school[Role.STAFF])


async def taken(api: Api, concern: str, verb: str, body: Any) -> dict[str, Any]:
    """A step that was taken at the present version."""
    answer: httpx.Response = await step(api, concern, verb, body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestRaiseConcern:
    async def test_takes_a_child_and_one_sentence(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            receipt = await told(staff(world, school), await school.child())
            record = await opened(lead(world, school), receipt["id"])
        block = record["self_harm"]
        assert (block["kind"], block["kind_told"], block["state"]) == (
            "thoughts_of_suicide", "thoughts_of_suicide", "noticed",
        )  # fmt: skip
        assert record["account"][0]["kind"] == "not_said"
        assert record["occurred_precision"] == "about"
        assert [one["step"] for one in block["steps"]] == ["noticed"]
        assert set(tasks(world, receipt["id"])) == {
            "sh_stay", "sh_check", "sh_parents", "sh_leaving",
        }  # fmt: skip
        assert await whole(world, school)

    async def test_keeps_every_answer_as_it_was_told(self, school: School) -> None:
        answers = {
            "own_words": {"value": "I wanted it to stop."},
            "means_group": {"none": "not_asked"},
            "place": {"value": "home"},
            "medical": {"value": ["first_aid", "nurse"]},
            "first_aid_by": "Ms Roe",
            "with_now": "Mr Bell",
            "aware": [{"role": "friend", "name": "A friend", "note": None}],
            "online": {"value": ["saw"]},
            "led_up_to": {"none": "not_known"},
            "told_before": {"value": [{"whom": "Her form tutor", "when": None}]},
            "immediacy_reason": "She has a plan for tonight.",
        }
        receipt = await told(school.staff, await school.child(), told=answers)
        block = (await opened(school.lead, receipt["id"]))["self_harm"]
        for name, value in answers.items():
            empty: dict[str, Any] = {"value": None, "none": None}
            whole = {**empty, **value} if isinstance(value, dict) else value
            assert block["told"][name] == whole
        assert block["state"] == "with_adult"

    async def test_refuses_an_answer_that_says_both(self, school: School) -> None:
        both = {"place": {"value": "home", "none": "declined"}}
        answer = await school.staff.post("/v1/concerns", a_report(await school.child(), told=both))
        assert answer.status_code == 422

    @pytest.mark.parametrize("name", ["risk_level", "risk_score", "severity", "likelihood"])
    async def test_t01_refuses_a_level_of_any_kind_as_an_unknown_field(
        self, school: School, name: str
    ) -> None:
        child = await school.child()
        for body in (a_report(child, **{name: "high"}), a_report(child, told={name: "high"})):
            answer = await school.staff.post("/v1/concerns", body)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == "extra_forbidden"

    async def test_t02_alerts_in_the_commit_and_mails_at_once(
        self, world: World, school: School
    ) -> None:
        body = a_report(await school.child(), immediacy="immediate_danger")
        told_at = clock.now()
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 201
        receipt = answer.json()
        alerts = world.sql(
            "select recipient_id, urgent from alert where concern_id = %s", receipt["id"]
        )
        assert {one for one, _ in alerts} == {school[role].id for role in LEADS}
        assert all(urgent for _, urgent in alerts)
        jobs = world.sql(
            "select queue_name, priority, task_name from procrastinate_jobs "
            "where args->>'concern_id' = %s", receipt["id"],
        )  # fmt: skip
        assert jobs == [("alerts", 100, "alert.send")]
        assert clock.now() - told_at < timedelta(seconds=5)

    @pytest.mark.parametrize(
        ("kind", "sent", "kept"),
        [
            ("thoughts_of_suicide", "routine", "today"),
            ("plan_or_preparation", "routine", "today"),
            ("suicide_attempt", "routine", "immediate_danger"),
            ("suicide_attempt", "immediate_danger", "immediate_danger"),
            ("self_harm", "routine", "today"),
        ],
    )
    async def test_takes_words_about_dying_for_today_at_the_latest(
        self, school: School, kind: str, sent: str, kept: str
    ) -> None:
        receipt = await told(school.staff, await school.child(), kind=kind, immediacy=sent)
        record = await opened(school.lead, receipt["id"])
        assert record["immediacy"] == kept
        assert record["self_harm"]["immediacy_told"] == sent

    @pytest.mark.parametrize(
        ("medical", "sent", "kept"),
        [
            (None, "routine", "immediate_danger"),
            (["first_aid", "refused"], "today", "immediate_danger"),
            (["ambulance"], "routine", "today"),
            (["nurse", "emergency_dept"], "today", "today"),
            (["ambulance"], "immediate_danger", "immediate_danger"),
        ],
    )
    async def test_takes_something_swallowed_for_danger_until_medical_help_is_there(
        self, school: School, medical: list[str] | None, sent: str, kept: str
    ) -> None:
        said: dict[str, Any] = {"means_group": {"value": "swallowed"}}
        said |= {} if medical is None else {"medical": {"value": medical}}
        child = await school.child()
        receipt = await told(school.staff, child, kind="self_harm", told=said, immediacy=sent)
        record = await opened(school.lead, receipt["id"])
        assert (record["immediacy"], record["self_harm"]["immediacy_told"]) == (kept, sent)

    async def test_says_first_what_to_do_first(self, school: School) -> None:
        receipt = await told(school.staff, await school.child())
        guidance = receipt["guidance"]
        assert guidance["first"][0].startswith("Stay with them")
        assert "999" in guidance["first"][1]
        assert guidance["review"] == "draft vocabulary, not yet clinically reviewed"
        assert receipt["ask_next"][-1]["code"] == "told_already"
        plain = await raise_one(school.staff, await school.child())
        assert not any(one.startswith("Stay with") for one in plain["guidance"]["first"])

    async def test_says_what_to_do_where_something_cannot_be_done(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        with clock.frozen(MONDAY):
            receipt = await told(staff(world, school), child, alleged_source_of_harm="parent_carer")
            record = await opened(lead(world, school), receipt["id"])
        said = " ".join(record["self_harm"]["next"])
        for words in (
            "If the pupil cannot be found, call the police: 999.",
            "try everybody who may be told, in their order, then ask children's social care. Never",
            "ask for the emergency duty team", "If nobody can take the pupil home",
            "If an adult insists on taking them",
        ):  # fmt: skip
            assert words in said
        assert "If nobody answers" not in said
        await taken(school.lead, receipt["id"], "emergency", {"went_with": "Mr Bell"})
        record = await opened(school.lead, receipt["id"])
        after = record["self_harm"]["next"]
        assert "If the pupil cannot be found, call the police: 999." in after
        assert sum("If nobody answers" in one for one in after) == 1
        assert not any("take the pupil home" in one for one in after)

    async def test_t20_reads_no_words(self, world: World, school: School) -> None:
        child = await school.child()
        body = a_body(child, **ROUTINE)
        body["account"] = [{"kind": "observed", "text": "He killed it in maths, so skilled."}]
        answer = await school.staff.post("/v1/concerns", body)
        record = await opened(school.lead, answer.json()["id"])
        assert (record["immediacy"], record["self_harm"]) == ("routine", None)
        assert tasks(world, record["id"]) == {}

    async def test_asks_for_social_care_where_home_may_be_the_danger(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        receipt = await told(school.staff, child, alleged_source_of_harm="parent_carer")
        assert "sh_social_care" in tasks(world, receipt["id"])

    async def test_on_a_saturday_owes_contact_within_two_days(
        self, world: World, school: School
    ) -> None:
        saturday = at("2026-11-28T15:00:00")
        with clock.frozen(saturday):
            receipt = await told(staff(world, school), await school.child())
        owed = tasks(world, receipt["id"])
        assert owed["sh_contact_48"] == saturday + timedelta(hours=48)
        assert "sh_leaving" not in owed

    async def test_t05_on_a_saturday_without_a_rota_is_kept_and_honest(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(at("2026-11-28T15:00:00")):
            answer = await staff(world, school).post(
                "/v1/concerns", a_report(await school.child(), immediacy="immediate_danger")
            )
        assert answer.status_code == 201
        watch = answer.json()["lead_availability"]
        assert watch["available"] is False
        assert "999" in watch["advice"]
        alerts = world.sql(
            "select recipient_id, urgent from alert where concern_id = %s", answer.json()["id"]
        )
        assert set(alerts) >= {(school[role].id, True) for role in LEADS}
        assert "They may not be read before" in answer.json()["guidance"]["after"]

    async def test_t29_takes_any_word_inside_what_somebody_said(self, school: School) -> None:
        said = "He told me: \u201cEverybody says I only do it for attention-seeking.\u201d"
        body = a_report(await school.child(), account=[{"text": said}])
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 201, answer.text
        record = await opened(school.lead, answer.json()["id"])
        assert record["account"][0]["text"] == said


class TestNobodyWithThem:
    async def test_asks_anew_where_the_adult_had_to_go(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            said = {"with_now": "Mr Bell"}
            concern = (await told(staff(world, school), await school.child(), told=said))["id"]
            assert "sh_stay" not in tasks(world, concern)
            path = f"/v1/concerns/{concern}/with-adult"
            gone = await staff(world, school).post(path, {"nobody": True, "note": "Called away."})
            assert gone.status_code == 201, gone.text
            assert gone.json()["first"][0].startswith("Stay with them")
            assert (state_of(world, concern), "sh_stay" in tasks(world, concern)) == (
                "noticed", True,
            )  # fmt: skip
            shown = (await opened(lead(world, school), concern))["self_harm"]["steps"][-1]
            assert (shown["step"], shown["details"]) == (
                "without_adult", {"nobody": True, "note": "Called away."},
            )  # fmt: skip
            for wrong in ({}, {"nobody": False}, {"nobody": True, "name": "Mr Bell"}):
                assert (await staff(world, school).post(path, wrong)).status_code == 422
        assert await whole(world, school)


class TestUnmatchedChild:
    async def test_t03_a_report_about_an_unknown_id_is_kept_and_a_lead_told(
        self, world: World, school: School
    ) -> None:
        unknown = new_id()
        receipt = await told(school.staff, unknown)
        record = await opened(school.lead, receipt["id"])
        assert record["children"] == []
        assert record["unmatched_child"]["unknown"] == [
            {"child_id": str(unknown), "role": "subject"}
        ]
        assert "child_unmatched" in tasks(world, receipt["id"])
        told_of = world.sql(
            "select kind from alert where recipient_id = %s and concern_id = %s order by kind",
            school[Role.DSL].id, receipt["id"],
        )  # fmt: skip
        assert told_of == [("concern_raised",), ("task_set",)]
        assert await whole(world, school)

    async def test_an_unknown_id_of_a_routine_report_is_asked_for_again(
        self, school: School
    ) -> None:
        answer = await school.staff.post("/v1/concerns", a_body(new_id(), immediacy="routine"))
        assert (answer.status_code, answer.json()["code"]) == (422, "child_unknown")

    async def test_tells_nothing_of_a_child_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        receipt = await told(school.staff, await other_school.child("Robin", "Vale"))
        record = await opened(school.lead, receipt["id"])
        assert record["children"] == []
        assert "Robin" not in str(record)

    async def test_a_child_described_in_words_is_matched_by_a_lead(
        self, world: World, school: School
    ) -> None:
        who = {"name": "Sam, I think", "year_group": "8", "description": "Red coat."}
        mark = {"view": "front", "x": 0.4, "y": 0.3, "region": "nose_m"}
        receipt = await told(school.staff, unmatched_child=who, body_map=[mark])
        concern = receipt["id"]
        record = await opened(school.lead, concern)
        assert record["unmatched_child"]["description"] == "Red coat."
        assert len(record["unmatched_child"]["marks"]) == 1
        seen = (await school.lead.get("/v1/concerns")).json()["items"]
        assert concern in [one["id"] for one in seen]
        child = await school.child()
        comment = {"text": "It must be Sam of 8B."}
        assert (
            await school.lead.post(f"/v1/concerns/{concern}/comments", comment)
        ).status_code == 201
        body = {"children": [{"child_id": str(child)}]}
        await taken(school.lead, concern, "match", body)
        record = await opened(school.lead, concern)
        assert [one["id"] for one in record["children"]] == [str(child)]
        assert record["body_map"][0]["child_id"] == str(child)
        assert record["unmatched_child"]["marks"] == []
        assert record["unmatched_child"]["matched_by"]["id"] == str(school[Role.DSL].id)
        entries = (await school.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert sorted(one["kind"] for one in entries) == ["comment", "concern"]
        assert "child_unmatched" not in tasks(world, concern)
        about = world.sql("select distinct child_id from task where concern_id = %s"
                          " and state = 'open'", concern)  # fmt: skip
        assert about == [(child,)]
        listed = world.sql("select child_id from support_list_entry where source_id = %s", concern)
        assert listed == [(child,)]
        again = await step(school.lead, concern, "match", body)
        assert (again.status_code, again.json()["code"]) == (409, "nothing_to_match")
        assert await whole(world, school)

    async def test_matching_takes_the_work_from_whoever_is_related(
        self, world: World, school: School
    ) -> None:
        receipt = await told(school.staff, unmatched_child={"name": "Sam"})
        child = await school.child()
        said = {"child_id": str(child), "reason": "My niece."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        refused = await step(
            school.lead, receipt["id"], "match", {"children": [{"child_id": str(child)}]}
        )
        assert refused.status_code == 403
        deputy = school.api(Role.DEPUTY_DSL)
        await taken(deputy, receipt["id"], "match", {"children": [{"child_id": str(child)}]})
        owners = world.sql(
            "select distinct owner_id from task where concern_id = %s and state = 'open'",
            receipt["id"],
        )
        assert owners == [(school[Role.DEPUTY_DSL].id,)]
        assert (await school.lead.get(f"/v1/concerns/{receipt['id']}")).status_code == 404
        assert await whole(world, school)

    async def test_opening_leaves_a_trace_without_a_child(
        self, world: World, school: School
    ) -> None:
        receipt = await told(school.staff, unmatched_child={})
        await opened(school.lead, receipt["id"])
        rows = world.sql(
            "select child_id from trail where noun_id = %s and verb = 'concern.opened'",
            receipt["id"],
        )
        assert rows == [(None,)]

    async def test_stays_open_until_somebody_knows_who_it_is(self, school: School) -> None:
        receipt = await raise_one(school.staff, unmatched_child={"name": "Sam"})
        body = a_triage(school[Role.DSL].id)
        await taken(school.lead, receipt["id"], "triage", body)
        said = {"outcome": "explained", "reason": "It was nothing."}
        answer = await step(school.lead, receipt["id"], "close", said)
        assert (answer.status_code, answer.json()["code"]) == (409, "tasks_open")
