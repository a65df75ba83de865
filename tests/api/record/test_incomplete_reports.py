"""Urgent reports that could not be taken: nothing missing delays telling a lead."""

from typing import Any
from unittest.mock import patch
from uuid import UUID

import orjson
import pytest

from app.api import incomplete_reports
from app.api.limits import Limits
from app.core import clock
from app.core.ids import new_id
from app.core.limits import Policy
from app.core.words import Role
from app.db.session import Database
from app.domain.abuse import MINUTE
from app.domain.errors import TooManyRequests
from app.domain.record.incomplete_reports import rules
from tests.api.duty.test_calendars import change
from tests.api.record.test_concerns import a_body, a_triage, step
from tests.inconsistency import find_inconsistent
from tests.jobs.climbing import MONDAY, after, fresh, tick
from tests.rosters import confirmed
from tests.world import Api, School, World

WORDS = "Zyxglorp says goodbye to everyone"
KEPT = "Your words are saved as an incomplete report"


def half(**fields: Any) -> dict[str, Any]:
    """A body with its words and no child."""
    account = [{"kind": "observed", "text": WORDS}]
    return {"account": account, "immediacy": "immediate_danger"} | fields


def tasks(world: World, school: School) -> list[Any]:
    """The tasks that were set for incomplete reports."""
    return world.sql(
        "select owner_id, state, urgent, due_rule, about_id from task"
        " where school_id = %s and kind = 'incomplete_report' order by set_at",
        school.id,
    )


async def incomplete_report_of(school: School, body: Any) -> dict[str, Any]:
    """What a refused report answers, once it says that it is kept."""
    answer = await school.staff.post("/v1/concerns", body)
    assert answer.status_code == 422, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["saved_as"], problem
    assert problem["kept"] is True
    assert problem["call"] == problem["lead_availability"]["call"]
    return problem


