"""A wrong child, time or place is put right: what stood there is kept, and nobody else sees it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api import referring
from tests.api.record.test_concerns import step
from tests.api.records import a_concern, a_contact, a_share, classify, verbs_about
from tests.api.shared import Recipient
from tests.api.shared import step as share_step
from tests.api.sharing.test_parents_guards import advice
from tests.world import Api, School, World

REASONS = {"reason": "It helps."}
REASON = "The teacher says it was Jack Holt of 9B, not Jack Marsh."


async def two_jacks(school: School) -> tuple[UUID, UUID]:
    """Two pupils of one given name, in two years."""
    former = await school.child("Jack", "Marsh", year_group="7")
    return former, await school.child("Jack", "Holt", year_group="9")


async def correct(by: Api, concern: str, former: UUID, child: UUID) -> httpx.Response:
    body = {"child": {"former_id": str(former), "id": str(child)}, "reason": REASON}
    return await step(by, concern, "correct", body)


async def corrections(by: Api, concern: str) -> list[dict[str, Any]]:
    """What was put right, as somebody reads it."""
    answer = await by.get(f"/v1/concerns/{concern}/corrections")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def chronology(by: Api, child: UUID) -> list[dict[str, Any]]:
    answer = await by.get(f"/v1/children/{child}/chronology")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def drafted_share(school: School, child: UUID, contact: str, concern: str) -> str:
    recipient = {"via": "contact", "contact_id": contact}
    answer = await school.lead.post("/v1/shares", a_share(child, recipient, concern))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def guards(by: Api, concern: str) -> set[str]:
    """What guards telling the homes of a concern's children."""
    opened = (await by.get(f"/v1/concerns/{concern}")).json()
    return {one["code"] for one in opened["parents"]["guards"]}


def tasks(world: World, concern: str, kind: str) -> list[Any]:
    sql = (
        "select child_id, owner_id, urgent from task where concern_id = %s and kind = %s "
        "and ended_at is null"
    )
    return world.sql(sql, concern, kind)


