"""Decisions about telling parents: kept with reasons, sent to nobody, looked at again."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.pathways import a_pathway, open_kinds, state_of
from tests.api.records import a_contact, a_share
from tests.security.scenes import soon
from tests.world import Api, School, World

WHY = "She chose the words, and her mother was told on the phone."


async def decide(api: Api, concern: str, status: int = 201, **body: Any) -> dict[str, Any]:
    fields = {"outcome": "told", "reason": WHY} | body
    answer = await api.post(f"/v1/concerns/{concern}/decide-on-parents", fields)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def reviews_of(school: School, concern: str) -> list[dict[str, Any]]:
    path = f"/v1/tasks?kind=sh_parents_review&concern_id={concern}"
    found: list[dict[str, Any]] = (await school.lead.get(path)).json()["items"]
    return found


def outgoing(world: World, school: School) -> int:
    """Everything that could reach somebody outside: mails of alerts go to staff alone."""
    made = world.sql(
        "select (select count(*) from share where school_id = %(s)s) "
        "+ (select count(*) from referral where school_id = %(s)s) "
        "+ (select count(*) from recipient_link where school_id = %(s)s) "
        "+ (select count(*) from procrastinate_jobs where args->>'school_id' = %(s)s::text "
        "   and task_name not in ('alert.send', 'alert.send_one'))".replace("%(s)s", "%s"),
        *[school.id] * 4,
    )
    count: int = made[0][0]
    return count


class TestDecideParents:
    async def test_is_kept_as_a_record_and_as_a_decision(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        mother = await a_contact(world, school, child)
        concern = await a_pathway(world, school, child, kind="thoughts_of_suicide")
        kept = await decide(
            school.lead, concern, rows=["row_2"],
            pupil_view={"value": "Not my dad."}, words_agreed={"value": "I have been sad."},
            told_to=[{"contact_id": mother, "how": "On the telephone"}],
            left_out={"value": "Nothing."}, objection={"none": "not_asked"},
            justification={"value": "To keep her safe."},
        )  # fmt: skip
        content = kept["content"]
        assert (content["outcome"], content["rows"], kept["still_to_write"]) == (
            "told", ["row_2"], []
        )  # fmt: skip
        assert content["pupil_view"] == {"value": "Not my dad.", "none": None}
        whole = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        (decision,) = whole["decisions"]
        assert (decision["id"], decision["kind"], decision["reason"]) == (
            content["decision_id"], "tell_parents", WHY
        )  # fmt: skip
        entries = (await school.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        told = [one["summary"] for one in entries if one["kind"] == "safety_record"]
        assert told == ["Telling parents: Told. Something was left out."]
        path = f"/v1/children/{child}/records"
        assert (await school.lead.get(path)).json()["items"][0]["id"] == kept["id"]
        assert (await school.lead.get(f"{path}/{kept['id']}")).json()["content"] == content

    async def test_moves_the_pathway_and_ends_what_waited(
        self, world: World, school: School
    ) -> None:
        concern = await a_pathway(world, school, await school.child())
        await decide(school.lead, concern)
        assert state_of(world, concern) == "parents_decided"
        assert "sh_parents" not in open_kinds(world, concern)

    @pytest.mark.parametrize("outcome", ["told", "not_told", "not_yet"])
    async def test_sends_nothing_to_anybody(
        self, world: World, school: School, outcome: str
    ) -> None:
        child = await school.child()
        mother = await a_contact(world, school, child, email="kim@example.org")
        concern = await a_pathway(world, school, child)
        before = outgoing(world, school)
        await decide(
            school.lead, concern, outcome=outcome, told_to=[{"contact_id": mother}],
            rows=["row_6"], source_of_harm=[mother], told_under="already_told",
        )  # fmt: skip
        assert outgoing(world, school) == before

    async def test_needs_an_outcome_and_why_and_nothing_else(
        self, world: World, school: School
    ) -> None:
        concern = await a_pathway(world, school, await school.child())
        path = f"/v1/concerns/{concern}/decide-on-parents"
        for body in ({"outcome": "told"}, {"reason": WHY}, {"outcome": "maybe", "reason": WHY}):
            assert (await school.lead.post(path, body)).status_code == 422
        assert (await decide(school.lead, concern))["still_to_write"] == [
            "pupil_view", "words_agreed"
        ]  # fmt: skip

    async def test_is_for_leads(self, world: World, school: School, other_school: School) -> None:
        concern = await a_pathway(world, school, await school.child())
        for role in (Role.STAFF, Role.PASTORAL, Role.HEADTEACHER, Role.SCHOOL_ADMIN):
            await decide(school.api(role), concern, 403)
        await decide(other_school.lead, concern, 404)

    async def test_takes_contacts_of_this_child_only(self, world: World, school: School) -> None:
        concern = await a_pathway(world, school, await school.child())
        stranger = await a_contact(world, school, await school.child("Bo"))
        for body in ({"source_of_harm": [stranger]}, {"told_to": [{"contact_id": stranger}]}):
            refused = await decide(school.lead, concern, 422, **body)
            assert refused["errors"][0]["code"] == "unknown_contact"


class TestStillToWrite:
    @pytest.mark.parametrize(
        ("row", "outcome", "missing"),
        [
            ("row_1", "told", ["told_whom"]),
            ("row_2", "told", ["told_whom", "objection", "justification", "left_out"]),
            ("row_2", "not_told", ["left_out"]),
            ("row_4", "not_told", ["understanding", "review_at", "second_lead"]),
            ("row_5", "not_told", ["understanding", "review_at", "second_lead"]),
            ("row_6", "not_told", ["advice", "may_not_be_told"]),
            ("row_6b", "told", ["left_out", "pupil_words"]),
            ("row_7", "told", ["orders_read"]),
            ("row_8", "told", ["placement"]),
            ("row_9", "told", ["refusal_words"]),
            ("row_10", "told", ["items_decided"]),
            ("row_11", "not_told", ["request_and_answer"]),
            ("row_12", "not_told", ["promise_words"]),
            ("row_13", "not_told", ["both_reasons"]),
        ],
    )
    async def test_reminds_of_what_a_row_asks_for_and_refuses_nothing(
        self, world: World, school: School, row: str, outcome: str, missing: list[str]
    ) -> None:
        concern = await a_pathway(world, school, await school.child())
        kept = await decide(
            school.lead, concern, rows=[row], outcome=outcome,
            pupil_view={"none": "not_asked"}, words_agreed={"none": "not_asked"},
        )  # fmt: skip
        assert kept["still_to_write"] == missing

    async def test_row_13_keeps_both_reasons(self, world: World, school: School) -> None:
        concern = await a_pathway(world, school, await school.child())
        both = {"lead": "Home is safe.", "head": "I am not sure.", "done": "We wait a day."}
        kept = await decide(
            school.lead, concern, outcome="not_yet", rows=["row_13"], disagreement=both
        )
        assert kept["content"]["disagreement"] == both
        assert "both_reasons" not in kept["still_to_write"]
        one = await decide(
            school.lead, concern, outcome="not_yet", rows=["row_13"],
            disagreement={"lead": "Home is safe."},
        )  # fmt: skip
        assert "both_reasons" in one["still_to_write"]

    async def test_rows_9_and_12_keep_the_words(self, world: World, school: School) -> None:
        concern = await a_pathway(world, school, await school.child())
        kept = await decide(
            school.lead, concern, rows=["row_9", "row_12"],
            refusal_words={"value": "She is only sad."},
            promise_words={"value": "I cannot promise that, and I will ask you how."},
        )  # fmt: skip
        assert not {"refusal_words", "promise_words"} & {*kept["still_to_write"]}
        assert kept["content"]["refusal_words"]["value"] == "She is only sad."


class TestLookingAgain:
    async def test_waiting_is_looked_at_again_within_a_week(
        self, world: World, school: School
    ) -> None:
        concern = await a_pathway(world, school, await school.child())
        await decide(school.lead, concern, outcome="not_yet")
        (task,) = await reviews_of(school, concern)
        assert task["owner"]["id"] == str(school[Role.DSL].id)
        due = datetime.fromisoformat(task["due_at"])
        assert timedelta(days=5) < due - clock.now() <= timedelta(days=8)

    async def test_by_a_chosen_day_within_a_week(self, world: World, school: School) -> None:
        concern = await a_pathway(world, school, await school.child())
        late = await decide(school.lead, concern, 422, outcome="not_yet", review_at=soon(days=9))
        assert late["code"] == "due_too_far"
        past = await decide(school.lead, concern, 422, outcome="not_yet", review_at=soon(days=-1))
        assert past["code"] == "due_time_passed"
        day = soon(days=3)
        await decide(school.lead, concern, outcome="not_yet", review_at=day)
        (task,) = await reviews_of(school, concern)
        assert datetime.fromisoformat(task["due_at"]) == datetime.fromisoformat(day)

    async def test_a_new_decision_ends_the_look_before(self, world: World, school: School) -> None:
        concern = await a_pathway(world, school, await school.child())
        await decide(school.lead, concern, outcome="not_yet")
        await decide(school.lead, concern, outcome="not_yet", review_at=soon(days=2))
        assert len(await reviews_of(school, concern)) == 1
        await decide(school.lead, concern)
        assert await reviews_of(school, concern) == []


class TestSecondLead:
    async def test_is_another_person_who_reads_these_records(
        self, world: World, school: School
    ) -> None:
        concern = await a_pathway(world, school, await school.child())
        for person in (school[Role.DSL].id, school[Role.STAFF].id, school[Role.PASTORAL].id):
            refused = await decide(school.lead, concern, 422, second_lead_id=str(person))
            assert refused["code"] == "second_lead_unsuitable"
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            kept = await decide(
                school.lead, concern, outcome="not_yet", rows=["row_4"],
                second_lead_id=str(school[role].id),
            )  # fmt: skip
            assert "second_lead" not in kept["still_to_write"]


class TestHarmAtHome:
    async def test_asks_social_care_today_and_bars_the_contact(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        father = await a_contact(world, school, child, kind="father", name="Lee Marsh")
        mother = await a_contact(world, school, child)
        concern = await a_pathway(world, school, child)
        kept = await decide(
            school.lead, concern, outcome="not_told", rows=["row_6"], source_of_harm=[father]
        )
        assert "sh_social_care" in open_kinds(world, concern)
        assert "may_not_be_told" not in kept["still_to_write"]
        contacts = (await school.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        told = {one["id"]: one["may_be_told"]["value"] for one in contacts}
        assert told == {father: False, mother: True}
        changed = world.sql(
            "select count(*) from trail where noun_id = %s and verb = 'contact.changed'",
            UUID(father),
        )
        assert changed == [(1,)]
        path = f"/v1/tasks?kind=sh_social_care&concern_id={concern}"
        (task,) = (await school.lead.get(path)).json()["items"]
        assert task["urgent"] is True
        assert datetime.fromisoformat(task["due_at"]) - clock.now() < timedelta(days=4)

    async def test_asks_once(self, world: World, school: School) -> None:
        concern = await a_pathway(world, school, await school.child())
        for _ in range(2):
            await decide(school.lead, concern, outcome="not_told", rows=["row_6"])
        found = world.sql(
            "select count(*) from task where concern_id = %s and kind = 'sh_social_care'", concern
        )
        assert found == [(1,)]

    async def test_somebody_told_though_barred_is_kept_and_seen_to(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        father = await a_contact(
            world, school, child, kind="father", name="Lee Marsh", may_be_told=False,
            may_be_told_reason="The court said so.",
        )  # fmt: skip
        concern = await a_pathway(world, school, child)
        kept = await decide(school.lead, concern, told_to=[{"contact_id": father}])
        assert kept["content"]["told_though_barred"] == [father]
        assert "sh_social_care" in open_kinds(world, concern)


class TestLeaving:
    async def test_t30_why_parents_were_not_told_reaches_no_parent_by_default(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        mother = await a_contact(world, school, child)
        concern = await a_pathway(world, school, child)
        await decide(
            school.lead, concern, outcome="not_yet", reason="zqwhyqz",
            left_out={"value": "zqleftqz"},
        )  # fmt: skip
        check = {"who_must_not_know": {"value": [{"who": "My mother", "reason": "zqmustnotqz"}]}}
        await school.lead.post(f"/v1/children/{child}/records", {"kind": "safety_check"} | check)
        item = {"kind": "concern", "id": concern, "include": ["account", "decisions", "outcome"]}
        recipient = {"via": "contact", "contact_id": mother}
        made = await school.lead.post("/v1/shares", a_share(child, recipient, items=[item]))
        assert made.status_code == 201, made.text
        preview = await school.lead.get(f"/v1/shares/{made.json()['id']}/preview")
        assert preview.status_code == 200, preview.text
        assert "Came in with a bruise" in preview.text
        for secret in ("zqwhyqz", "zqleftqz", "zqmustnotqz"):
            assert secret not in preview.text, secret
        nurse = {"via": "professional", "kind": "health", "name": "Ada Roe"}
        made = await school.lead.post("/v1/shares", a_share(child, nurse, items=[item]))
        preview = await school.lead.get(f"/v1/shares/{made.json()['id']}/preview")
        assert "zqwhyqz" in preview.text, "who works with the child is told why"
        assert "zqmustnotqz" not in preview.text, "a record leaves by itself only"