class TestKept:
    @pytest.mark.parametrize(
        ("fields", "needed"),
        [
            ({"occurred_at": "2190-01-01T10:00:00Z"}, "when it was"),
            ({"categories": ["nonsense"]}, "what it is about"),
        ],
    )
    async def test_names_what_is_still_needed(
        self, school: School, fields: dict[str, Any], needed: str
    ) -> None:
        body = a_body(await school.child(), **half(**fields))
        problem = await incomplete_report_of(school, body)
        assert problem["detail"].startswith(
            f"{KEPT}, and the lead has been told. We still need: {needed}."
        )

    async def test_says_what_to_do_if_nothing_else_is_needed(self, school: School) -> None:
        body = a_body(await school.child(), **half(colour="red"))
        problem = await incomplete_report_of(school, body)
        assert "told. Please check your other answers." in problem["detail"]
        bad_key = {"Idempotency-Key": "k" * 300}
        refused = await school.staff.post("/v1/concerns", a_body(), headers=bad_key)
        assert "The Idempotency-Key must be 1 to 255" in refused.json()["detail"]

    async def test_tells_the_lead_at_once_and_says_so(self, world: World, school: School) -> None:
        problem = await incomplete_report_of(school, half())
        assert (problem["code"], problem["lead_told"]) == ("validation_failed", True)
        assert problem["detail"].startswith(f"{KEPT}, and the lead has been told.")
        assert "who it is about" in problem["detail"]
        assert WORDS not in str(problem)
        assert {one["number"] for one in problem["lead_availability"]["call"]} >= {
            "999",
            "111",
            "116 123",
        }
        lead = school[Role.DSL].id
        ((owner, state, urgent, rule, about),) = tasks(world, school)
        assert (owner, state, urgent, rule) == (lead, "open", True, "sh.incomplete.now")
        assert str(about) == problem["saved_as"]
        told = world.sql("select kind, urgent from alert where recipient_id = %s", lead)
        assert told == [("task_set", True)]

    @pytest.mark.parametrize(
        "said",
        [
            {"self_harm": {"kind": "worry_without_words", "means_group": {"value": "swallowed"}}},
            {"self_harm": {"kind": "self_harm_now", "means_group": "swallowed", "medical": 5}},
            {"categories": ["missing_from_home_or_care"]},
            {"categories": ["sexual_abuse"], "alleged_source_of_harm": "parent_carer"},
        ],
        ids=["swallowed", "mistyped", "missing", "at_home"],
    )
    async def test_rings_as_it_would_if_it_were_raised(
        self, world: World, school: School, said: dict[str, Any]
    ) -> None:
        body = half(immediacy="routine", risk_level="high") | said
        problem = await incomplete_report_of(school, body)
        assert problem["lead_told"]
        ((_, _, urgent, rule, _),) = tasks(world, school)
        assert (urgent, rule) == (True, "sh.incomplete.now")

    @pytest.mark.parametrize(
        "said",
        [
            {"immediacy": "today"},
            {"categories": ["private_fostering"]},
            {
                "self_harm": {
                    "kind": "self_harm",
                    "means_group": {"value": "swallowed"},
                    "medical": {"value": ["ambulance"]},
                }
            },
        ],
        ids=["said", "category", "medical_help"],
    )
    async def test_waits_for_no_digest(
        self, world: World, school: School, said: dict[str, Any]
    ) -> None:
        body = half(immediacy="routine", risk_level="high") | said
        problem = await incomplete_report_of(school, body)
        ((_, _, urgent, rule, _),) = tasks(world, school)
        assert (urgent, rule, problem["lead_told"]) == (False, "sh.incomplete.today", True)
        told = world.sql("select mail from alert where recipient_id = %s", school[Role.DSL].id)
        assert told == [("at_once",)]

    @pytest.mark.parametrize(
        "body",
        [
            half(immediacy="today"),
            half(immediacy="Immediate danger"),
            {"self_harm": {"kind": 5}, "children": 7},
            half(children=[{"child_id": str(new_id())}], immediacy="today"),
            half(children="Sam in 8B"),
            half(account=[{"kind": "observed", "text": "x" * 70_000}]),
            half(risk_level="high"),
            half(account=[{"kind": "observed", "text": "a\x00b"}]),
        ],
        ids=["today", "mistyped", "block", "unknown_child", "json", "long", "field", "text"],
    )
    async def test_keeps_it_whatever_the_reason(
        self, world: World, school: School, body: Any
    ) -> None:
        problem = await incomplete_report_of(school, body)
        assert problem["lead_told"]
        assert len(tasks(world, school)) == 1
        opened = await school.lead.get(f"/v1/incomplete-reports/{problem['saved_as']}")
        assert opened.status_code == 200

    async def test_keeps_it_when_the_idempotency_key_is_the_reason(
        self, world: World, school: School
    ) -> None:
        body = a_body(await school.child(), immediacy="immediate_danger")
        for key in ("", "one"):
            first = await school.staff.post("/v1/concerns", body, key=key)
            assert first.status_code == (422 if key == "" else 201)
        reused = await school.staff.post("/v1/concerns", body | {"place": "Hall"}, key="one")
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
        assert reused.json()["lead_told"]
        assert len(tasks(world, school)) == 2

    async def test_leaves_what_can_wait(self, world: World, school: School) -> None:
        answer = await school.staff.post("/v1/concerns", half(immediacy="routine"))
        assert answer.status_code == 422
        assert "saved_as" not in answer.json()
        assert tasks(world, school) == []

    async def test_is_for_everybody_at_the_school(self, world: World, school: School) -> None:
        answer = await school.api(Role.GOVERNOR).post("/v1/concerns", half())
        assert (answer.status_code, answer.json()["kept"]) == (403, True)
        assert len(tasks(world, school)) == 1

    async def test_folds_the_same_sent_again(self, world: World, school: School) -> None:
        first, again = (
            await incomplete_report_of(school, half()),
            await incomplete_report_of(school, half()),
        )
        assert first["saved_as"] == again["saved_as"]
        assert len(tasks(world, school)) == 1
        (row,) = (await school.lead.get("/v1/incomplete-reports")).json()["items"]
        assert row["times"] == 2

    async def test_comes_anew_after_a_while(self, world: World, school: School) -> None:
        first = await incomplete_report_of(school, half())
        with after(minutes=11):
            answer = await fresh(world, school[Role.STAFF]).post("/v1/concerns", half())
        assert answer.json()["saved_as"] != first["saved_as"]
        assert len(tasks(world, school)) == 2

    async def test_sending_again_and_again_puts_off_nothing(
        self, world: World, school: School
    ) -> None:
        first = await incomplete_report_of(school, half())
        for minutes, same in ((6, True), (11, False)):
            with after(minutes=minutes):
                answer = await fresh(world, school[Role.STAFF]).post("/v1/concerns", half())
            assert (answer.json()["saved_as"] == first["saved_as"]) is same
        assert len(tasks(world, school)) == 2

    async def test_tells_again_where_nothing_says_whom_it_is_about(
        self, world: World, school: School
    ) -> None:
        body = {"immediacy": "immediate_danger", "account": [], "children": []}
        first, again = (
            await incomplete_report_of(school, body),
            await incomplete_report_of(school, body),
        )
        assert first["saved_as"] != again["saved_as"]
        told = world.sql("select kind from alert where recipient_id = %s", school[Role.DSL].id)
        assert told == [("task_set",), ("task_set",)]

    async def test_climbs_until_somebody_sees_to_it(self, world: World, school: School) -> None:
        await incomplete_report_of(school, half())
        for minutes in (10, 15, 25):
            with after(minutes=minutes):
                await tick(world, school)
        told = world.sql(
            "select distinct recipient_id from alert where school_id = %s and kind = 'overdue'",
            school.id,
        )
        assert {one for (one,) in told} >= {
            school[Role.DSL].id, school[Role.DEPUTY_DSL].id, school[Role.HEADTEACHER].id,
        }  # fmt: skip

    async def test_goes_round_whom_it_names(self, world: World, school: School) -> None:
        lead = school[Role.DSL]
        problem = await incomplete_report_of(school, half(staff_named=[str(lead.id)]))
        ((owner, *_),) = tasks(world, school)
        assert owner == school[Role.DEPUTY_DSL].id
        path = f"/v1/incomplete-reports/{problem['saved_as']}"
        assert (await school.lead.get(path)).status_code == 404
        assert (await school.lead.get("/v1/incomplete-reports")).json()["items"] == []
        assert (await school.api(Role.DEPUTY_DSL).get(path)).status_code == 200

    async def test_goes_round_who_is_close_to_the_child(self, world: World, school: School) -> None:
        child = await school.child()
        said = {"child_id": str(child), "reason": "My niece."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        problem = await incomplete_report_of(
            school, half(children=[{"child_id": str(child)}], mood="low")
        )
        ((owner, *_),) = tasks(world, school)
        assert owner == school[Role.DEPUTY_DSL].id
        path = f"/v1/incomplete-reports/{problem['saved_as']}"
        assert (await school.lead.get(path)).status_code == 404

    async def test_does_not_claim_a_lead_where_there_is_none(self, world: World) -> None:
        alone = await world.a_school([Role.STAFF])
        problem = await incomplete_report_of(alone, half())
        assert problem["lead_told"] is False
        assert "no lead could be told" in problem["detail"]
        assert "999" in problem["detail"]

    async def test_puts_no_words_into_logs_alerts_or_the_trail(
        self, world: World, school: School
    ) -> None:
        await incomplete_report_of(school, half())
        rows = world.sql("select details::text from trail where school_id = %s", school.id)
        assert not any("Zyxglorp" in text for (text,) in rows)
        jobs = world.sql("select args::text from procrastinate_jobs")
        assert not any("Zyxglorp" in text for (text,) in jobs)

    @pytest.mark.parametrize(("hour", "available"), [(10, True), (22, False)])
    async def test_never_promises_that_somebody_looks(
        self, school: School, hour: int, available: bool
    ) -> None:
        with clock.frozen(MONDAY.replace(hour=hour)):
            answer = await fresh(school.world, school[Role.STAFF]).post("/v1/concerns", half())
        problem = answer.json()
        assert problem["lead_availability"]["available"] is available
        assert ("No safeguarding lead is reading reports" in problem["detail"]) is not available


class TestSeenTo:
    async def test_shows_leads_every_word(self, school: School) -> None:
        problem = await incomplete_report_of(school, half(children=[{"name": "Sam"}]))
        path = f"/v1/incomplete-reports/{problem['saved_as']}"
        found = (await school.lead.get(path)).json()
        assert {"pointer": "/account/0/text", "text": WORDS} in found["texts"]
        assert found["reporter"]["id"] == str(school[Role.STAFF].id)
        for role in (Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN):
            assert (await school.api(role).get(path)).status_code == 403

    async def test_ends_when_the_reporter_completes_it(self, world: World, school: School) -> None:
        problem = await incomplete_report_of(school, half())
        body = a_body(await school.child(), completes=problem["saved_as"])
        raised = await school.staff.post("/v1/concerns", body | {"immediacy": "immediate_danger"})
        assert raised.status_code == 201
        ((_, state, *_),) = tasks(world, school)
        assert state == "done"
        found = await school.lead.get(f"/v1/incomplete-reports/{problem['saved_as']}")
        assert found.json()["concern_id"] == raised.json()["id"]

    @pytest.mark.parametrize(
        ("said", "told", "state"),
        [
            ("immediate_danger", "today", "open"), ("immediate_danger", "immediate_danger", "done"),
            ("today", "routine", "open"), ("today", "today", "done"),
            ("today", "immediate_danger", "done"),
        ],
    )  # fmt: skip
    async def test_stays_with_the_lead_where_the_concern_is_less_urgent(
        self, world: World, school: School, said: str, told: str, state: str
    ) -> None:
        problem = await incomplete_report_of(school, half(immediacy=said))
        known = {"immediacy": told, "categories": ["bullying"]}
        body = a_body(await school.child(), completes=problem["saved_as"], **known)
        raised = await school.staff.post("/v1/concerns", body)
        assert raised.status_code == 201
        assert [one for _, one, *_ in tasks(world, school)] == [state]
        found = await school.lead.get(f"/v1/incomplete-reports/{problem['saved_as']}")
        assert found.json()["concern_id"] == raised.json()["id"]
        assert found.json()["state"] == ("open" if state == "open" else "resolved")

    async def test_stays_with_the_lead_where_a_child_is_missing(
        self, world: World, school: School
    ) -> None:
        one, other = await school.child(), await school.child("Robin", "Vale")
        named = [{"child_id": str(child)} for child in (one, other)]
        first = await incomplete_report_of(school, half(children=named, risk_level="high"))
        body = a_body(one, completes=first["saved_as"], immediacy="immediate_danger")
        assert (await school.staff.post("/v1/concerns", body)).status_code == 201
        assert [state for _, state, *_ in tasks(world, school)] == ["open"]
        body["children"] = named
        raised = await school.staff.post("/v1/concerns", body)
        assert raised.status_code == 201, raised.text
        assert [state for _, state, *_ in tasks(world, school)] == ["done"]
        found = await school.lead.get(f"/v1/incomplete-reports/{first['saved_as']}")
        assert found.json()["concern_id"] == raised.json()["id"]

    async def test_is_not_ended_by_somebody_else_nor_refuses_their_concern(
        self, world: World, school: School
    ) -> None:
        problem = await incomplete_report_of(school, half())
        pastoral = school.api(Role.PASTORAL)
        for draft in (problem["saved_as"], str(new_id())):
            body = a_body(await school.child(), completes=draft)
            assert (await pastoral.post("/v1/concerns", body)).status_code == 201
        ((_, state, *_),) = tasks(world, school)
        assert state == "open"

    async def test_ends_by_a_lead_with_a_reason_or_a_concern(
        self, world: World, school: School
    ) -> None:
        problem = await incomplete_report_of(school, half())
        path = f"/v1/incomplete-reports/{problem['saved_as']}/resolve"
        assert (await school.lead.post(path, {}, version=1)).status_code == 422
        assert (await school.lead.post(path, {"reason": "Spoke."}, version=7)).status_code == 412
        done = await school.lead.post(path, {"reason": "It was a trial."}, version=1)
        assert (done.status_code, done.json()["state"]) == (200, "resolved")
        again = await school.lead.post(path, {"reason": "x"}, version=2)
        assert (again.status_code, again.json()["code"]) == (409, "incomplete_report_ended")
        ((_, state, *_),) = tasks(world, school)
        assert state == "done"
        async with world.work(school.id) as work:
            assert not await find_inconsistent(await work.driver(), school.id)

    @pytest.mark.parametrize("change", ["sealed", "named", "related", "related to who is in it"])
    async def test_is_closed_like_the_concern_that_came_of_it(
        self, world: World, school: School, change: str
    ) -> None:
        """What was refused is what the concern says, word for word."""
        deputy, other, child = school[Role.DEPUTY_DSL], await school.child(), await school.child()
        first = half(children=[{"child_id": str(other)}], risk_level="high")
        problem = await incomplete_report_of(school, first)
        body = a_body(child, completes=problem["saved_as"], immediacy="immediate_danger")
        body["children"] = [{"child_id": str(one)} for one in (child, other)]
        raised = await school.staff.post("/v1/concerns", body)
        assert raised.status_code == 201, raised.text
        concern, path = raised.json()["id"], f"/v1/incomplete-reports/{problem['saved_as']}"
        reader = school.api(Role.DEPUTY_DSL)
        assert (await reader.get(path)).status_code == 200
        if change == "sealed":
            world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        elif change == "named":
            named = {"staff_id": str(deputy.id)}
            answer = await school.staff.post(f"/v1/concerns/{concern}/named-staff", named)
            assert answer.status_code == 201, answer.text
        else:
            related = child if change == "related" else other
            said = {"child_id": str(related), "reason": "My niece."}
            assert (await reader.post("/v1/conflicts", said)).status_code == 201
        assert (await reader.get(path)).status_code == 404
        assert (await reader.get("/v1/incomplete-reports?state=resolved")).json()["items"] == []
        assert (await school.lead.get(path)).status_code == 200

    async def test_is_as_strict_as_the_concern_that_it_was_to_add_to(
        self, world: World, school: School
    ) -> None:
        body = a_body(await school.child())
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        more = {"text": WORDS, "immediacy": "immediate_danger", "reason": 5}
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", more)
        path = f"/v1/incomplete-reports/{answer.json()['saved_as']}"
        assert (await school.lead.get(path)).status_code == 200
        ((owner, *_),) = tasks(world, school)
        assert owner == school[Role.DSL].id
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(path)).status_code == 404
        assert (await deputy.get("/v1/incomplete-reports")).json()["items"] == []
        listed = (await deputy.get("/v1/tasks")).json()["items"]
        assert "incomplete_report" not in {one["kind"] for one in listed}

    async def test_goes_to_the_lead_when_its_concern_is_sealed(
        self, world: World, school: School
    ) -> None:
        problem = await incomplete_report_of(school, half())
        body = a_body(await school.child(), completes=problem["saved_as"], immediacy="today")
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        ((task,),) = world.sql("select id from task where about_id = %s", problem["saved_as"])
        to = {"owner_id": str(school[Role.DEPUTY_DSL].id)}
        given = await school.lead.post(
            f"/v1/tasks/{task}/assign", to, version=world.version("task", task)
        )
        assert given.status_code == 200, given.text
        sealed = a_triage(school[Role.DSL].id, confidentiality="K5")
        assert (await step(school.lead, concern, "triage", sealed)).status_code == 200
        assert [(owner, state) for owner, state, *_ in tasks(world, school)] == [
            (school[Role.DSL].id, "open")
        ]

    async def test_is_in_no_list_of_who_is_related_to_the_child_since(self, school: School) -> None:
        child, reader = str(await school.child()), school.api(Role.DEPUTY_DSL)
        await incomplete_report_of(school, half(children=[{"child_id": child}], mood="low"))
        assert len((await reader.get("/v1/incomplete-reports")).json()["items"]) == 1
        said = {"child_id": child, "reason": "My niece."}
        assert (await reader.post("/v1/conflicts", said)).status_code == 201
        assert (await reader.get("/v1/incomplete-reports")).json()["items"] == []

    async def test_has_a_task_that_only_this_ends(self, world: World, school: School) -> None:
        await incomplete_report_of(school, half())
        (task,) = world.sql("select id from task where school_id = %s", school.id)[0]
        answer = await school.lead.post(f"/v1/tasks/{task}/complete", {}, version=1)
        assert (answer.status_code, answer.json()["code"]) == (409, "task_of_record")