class TestTheWrongChild:
    async def test_leaves_one_file_and_is_in_the_other(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        comment = {"text": "Seen by the nurse.", "id": str(new_id())}
        await school.lead.post(f"/v1/concerns/{concern}/comments", comment)
        before = {one["id"] for one in await chronology(school.lead, former)}
        assert len(before) == 2
        done = await correct(school.lead, concern, former, child)
        assert done.status_code == 200, done.text
        assert await chronology(school.lead, former) == []
        moved = await chronology(school.lead, child)
        assert {one["id"] for one in moved} == before
        assert {one["child_role"] for one in moved} == {"subject"}
        opened = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert [one["id"] for one in opened["children"]] == [str(child)]

    async def test_is_out_of_sight_of_whoever_sees_the_former_child_alone(
        self, world: World, school: School
    ) -> None:
        former, child = await two_jacks(school)
        world.sql(
            "update membership set cohort = %s where staff_id = %s",
            '{"year_groups": ["7"]}', school[Role.PASTORAL].id,
        )  # fmt: skip
        concern = await a_concern(school, former)
        await classify(world, concern, "K2")
        tutor = school.api(Role.PASTORAL)
        assert (await tutor.get(f"/v1/concerns/{concern}")).status_code == 200
        assert len(await chronology(tutor, former)) == 1
        await correct(school.lead, concern, former, child)
        assert (await tutor.get(f"/v1/concerns/{concern}")).status_code == 404
        assert (await tutor.get(f"/v1/concerns/{concern}/corrections")).status_code == 404
        assert await chronology(tutor, former) == []

    async def test_keeps_who_was_named_for_those_who_may_open_both(
        self, world: World, school: School
    ) -> None:
        former, child = await two_jacks(school)
        world.sql(
            "update membership set cohort = %s where staff_id = %s",
            '{"year_groups": ["9"]}', school[Role.PASTORAL].id,
        )  # fmt: skip
        concern = await a_concern(school, former)
        await classify(world, concern, "K2")
        await correct(school.lead, concern, former, child)
        (seen,) = await corrections(school.lead, concern)
        assert (seen["former_child"]["name"], seen["child"]["name"]) == ("Jack Marsh", "Jack Holt")
        assert (seen["reason"], seen["fields"]) == (REASON, ["child"])
        tutor = school.api(Role.PASTORAL)
        answer = await tutor.get(f"/v1/concerns/{concern}/corrections")
        (kept,) = answer.json()["items"]
        assert (kept["former_child"], kept["reason"], kept["fields"]) == (None, None, ["child"])
        history = await tutor.get(f"/v1/concerns/{concern}/history")
        for shown in (answer, history, await tutor.get(f"/v1/concerns/{concern}")):
            assert "Marsh" not in shown.text
            assert str(former) not in shown.text

    async def test_hides_the_former_name_in_the_right_file(
        self, world: World, school: School
    ) -> None:
        former = await school.child("Ottoline", "Marsh")
        child = await school.child("Jack", "Holt")
        concern = await a_concern(
            school, former, account=[{"kind": "observed", "text": "Ottoline Marsh had a bruise."}]
        )
        await correct(school.lead, concern, former, child)
        (entry,) = await chronology(school.lead, child)
        assert "Ottoline" not in entry["summary"]
        assert entry["others"] == []

    async def test_is_in_the_trail_of_both_children(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        await correct(school.lead, concern, former, child)
        found = world.sql(
            "select child_id from trail where verb = 'concern.corrected' and noun_id = %s", concern
        )
        assert {one for (one,) in found} == {None, former, child}
        assert verbs_about(world, concern).count("concern.corrected") == 3
        answer = await school.lead.get(f"/v1/concerns/{concern}/history")
        (made,) = [one for one in answer.json()["items"] if one["verb"] == "corrected"]
        assert made["reason"] is None
        assert made["details"]["fields"] == ["child"]

    async def test_says_in_no_trail_which_child_was_named(
        self, world: World, school: School
    ) -> None:
        former, child = await two_jacks(school)
        related = world.as_token((await school.person(Role.DSL)).token)
        for one in (former, child):
            concern = await a_concern(school, former)
            body = {"child_id": str(one), "reason": "My nephew."}
            assert (await related.post("/v1/conflicts", body)).status_code == 201
            await correct(school.lead, concern, former, child)
            for path in ("/v1/audit", f"/v1/audit?about_kind=concern&about_id={concern}"):
                answer = await related.get(path)
                assert answer.status_code == 200, answer.text
                assert REASON not in answer.text
        trail = world.sql(
            "select reason from trail where verb = 'concern.corrected' and school_id = %s",
            school.id,
        )  # fmt: skip
        assert {one for (one,) in trail} == {None}

    async def test_is_told_to_all_who_had_heard_of_it(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        await correct(school.lead, concern, former, child)
        told = world.sql(
            "select recipient_id from alert where concern_id = %s and kind = %s",
            concern, "concern_child_corrected",
        )  # fmt: skip
        expected = {school[Role.STAFF].id, school[Role.DEPUTY_DSL].id}
        assert expected <= {one for (one,) in told}
        assert school[Role.DSL].id not in {one for (one,) in told}

    async def test_locks_out_who_is_related_to_the_right_one(
        self, world: World, school: School
    ) -> None:
        former, child = await two_jacks(school)
        deputy = school.api(Role.DEPUTY_DSL)
        declared = await deputy.post(
            "/v1/conflicts", {"child_id": str(child), "reason": "My nephew."}
        )
        assert declared.status_code == 201, declared.text
        concern = await a_concern(school, former)
        refused = await correct(deputy, concern, former, child)
        assert (refused.status_code, refused.json()["code"]) == (403, "conflict_of_interest")
        await correct(school.lead, concern, former, child)
        assert (await deputy.get(f"/v1/concerns/{concern}")).status_code == 404

    async def test_names_two_different_children(self, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        for wrong, right in ((child, former), (former, former)):
            refused = await correct(school.lead, concern, wrong, right)
            assert (refused.status_code, refused.json()["code"]) == (422, "correction_unsuitable")
        unknown = await correct(school.lead, concern, former, new_id())
        assert (unknown.status_code, unknown.json()["code"]) == (422, "child_unknown")

    async def test_is_put_right_in_a_closed_concern_too(self, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        body = {
            "level": 1, "primary_category": "bullying", "confidentiality": "K3",
            "owner_id": str(school[Role.DSL].id), "reason": "x",
            "due_at": (clock.now() + timedelta(days=2)).isoformat(),
        }  # fmt: skip
        assert (await step(school.lead, concern, "triage", body)).status_code == 200
        closing = {"outcome": "no_further_action", "reason": "x"}
        assert (await step(school.lead, concern, "close", closing)).status_code == 200
        assert (await correct(school.lead, concern, former, child)).status_code == 200
        assert len(await chronology(school.lead, former)) == 0


class TestWhatWentOut:
    async def test_is_listed_and_is_a_task(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        contact = await a_contact(world, school, former)
        made = await school.lead.post(
            "/v1/shares", a_share(former, {"via": "contact", "contact_id": contact}, concern)
        )
        assert made.status_code == 201, made.text
        assert tasks(world, concern, "child_corrected") == []
        await correct(school.lead, concern, former, child)
        (seen,) = await corrections(school.lead, concern)
        (listed,) = seen["to_put_right"]
        assert (listed["kind"], listed["id"]) == ("share", made.json()["id"])
        assert (listed["reference"], listed["open"]) == (made.json()["reference"], True)
        (task,) = tasks(world, concern, "child_corrected")
        assert (task[0], task[2]) == (None, True)

    async def test_names_what_was_merged_into_it(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern, same = await a_concern(school, former), await a_concern(school, former)
        merging = {"into": concern, "reason": "The same bruise."}
        assert (await step(school.lead, same, "merge", merging)).status_code == 200
        await correct(school.lead, concern, former, child)
        (seen,) = await corrections(school.lead, concern)
        assert [(one["kind"], one["id"]) for one in seen["to_put_right"]] == [("concern", same)]
        assert len(tasks(world, concern, "child_corrected")) == 1
        await classify(world, same, "K5")
        deputy = school.api(Role.DEPUTY_DSL)
        (seen,) = await corrections(deputy, concern)
        assert seen["to_put_right"] == []

    async def test_is_no_task_where_nothing_did(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        await correct(school.lead, concern, former, child)
        assert tasks(world, concern, "child_corrected") == []

    @pytest.mark.parametrize("told", [{}, {"categories": ["self_harm"], "immediacy": "today"}])
    async def test_is_nobodys_task_where_the_same_child_is_back(
        self, world: World, school: School, told: dict[str, Any]
    ) -> None:
        """What went out about the right child is right again; what did meanwhile is to be done."""
        former, child = await two_jacks(school)
        concern = await a_concern(school, former, **told)
        contact = await a_contact(world, school, former)
        await drafted_share(school, former, contact, concern)
        assert (await correct(school.lead, concern, former, child)).status_code == 200
        assert len(tasks(world, concern, "child_corrected")) == 1
        assert (await correct(school.lead, concern, child, former)).status_code == 200
        assert tasks(world, concern, "child_corrected") == []
        first, _ = await corrections(school.lead, concern)
        assert first["to_put_right"] == []

    async def test_about_the_wrong_child_meanwhile_is_the_one_task_that_stays(
        self, world: World, school: School
    ) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        await drafted_share(school, former, await a_contact(world, school, former), concern)
        await correct(school.lead, concern, former, child)
        made = await drafted_share(school, child, await a_contact(world, school, child), concern)
        await correct(school.lead, concern, child, former)
        assert len(tasks(world, concern, "child_corrected")) == 1
        first, second = await corrections(school.lead, concern)
        assert first["to_put_right"] == []
        assert [one["id"] for one in second["to_put_right"]] == [made]

    async def test_is_nobodys_task_where_what_was_merged_follows(
        self, world: World, school: School
    ) -> None:
        """Both are put right, there and back: each time nothing of the other child is left."""
        former, child = await two_jacks(school)
        concern, same = await a_concern(school, former), await a_concern(school, former)
        merging = {"into": concern, "reason": "The same bruise."}
        assert (await step(school.lead, same, "merge", merging)).status_code == 200
        for one, other in ((former, child), (child, former)):
            assert (await correct(school.lead, concern, one, other)).status_code == 200
            assert len(tasks(world, concern, "child_corrected")) == 1
            assert (await correct(school.lead, same, one, other)).status_code == 200
            assert tasks(world, concern, "child_corrected") == []
            assert tasks(world, same, "child_corrected") == []

    async def test_stays_a_task_where_something_else_is_left(
        self, world: World, school: School
    ) -> None:
        former, child = await two_jacks(school)
        concern, same = await a_concern(school, former), await a_concern(school, former)
        await drafted_share(school, former, await a_contact(world, school, former), concern)
        merging = {"into": concern, "reason": "The same bruise."}
        assert (await step(school.lead, same, "merge", merging)).status_code == 200
        for one in (concern, same):
            assert (await correct(school.lead, one, former, child)).status_code == 200
        assert len(tasks(world, concern, "child_corrected")) == 1

    async def test_goes_to_nobody_any_more(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        contact = await a_contact(world, school, former)
        drafted, approved, sent = [
            await drafted_share(school, former, contact, concern) for _ in range(3)
        ]
        by_hand = {"code_route": "phone", "by_hand": True}
        for one in (approved, sent):
            assert (await share_step(school.lead, one, "approve", REASONS)).status_code == 200
        link = (await share_step(school.lead, sent, "send", by_hand)).json()
        read = Recipient(world, link["link"].rpartition("/")[2])
        assert (await read.enter(link["code"])).status_code == 201
        assert (await read.read()).status_code == 200
        await correct(school.lead, concern, former, child)
        handed = {"route": "in_person", "at": clock.now().isoformat(), "to": "Kim Marsh"}
        for one, verb, body in (
            (drafted, "approve", REASONS), (approved, "send", by_hand),
            (approved, "hand-over", handed), (sent, "code", {"code_route": "phone"}),
            (sent, "send", by_hand),
        ):  # fmt: skip
            refused = await share_step(school.lead, one, verb, body)
            assert (refused.status_code, refused.json().get("code")) == (409, "item_not_of_child")
        assert (await read.read()).status_code == 401
        (seen,) = await corrections(school.lead, concern)
        listed = {one["id"] for one in seen["to_put_right"] if one["kind"] == "share"}
        assert listed == {drafted, approved, sent}
        revoked = await share_step(school.lead, sent, "revoke", {"reason": "The wrong Jack."})
        assert revoked.status_code == 200, revoked.text

    async def test_is_referred_to_nobody_any_more(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        agency = await referring.an_agency(school)
        items = [{"kind": "concern", "id": concern}]
        fields = {"child_id": str(former), "concern_id": concern, "items": items}
        body = await referring.a_body(school, agency, **fields)
        drafted, approved = [await referring.a_draft(school, body) for _ in range(2)]
        signing = {"reason": "It helps.", "attachments": []}
        done = await referring.step(school.lead, approved, "approve", signing)
        assert done.status_code == 200, done.text
        sent = await referring.a_sent(school, body)
        by_key = await referring.a_key(world, school, agency)
        path = f"/v1/agency/referrals/{sent}"
        assert (await by_key.get(path)).status_code == 200
        await correct(school.lead, concern, former, child)
        sending = {"route": "secure_email", "at": referring.now(), "to": "The front door"}
        for one, verb, said in (
            (drafted, "approve", signing), (approved, "send", sending), (sent, "send", sending),
        ):  # fmt: skip
            refused = await referring.step(school.lead, one, verb, said)
            assert (refused.status_code, refused.json().get("code")) == (409, "item_not_of_child")
        assert (await by_key.get(path)).status_code == 404
        taken = await referring.step(school.lead, sent, "withdraw", {"reason": "Another Jack."})
        assert taken.status_code == 200, taken.text


class TestTellingHome:
    async def test_waits_for_whoever_asked_to_wait(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former)
        told = {
            "outcome": "not_yet",
            "reason": "Social care asked.",
            "advice": [advice(says="wait")],
        }
        decided = await school.lead.post(f"/v1/concerns/{concern}/decide-on-parents", told)
        assert decided.status_code == 201, decided.text
        assert await guards(school.lead, concern) == {"asked_to_wait"}
        await correct(school.lead, concern, former, child)
        assert await guards(school.lead, concern) == {"asked_to_wait"}
        mother = await a_contact(world, school, child)
        share = await drafted_share(school, child, mother, concern)
        body = {**REASONS, "guard_reason": "She has to know."}
        refused = await share_step(school.lead, share, "approve", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "parents_guarded")

    async def test_needs_advice_about_the_right_home(self, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former, categories=["forced_marriage"])
        told = {"outcome": "not_yet", "reason": "Social care said so.", "advice": [advice()]}
        decided = await school.lead.post(f"/v1/concerns/{concern}/decide-on-parents", told)
        assert decided.status_code == 201, decided.text
        await correct(school.lead, concern, former, child)
        opened = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        (guard,) = opened["parents"]["guards"]
        assert "advice_first" in guard["missing"]


class TestSelfHarm:
    async def test_looks_after_the_child_who_was_meant(self, world: World, school: School) -> None:
        former, child = await two_jacks(school)
        concern = await a_concern(school, former, self_harm={"kind": "self_harm"})
        assert {one[0] for one in tasks(world, concern, "sh_check")} == {former}
        done = await correct(school.lead, concern, former, child)
        assert done.status_code == 200, done.text
        for kind in ("sh_check", "sh_parents"):
            assert {one[0] for one in tasks(world, concern, kind)} == {child}
        listed = world.sql(
            "select child_id, ended_at is null from support_list_entry where source_id = %s",
            concern,
        )
        assert dict(listed) == {former: False, child: True}


class TestTimeAndPlace:
    async def test_are_put_right_and_what_stood_there_is_kept(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child, place="The gym")
        was = (await school.lead.get(f"/v1/concerns/{concern}")).json()["occurred_at"]
        then = clock.now() - timedelta(days=3)
        body = {
            "occurred_at": then.isoformat(), "occurred_precision": "about", "place": "At home",
            "reason": "It was on Monday.",
        }  # fmt: skip
        done = await step(school.lead, concern, "correct", body)
        assert done.status_code == 200, done.text
        opened = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert (opened["place"], opened["occurred_precision"]) == ("At home", "about")
        (entry,) = await chronology(school.lead, child)
        assert entry["occurred_at"] == opened["occurred_at"]
        assert entry["late"] is True
        (seen,) = await corrections(school.lead, concern)
        assert (seen["was"]["place"], seen["was"]["occurred_at"]) == ("The gym", was)
        assert (seen["became"]["place"], seen["reason"]) == ("At home", "It was on Monday.")
        assert seen["to_put_right"] == []

    async def test_cannot_lie_ahead(self, school: School) -> None:
        concern = await a_concern(school, await school.child())
        body = {"occurred_at": (clock.now() + timedelta(days=1)).isoformat(), "reason": "x"}
        refused = await step(school.lead, concern, "correct", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "occurred_in_future")

    async def test_need_something_to_say(self, school: School) -> None:
        concern = await a_concern(school, await school.child())
        refused = await step(school.lead, concern, "correct", {"reason": "x"})
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")


async def test_rows_are_vouched_for_also_the_one_that_is_gone(world: World, school: School) -> None:
    former, child = await two_jacks(school)
    concern = await a_concern(school, former)
    await correct(school.lead, concern, former, child)
    found = world.sql(
        "select details->'concern_child' from row_trail where school_id = %s "
        "and details->'concern_child' ? %s order by at desc limit 1",
        school.id, f"{concern}/{child}",
    )  # fmt: skip
    hashes = found[0][0]
    assert hashes[f"{concern}/{former}"] is None
    assert hashes[f"{concern}/{child}"] is not None
