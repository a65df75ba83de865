"""A lead asks the reporter, who answers without the discussion, and hears what became of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concern_amendments import reported
from tests.api.record.test_concerns import a_triage, step
from tests.jobs.climbing import MONDAY, fresh
from tests.world import Api, School, World

QUESTION = "Which arm was it?"
ANSWER = "The left one."
CLOSING = {"outcome": "explained", "reason": "All is well."}
NEWS = "You were right to say so. We spoke with home; please tell me if you see it again."


@pytest.fixture
async def concern(school: School) -> str:
    """A concern that the teacher raised."""
    return str((await reported(school.staff, await school.child()))["id"])


async def ask(api: Api, concern: str, text: str = QUESTION) -> Any:
    """A lead asks the reporter."""
    return await api.post(f"/v1/concerns/{concern}/ask-reporter", {"text": text})


async def answered(api: Api, concern: str, question: str) -> Any:
    """The reporter answers."""
    path = f"/v1/concerns/{concern}/questions/{question}/answer"
    return await api.post(path, {"text": ANSWER})


async def opened(api: Api, concern: str) -> dict[str, Any]:
    """The concern as somebody sees it."""
    answer = await api.get(f"/v1/concerns/{concern}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def alerts(world: World, concern: str, kind: str) -> set[UUID]:
    """Who has an alert of a kind about a concern."""
    rows = world.sql(
        "select recipient_id from alert where concern_id = %s and kind = %s", concern, kind
    )
    return {person for (person,) in rows}


def open_tasks(world: World, concern: str, kind: str) -> list[tuple[UUID, str]]:
    """Open tasks of a kind: who has each, and by which rule."""
    return world.sql(
        "select owner_id, due_rule from task where concern_id = %s and kind = %s"
        " and ended_at is null", concern, kind,
    )  # fmt: skip


class TestAsking:
    async def test_shows_the_reporter_the_question_and_nothing_else(
        self, world: World, school: School, concern: str
    ) -> None:
        comment = await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": "Secret."})
        assert comment.status_code == 201
        asked = await ask(school.lead, concern)
        assert asked.status_code == 201, asked.text
        assert alerts(world, concern, "concern_asked") == {school[Role.STAFF].id}
        record = await opened(school.staff, concern)
        (question,) = record["questions"]
        assert (question["text"], question["answer"]) == (QUESTION, None)
        assert "answer_question" in record["permissions"]
        assert "Secret." not in str(record)
        assert record.keys().isdisjoint({"comments", "decisions", "state", "owner"})

    async def test_is_a_task_of_the_lead_until_the_answer(
        self, world: World, school: School, concern: str
    ) -> None:
        question = (await ask(school.lead, concern)).json()["id"]
        lead = school[Role.DSL].id
        assert open_tasks(world, concern, "reporter_asked") == [(lead, "concern.question")]
        done = await answered(school.staff, concern, question)
        assert done.status_code == 200, done.text
        assert done.json()["answer"] == ANSWER
        assert open_tasks(world, concern, "reporter_asked") == []
        assert alerts(world, concern, "concern_answered") == {lead}
        assert world.sql(
            "select ended_reason_code from alert where concern_id = %s and kind = 'concern_asked'",
            concern,
        ) == [("concern_question.answered",)]
        await step(school.lead, concern, "tell-reporter", {"text": NEWS})
        assert world.sql(
            "select ended_reason_code from alert where concern_id = %s"
            " and kind = 'concern_answered'",
            concern,
        ) == [("concern.reporter_told",)]
        assert (await opened(school.lead, concern))["questions"][0]["answer"] == ANSWER

    async def test_climbs_to_leads_where_nobody_answers(self, world: World, school: School) -> None:
        child = await school.child()
        with clock.frozen(MONDAY):
            receipt = await reported(fresh(world, school[Role.STAFF]), child)
            asked = await ask(fresh(world, school[Role.DSL]), receipt["id"])
            assert asked.status_code == 201, asked.text
        ((due,),) = world.sql(
            "select due_at from task where concern_id = %s and kind = 'reporter_asked'",
            receipt["id"],
        )
        assert MONDAY + timedelta(hours=12) < due < MONDAY + timedelta(days=2)

    async def test_is_answered_once(self, school: School, concern: str) -> None:
        question = (await ask(school.lead, concern)).json()["id"]
        await answered(school.staff, concern, question)
        again = await answered(school.staff, concern, question)
        assert (again.status_code, again.json()["code"]) == (409, "question_answered")

    async def test_is_answered_by_nobody_but_its_reporter(
        self, school: School, concern: str
    ) -> None:
        question = (await ask(school.lead, concern)).json()["id"]
        for stranger in (Role.PASTORAL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            refused = await answered(school.api(stranger), concern, question)
            assert (refused.status_code, refused.json()["code"]) == (404, "concern_not_found")
        own = (await reported(school.api(Role.PASTORAL), await school.child()))["id"]
        refused = await answered(school.api(Role.PASTORAL), own, question)
        assert (refused.status_code, refused.json()["code"]) == (404, "question_unknown")

    async def test_is_not_for_a_reporter_who_reports_alone(
        self, school: School, concern: str
    ) -> None:
        refused = await ask(school.staff, concern)
        assert refused.status_code in (403, 404)

    async def test_reaches_nobody_who_left(
        self, world: World, school: School, concern: str
    ) -> None:
        world.sql(
            "update membership set valid_to = valid_from where staff_id = %s",
            school[Role.STAFF].id,
        )
        refused = await ask(school.lead, concern)
        assert (refused.status_code, refused.json()["code"]) == (409, "reporter_out_of_reach")
        told = await step(school.lead, concern, "tell-reporter", {"text": NEWS})
        assert (told.status_code, told.json()["code"]) == (409, "reporter_out_of_reach")

    async def test_ends_for_whoever_is_named_in_it_since(
        self, school: School, concern: str
    ) -> None:
        question = (await ask(school.lead, concern)).json()["id"]
        await step(school.lead, concern, "tell-reporter", {"text": NEWS})
        named = await school.lead.post(
            f"/v1/concerns/{concern}/named-staff", {"staff_id": str(school[Role.STAFF].id)}
        )
        assert named.status_code in (200, 201), named.text
        record = await opened(school.staff, concern)
        assert (record["questions"], record["told_reporter"]) == ([], None)
        refused = await answered(school.staff, concern, question)
        assert (refused.status_code, refused.json()["code"]) == (404, "concern_not_found")
        assert (await ask(school.lead, concern)).json()["code"] == "reporter_out_of_reach"

    async def test_of_oneself_is_refused(self, school: School) -> None:
        own = (await reported(school.lead, await school.child()))["id"]
        assert (await ask(school.lead, own)).json()["code"] == "reporter_out_of_reach"

    async def test_is_asked_once_however_often_it_is_sent(
        self, world: World, school: School, concern: str
    ) -> None:
        key = {"Idempotency-Key": str(new_id())}
        path, body = f"/v1/concerns/{concern}/ask-reporter", {"text": QUESTION}
        first = await school.lead.post(path, body, headers=key)
        again = await school.lead.post(path, body, headers=key)
        assert first.json() == again.json()
        assert len((await opened(school.staff, concern))["questions"]) == 1


class TestTelling:
    async def test_at_triage_is_read_by_the_reporter(
        self, world: World, school: School, concern: str
    ) -> None:
        body = a_triage(school[Role.DSL].id) | {"tell_reporter": NEWS}
        assert (await step(school.lead, concern, "triage", body)).status_code == 200
        record = await opened(school.staff, concern)
        assert record["told_reporter"] == NEWS
        assert record["told_reporter_at"] is not None
        assert alerts(world, concern, "concern_told") == {school[Role.STAFF].id}
        assert alerts(world, concern, "concern_being_handled") == set()

    async def test_at_the_end_replaces_the_bare_thanks(
        self, world: World, school: School, concern: str
    ) -> None:
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        body = CLOSING | {"tell_reporter": NEWS}
        assert (await step(school.lead, concern, "close", body)).status_code == 200
        record = await opened(school.staff, concern)
        assert (record["progress"], record["told_reporter"]) == ("thank_you", NEWS)
        assert alerts(world, concern, "concern_told") == {school[Role.STAFF].id}
        assert alerts(world, concern, "concern_thank_you") == set()

    async def test_of_a_closure_waits_for_the_second_person(
        self, world: World, school: School, concern: str
    ) -> None:
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id, level=3))
        await step(school.lead, concern, "close", CLOSING | {"tell_reporter": NEWS})
        assert (await opened(school.staff, concern))["told_reporter"] is None
        body = {"agree": True, "reason": "I agree."}
        head = school.api(Role.HEADTEACHER)
        assert (await step(head, concern, "countersign", body)).status_code == 200
        assert (await opened(school.staff, concern))["told_reporter"] == NEWS

    async def test_is_kept_each_time_and_possible_after_the_end(
        self, school: School, concern: str
    ) -> None:
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        await step(school.lead, concern, "close", CLOSING)
        for text in ("First.", "Second."):
            told = await step(school.lead, concern, "tell-reporter", {"text": text})
            assert told.status_code == 200, told.text
        assert (await opened(school.staff, concern))["told_reporter"] == "Second."
        history = (await school.lead.get(f"/v1/concerns/{concern}/history")).json()["items"]
        texts = [one["reason"] for one in history if one["verb"] == "reporter_told"]
        assert texts == ["First.", "Second."]

    async def test_is_of_leads_alone(self, school: School, concern: str) -> None:
        refused = await step(school.staff, concern, "tell-reporter", {"text": NEWS})
        assert refused.status_code in (403, 404)


class TestOthersByName:
    async def test_open_no_file_and_are_a_leads_to_find(self, world: World, school: School) -> None:
        sibling = await school.child("Robin", "Marsh")
        named = [
            {"name": "Robin Marsh", "year_or_class": "Year 2", "relation": "brother"},
            {"name": "Nobody Atall"},
        ]
        receipt = await reported(school.staff, await school.child(), also_named=named)
        record = await opened(school.lead, receipt["id"])
        assert [one["name"] for one in record["also_named"]] == ["Robin Marsh", "Nobody Atall"]
        assert len(record["children"]) == 1
        assert open_tasks(world, receipt["id"], "children_named") == [
            (school[Role.DSL].id, "task.do")
        ]
        assert "match_concern" in record["permissions"]
        body = {"children": [{"child_id": str(sibling), "role": "linked"}]}
        matched = await step(school.lead, receipt["id"], "match", body)
        assert matched.status_code == 200, matched.text
        record = await opened(school.lead, receipt["id"])
        assert [one["role"] for one in record["children"]] == ["subject", "linked"]
        assert open_tasks(world, receipt["id"], "children_named") == []
        entries = (await school.lead.get(f"/v1/children/{sibling}/chronology")).json()["items"]
        assert receipt["id"] in str(entries)

    async def test_tell_nothing_of_who_exists(self, school: School) -> None:
        await school.child("Robin", "Marsh")
        child = await school.child()
        answers = [
            await reported(school.staff, child, also_named=[{"name": name}])
            for name in ("Robin Marsh", "Nobody Atall")
        ]
        shapes = [
            {name for name, value in one.items() if name not in ("id", "reference", "recorded_at")}
            for one in answers
        ]
        assert shapes[0] == shapes[1]
        asked = [[q["text"] for q in one["ask_next"]] for one in answers]
        assert asked[0] == asked[1]

    async def test_are_linked_and_owed_nothing_by_it(self, school: School) -> None:
        sibling = await school.child("Robin", "Marsh")
        receipt = await reported(
            school.staff, await school.child(), also_named=[{"name": "Robin"}],
            categories=["suicidal_ideation"],
        )  # fmt: skip
        body = {"children": [{"child_id": str(sibling)}]}
        refused = await step(school.lead, receipt["id"], "match", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "named_besides")
        body["children"][0]["role"] = "linked"
        matched = await step(school.lead, receipt["id"], "match", body)
        assert matched.status_code == 200, matched.text
        pupils = (await opened(school.lead, receipt["id"]))["self_harm"]["pupils"]
        assert str(sibling) not in [one["child_id"] for one in pupils]

    async def test_are_not_matched_where_nobody_is_named(self, school: School) -> None:
        sibling = await school.child("Robin", "Marsh")
        receipt = await reported(school.staff, await school.child())
        body = {"children": [{"child_id": str(sibling), "role": "linked"}]}
        refused = await step(school.lead, receipt["id"], "match", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_match")