class TestUnreachable:
    async def test_says_whom_to_telephone(self, world: World, school: School) -> None:
        raised = await school.staff.post("/v1/concerns", a_body(await school.child()))
        assert raised.status_code == 201
        with patch.object(Database, "begin", side_effect=ConnectionRefusedError):
            answer = await school.staff.post("/v1/concerns", half())
        assert answer.status_code == 503, answer.text
        problem = answer.json()
        assert "999" in problem["detail"]
        assert "Keep this page open" in problem["detail"]
        assert {one["number"] for one in problem["call"]} >= {"999", "111", "116 123"}

    async def test_knows_the_schools_own_number_by_heart(
        self, world: World, school: School
    ) -> None:
        phone = {"who": "Reception", "number": "01632 960123", "when": "Any time"}
        changed = await change(school, call=[phone])
        assert changed.status_code == 200, changed.text
        await confirmed(school)
        await school.staff.post("/v1/concerns", a_body(await school.child()))
        with patch.object(Database, "begin", side_effect=ConnectionRefusedError):
            answer = await school.staff.post("/v1/concerns", half())
        assert "Telephone Reception: 01632 960123." in answer.json()["detail"]

    async def test_keeps_the_refusal_where_keeping_is_not_possible(
        self, world: World, school: School
    ) -> None:
        async def broken(*_: Any) -> None:
            raise RuntimeError

        with patch.object(incomplete_reports, "keep_incomplete", broken):
            answer = await school.staff.post("/v1/concerns", half())
        assert (answer.status_code, answer.json()["lead_told"]) == (422, False)
        assert "999" in answer.json()["detail"]


ALWAYS = {"999", "111", "116 123"}
CUT = b'{"account": [{"text": "Zyxglorp says goodbye'


async def sent(
    world: World, token: str | None, content: bytes, kind: str = "application/json"
) -> dict[str, Any]:
    """What is answered to bytes that are no report; always with numbers to call."""
    answer = await Api(world, token).request(
        "POST", "/v1/concerns", content=content, headers={"Content-Type": kind}
    )
    found: dict[str, Any] = answer.json()
    assert answer.status_code >= 400
    assert {one["number"] for one in found["call"]} >= ALWAYS, found
    assert found["kept"] is ("saved_as" in found)
    return found


class TestRefusedAtTheDoor:
    """N2: no sign-in, no form and no limit delays a call."""

    @pytest.mark.parametrize("token", [None, "not.a.token"])
    async def test_without_a_session_says_whom_to_telephone(
        self, world: World, token: str | None
    ) -> None:
        found = await sent(world, token, b"{}")
        assert found["status"] == 401
        assert "keep this page open" in found["detail"]
        assert "999" in found["detail"]

    async def test_after_a_session_ended_says_whom_to_telephone(
        self, world: World, school: School
    ) -> None:
        session = school[Role.STAFF].session_id
        world.sql("update auth_session set revoked_at = now() where id = %s", session)
        found = await sent(world, school[Role.STAFF].token, b"{}")
        assert (found["status"], found["kept"]) == (401, False)

    async def test_t02_a_body_that_cannot_be_read_is_kept_and_a_lead_told(
        self, world: World, school: School
    ) -> None:
        found = await sent(world, school[Role.STAFF].token, CUT)
        assert (found["code"], found["lead_told"]) == ("body_malformed", True)
        told = "and the lead has been told. We could not read all of it: send it again."
        assert found["detail"].startswith(f"{KEPT}, {told}")
        ((owner, _, urgent, rule, _),) = tasks(world, school)
        assert (owner, urgent, rule) == (school[Role.DSL].id, True, "sh.incomplete.now")
        opened = await school.lead.get(f"/v1/incomplete-reports/{found['saved_as']}")
        assert opened.json()["body"] == CUT.decode()
        again = await sent(world, school[Role.STAFF].token, CUT)
        assert again["saved_as"] == found["saved_as"]
        assert len(tasks(world, school)) == 1

    async def test_what_cannot_be_read_goes_round_whom_it_names(
        self, world: World, school: School
    ) -> None:
        child, lead = await school.child(), school[Role.DSL]
        said = {"child_id": str(child), "reason": "My niece."}
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.post("/v1/conflicts", said)).status_code == 201
        cut = f'{{"children": ["{child}"], "staff_named": ["{lead.id}"], "acc'.encode()
        found = await sent(world, school[Role.STAFF].token, cut)
        ((owner, *_),) = tasks(world, school)
        assert owner not in (lead.id, school[Role.DEPUTY_DSL].id)
        path = f"/v1/incomplete-reports/{found['saved_as']}"
        for api in (school.lead, school.api(Role.DEPUTY_DSL)):
            assert (await api.get(path)).status_code == 404

    @pytest.mark.parametrize(
        ("content", "kept"),
        [
            (b"my words, as they are", True),
            (orjson.dumps(half()), True),
            (orjson.dumps(half(immediacy="routine")), False),
        ],
    )
    async def test_of_another_content_type_is_kept_unless_it_can_wait(
        self, world: World, school: School, content: bytes, kept: bool
    ) -> None:
        found = await sent(world, school[Role.STAFF].token, content, "text/plain")
        assert (found["status"], found["kept"]) == (415, kept)

    async def test_of_too_much_says_whom_to_telephone(self, world: World, school: School) -> None:
        found = await sent(world, school[Role.STAFF].token, b" " * 3_000_000)
        assert (found["status"], found["kept"]) == (413, False)
        assert "not kept" in found["detail"]

    async def test_of_too_many_says_whom_to_telephone(self, world: World, school: School) -> None:
        policy = Policy("account", 1, MINUTE, burst=1)
        with patch.object(Limits, "check_actor", side_effect=TooManyRequests(policy, 30)):
            found = await sent(world, school[Role.STAFF].token, b"{}")
        assert (found["status"], found["kept"]) == (429, False)
        with patch.object(Limits, "check_address", side_effect=TooManyRequests(policy, 30)):
            found = await sent(world, None, b"{}")
        assert (found["status"], found["kept"]) == (429, False)

    async def test_is_kept_for_who_may_not_raise_one(self, world: World, school: School) -> None:
        found = await sent(world, school[Role.GOVERNOR].token, CUT)
        assert (found["status"], found["kept"]) == (403, True)
        assert "Your role does not allow this." in found["detail"]
        assert len(tasks(world, school)) == 1


class TestRules:
    def test_says_what_is_missing_in_plain_words(self) -> None:
        said = rules.still_needed(["/children", "/account/0/text", "/account", "/risk_level"])
        assert said == "who it is about; what you saw or heard; please check the other answers"

    def test_never_reads_words(self) -> None:
        words = {"account": [{"text": "immediate_danger today"}]}
        assert rules.urgency_of(words) == "today"
        assert rules.urgency_of(words | {"immediacy": "routine"}) is None
        assert rules.urgency_of(words | {"categories": ["bullying"]}) is None
        assert rules.urgency_of(words | {"categories": ["not_sure", 4]}) == "today"
        assert rules.urgency_of({"children": []}) is None
        assert rules.urgency_of([1]) is None
        assert rules.urgency_of({"immediacy": {"x": 1}, "self_harm": None}) is None

    def test_takes_ids_alone(self) -> None:
        one = UUID("01990000-0000-7000-8000-000000000000")
        body = {"staff_named": [str(one), "x", 5], "children": [{"child_id": str(one)}, 3]}
        assert rules.ids_in("", body) == [one]
