"""Referring one child to one agency, and what the agency made of it."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.ids import made_by, new_id
from app.core.words import Role
from tests.api.records import a_concern, a_decision, a_status, classify, verbs_about
from tests.api.sharing.test_shares import withdrawn
from tests.deadlines import due_by
from tests.security.capture import captured
from tests.world import Api, School, World

EARLY_HELP = {
    "needs": {"state": "value", "value": "Help with mornings."},
    "family_view": {"state": "not_known"},
    "referrer": {"state": "value", "value": {"name": "Kit Roe", "role": "Lead"}},
}
CONSENT = {"parents_informed": "yes", "consent_given": "yes", "by": "Kim Marsh"}


class Case:
    """A child with a concern, and an agency to refer to."""

    def __init__(self, child: UUID, concern: str, agency: str) -> None:
        self.child, self.concern, self.agency = child, concern, agency

    def body(self, **fields: Any) -> dict[str, Any]:
        """A referral that is ready for approval."""
        return {
            "child_id": str(self.child),
            "agency_id": self.agency,
            "kind": "early_help",
            "urgency": "routine",
            "concern_id": self.concern,
            "fields": EARLY_HELP,
            "consent": CONSENT,
            "lawful_basis": "public_task",
            "items": [{"kind": "concern", "id": self.concern}],
            "prefill": False,
        } | fields


@pytest.fixture
async def case(school: School) -> Case:
    """A child with a concern, and an agency to refer to."""
    child = await school.child()
    agency = await school.lead.post(
        "/v1/agencies", {"name": "Front door", "kind": "social_care", "route": "phoned"}
    )
    return Case(child, await a_concern(school, child), agency.json()["id"])


async def drafted(school: School, body: dict[str, Any]) -> str:
    """The id of a drafted referral."""
    answer = await school.lead.post("/v1/referrals", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def step(api: Api, id_: str, verb: str, body: Any) -> httpx.Response:
    """Take a step at the referral's present version."""
    read = await api.get(f"/v1/referrals/{id_}")
    version = read.headers["etag"].strip('"')
    return await api.post(f"/v1/referrals/{id_}/{verb}", body, version=version)


def a_sending(**fields: Any) -> dict[str, Any]:
    """How it was sent."""
    return {"route": "secure_email", "at": clock.now().isoformat(), "to": "MASH"} | fields


def an_acknowledgement(**fields: Any) -> dict[str, Any]:
    """The agency has it."""
    return {"by": "Jo Bell", "at": clock.now().isoformat()} | fields


def an_outcome(outcome: str = "declined", **fields: Any) -> dict[str, Any]:
    """What the agency decided."""
    return {"outcome": outcome, "at": clock.now().isoformat(), "returned_by": "Jo Bell"} | fields


async def approved(school: School, body: dict[str, Any]) -> str:
    """The id of an approved referral."""
    id_ = await drafted(school, body)
    answer = await step(school.lead, id_, "approve", {"reason": "They ask for help."})
    assert answer.json()["state"] == "approved", answer.text
    return id_


async def sent(school: School, body: dict[str, Any]) -> str:
    """The id of a referral that was sent."""
    id_ = await approved(school, body)
    assert (await step(school.lead, id_, "send", a_sending())).status_code == 200
    return id_


class TestListReferralKinds:
    async def test_gives_a_schema_for_every_kind(self, school: School) -> None:
        found = await school.lead.get("/v1/referral-kinds")
        kinds = {one["kind"]: one for one in found.json()["items"]}
        vocabulary = await school.lead.get("/v1/vocabularies/referral_kinds")
        assert set(kinds) == {term["code"] for term in vocabulary.json()["terms"]}
        sections = [one["name"] for one in kinds["childrens_social_care"]["sections"]]
        assert sections[:4] == ["routing", "child", "household", "concern"]

    async def test_refuses_a_teacher(self, school: School) -> None:
        assert (await school.staff.get("/v1/referral-kinds")).status_code == 403


class TestDraftReferral:
    async def test_keeps_the_answers(self, world: World, school: School, case: Case) -> None:
        sent = new_id()
        id_ = str(made_by(school[Role.DEPUTY_DSL].id, sent))
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/referrals", case.body(id=str(sent)))
        assert answer.status_code == 201, answer.text
        found = answer.json()
        assert re.fullmatch(rf"R-{clock.now().year}-\d{{6}}", found["reference"])
        assert found["fields"]["referrer"] == {
            "state": "value",
            "value": {"name": "Kit Roe", "role": "Lead"},
        }
        assert found["fields"]["family_view"] == {"state": "not_known", "value": None}
        assert found["consent"]["by"] == "Kim Marsh"
        assert found["due_rule"] == "referral.draft"
        assert found["permissions"] == ["update_referral", "approve_referral", "close_referral"]
        assert verbs_about(world, id_) == ["referral.drafted"]

    async def test_points_at_answers_that_do_not_fit(self, school: School, case: Case) -> None:
        fields = {
            "favourite_colour": {"state": "value", "value": "red"},
            "needs": {"state": "value", "value": True},
            "strengths": {"state": "value"},
            "family_view": {"state": "withheld", "value": "secret"},
            "agencies": {"state": "value", "value": {"name": "Jo"}},
            "referrer": {"state": "value", "value": "Kit"},
        }
        answer = await school.lead.post("/v1/referrals", case.body(fields=fields))
        assert answer.status_code == 422
        assert {one["pointer"] for one in answer.json()["errors"]} == {
            "/fields/favourite_colour",
            "/fields/needs/value",
            "/fields/strengths/value",
            "/fields/family_view/value",
            "/fields/agencies/value",
            "/fields/referrer/value",
        }

    async def test_refuses_hostile_field_names_and_texts(self, school: School, case: Case) -> None:
        for fields in (
            {"a\x00b": {"state": "not_known"}},
            {"needs": {"state": "value", "value": "nul \x00"}},
            {"referrer": {"state": "value", "value": {"name": "x", "is_admin": True}}},
        ):
            answer = await school.lead.post("/v1/referrals", case.body(fields=fields))
            assert answer.status_code == 422, fields

    async def test_refuses_a_concern_of_another_child_or_out_of_sight(
        self, world: World, school: School, case: Case
    ) -> None:
        other = await a_concern(school, await school.child("Sam"))
        answer = await school.lead.post("/v1/referrals", case.body(concern_id=other))
        assert answer.json()["errors"][0]["pointer"] == "/concern_id"
        await classify(world, case.concern, "K5")
        body = case.body(items=[])
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/referrals", body)
        assert answer.json()["errors"][0]["pointer"] == "/concern_id"

    async def test_refuses_who_may_not_write(self, school: School, case: Case) -> None:
        for role in (Role.STAFF, Role.PASTORAL, Role.HEADTEACHER):
            answer = await school.api(role).post("/v1/referrals", case.body())
            assert answer.status_code == 403, role

    async def test_hides_another_schools_child_and_agency(
        self, school: School, other_school: School, case: Case
    ) -> None:
        answer = await other_school.lead.post("/v1/referrals", case.body())
        assert (answer.status_code, answer.json()["code"]) == (404, "child_not_found")
        child = await other_school.child()
        body = case.body(child_id=str(child), concern_id=None, items=[])
        answer = await other_school.lead.post("/v1/referrals", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "agency_not_found")


class TestListReferrals:
    async def test_filters_and_pages(self, school: School, case: Case) -> None:
        ids = [await drafted(school, case.body()) for _ in range(3)]
        await drafted(school, case.body(kind="police", fields={}))
        query = f"/v1/referrals?kind=early_help&child_id={case.child}&limit=2"
        first = (await school.lead.get(query)).json()
        second = (await school.lead.get(f"{query}&cursor={first['next']}")).json()
        assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
        assert "fields" not in first["items"][0]
        assert first["items"][0]["approval_owed"] is False
        found = await school.lead.get(f"/v1/referrals?state=sent&agency_id={case.agency}")
        assert found.json()["items"] == []
        assert (await school.lead.get("/v1/referrals?x=1")).status_code == 422

    async def test_shows_nothing_of_another_school(
        self, school: School, other_school: School, case: Case
    ) -> None:
        await drafted(school, case.body())
        assert (await other_school.lead.get("/v1/referrals")).json()["items"] == []
        assert (await school.staff.get("/v1/referrals")).status_code == 403


class TestOpenReferral:
    async def test_leaves_a_trace(self, world: World, school: School, case: Case) -> None:
        id_ = await drafted(school, case.body())
        found = await school.api(Role.HEADTEACHER).get(f"/v1/referrals/{id_}")
        assert found.json()["permissions"] == ["approve_referral"]
        assert verbs_about(world, id_) == ["referral.drafted", "referral.opened"]

    @pytest.mark.parametrize("place", ["concern", "items"])
    async def test_tells_nothing_of_it_to_who_may_not_see_its_concern_and_items(
        self, world: World, school: School, case: Case, place: str
    ) -> None:
        sealed = await a_concern(school, case.child)
        body = (
            case.body(concern_id=sealed)
            if place == "concern"
            else case.body(concern_id=None, items=[{"kind": "concern", "id": sealed}])
        )
        id_ = await drafted(school, body)
        await classify(world, sealed, "K5")
        deputy = school.api(Role.DEPUTY_DSL)
        for look in ("", "/preview", "/snapshot"):
            answer = await deputy.get(f"/v1/referrals/{id_}{look}")
            assert (answer.status_code, answer.json()["code"]) == (404, "referral_not_found"), look
            assert "Help with mornings" not in answer.text
        assert verbs_about(world, id_) == ["referral.drafted"]
        listed = await deputy.get("/v1/referrals")
        assert listed.json()["items"] == []
        [card] = (await school.lead.get("/v1/referrals")).json()["items"]
        assert card["all_items_shown"] is True

    async def test_lets_nobody_act_who_may_not_see_all_items(
        self, world: World, school: School, case: Case
    ) -> None:
        body = case.body(concern_id=None)
        draft, ready = await drafted(school, body), await approved(school, body)
        away = await sent(school, body)
        await classify(world, case.concern, "K5")
        deputy = school.api(Role.DEPUTY_DSL)
        steps: tuple[tuple[str, str, Any, int], ...] = (
            (ready, "send", a_sending(), 2),
            (away, "acknowledgement", an_acknowledgement(), 3),
            (away, "outcome", an_outcome(), 3),
            (draft, "close", {"reason": "x"}, 1),
        )
        answers = [
            await deputy.post(f"/v1/referrals/{id_}/{verb}", given, version=version)
            for id_, verb, given, version in steps
        ]
        path = f"/v1/referrals/{draft}"
        answers.append(await deputy.patch(path, {"urgency": "urgent"}, version=1))
        assert [(one.status_code, one.json()["code"]) for one in answers] == [
            (404, "referral_not_found")
        ] * 5

    async def test_hides_another_schools_referral(
        self, school: School, other_school: School, case: Case
    ) -> None:
        id_ = await sent(school, case.body())
        for path in ("", "/preview", "/snapshot"):
            answer = await other_school.lead.get(f"/v1/referrals/{id_}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "referral_not_found")
        steps: dict[str, Any] = {
            "approve": {"reason": "x"},
            "send": a_sending(),
            "acknowledgement": an_acknowledgement(),
            "outcome": an_outcome(),
            "close": {"reason": "x"},
        }
        for verb, body in steps.items():
            answer = await other_school.lead.post(f"/v1/referrals/{id_}/{verb}", body, version=3)
            assert answer.status_code == 404, verb
        answer = await other_school.lead.patch(
            f"/v1/referrals/{id_}", {"urgency": "urgent"}, version=3
        )
        assert answer.status_code == 404


class TestChangeReferral:
    async def test_merges_answers_and_keeps_the_rest(
        self, world: World, school: School, case: Case
    ) -> None:
        id_ = await drafted(school, case.body())
        change = {
            "fields": {
                "needs": None,
                "family_view": {"state": "value", "value": "They agree."},
            },
            "name_others": {"decided": True, "reason": "Siblings live there."},
        }
        answer = await school.lead.patch(f"/v1/referrals/{id_}", change, version=1)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert sorted(found["fields"]) == ["family_view", "referrer"]
        assert found["consent"]["by"] == "Kim Marsh"
        assert found["name_others"]["by"]["id"] == str(school[Role.DSL].id)
        assert found["items"] != []
        assert verbs_about(world, id_)[-1] == "referral.changed"

    async def test_needs_the_present_version_and_a_draft(self, school: School, case: Case) -> None:
        id_ = await drafted(school, case.body())
        path, change = f"/v1/referrals/{id_}", {"urgency": "urgent"}
        assert (await school.lead.patch(path, change)).status_code == 428
        assert (await school.lead.patch(path, change, version=8)).status_code == 412
        await step(school.lead, id_, "approve", {"reason": "They ask for help."})
        assert (await school.lead.patch(path, change, version=2)).status_code == 409


class TestApproveReferral:
    async def test_freezes_with_a_decision_and_an_entry(
        self, world: World, school: School, case: Case
    ) -> None:
        id_ = await drafted(school, case.body())
        preview = await school.lead.get(f"/v1/referrals/{id_}/preview")
        answer = await step(school.lead, id_, "approve", {"reason": "They ask for help."})
        found = answer.json()
        assert (found["state"], found["due_rule"]) == ("approved", "referral.send")
        snapshot = await school.lead.get(f"/v1/referrals/{id_}/snapshot")
        assert snapshot.content == preview.content
        assert found["snapshot"]["sha256"] == hashlib.sha256(snapshot.content).hexdigest()
        decided = world.sql("select kind, reason from decision where id = %s", found["decision_id"])
        assert decided == [("refer", "They ask for help.")]
        entries = world.sql("select kind from chronology_entry where thing_id = %s", id_)
        assert entries == [("referral",)]
        assert "referral.approved" in verbs_about(world, id_)

    async def test_points_at_everything_missing(self, school: School, case: Case) -> None:
        id_ = await drafted(school, case.body(fields={}, consent=None, lawful_basis=None))
        answer = await step(school.lead, id_, "approve", {})
        assert (answer.status_code, answer.json()["code"]) == (422, "approval_incomplete")
        assert {one["pointer"] for one in answer.json()["errors"]} == {
            "/fields/needs",
            "/fields/family_view",
            "/fields/referrer",
            "/lawful_basis",
            "/consent",
            "/reason",
        }

    async def test_refuses_where_its_concern_was_entered_in_error(
        self, world: World, school: School, case: Case
    ) -> None:
        """The answers were filled from it, though it is not among the items."""
        body = case.body(items=[])
        first, id_ = await approved(school, body), await drafted(school, body)
        withdrawn(world, school, case.concern)
        answer = await step(school.lead, id_, "approve", {"reason": "They ask for help."})
        (problem,) = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == ("/concern_id", "entered_in_error")
        refused = await step(school.lead, first, "send", a_sending())
        assert (refused.status_code, refused.json()["code"]) == (409, "state_conflict")

    async def test_wants_agreement_or_a_reason_why_not(self, school: School, case: Case) -> None:
        asked = {"parents_informed": "yes", "consent_given": "no"}
        id_ = await drafted(school, case.body(consent=asked))
        answer = await step(school.lead, id_, "approve", {"reason": "x"})
        assert answer.json()["errors"][0]["pointer"] == "/consent/reason_code"
        with_reason = asked | {"reason_code": "increased_risk_of_significant_harm"}
        await school.lead.patch(f"/v1/referrals/{id_}", {"consent": with_reason}, version=1)
        answer = await step(school.lead, id_, "approve", {"reason": "x"})
        assert answer.json()["state"] == "approved"

    async def test_takes_a_standing_decision(
        self, world: World, school: School, case: Case
    ) -> None:
        decision = await a_decision(world, school, None, case.concern)
        id_ = await drafted(school, case.body())
        answer = await step(school.lead, id_, "approve", {"decision_id": decision})
        assert answer.json()["decision_id"] == decision

    @pytest.mark.parametrize("place", ["concern", "items"])
    async def test_decides_as_strictly_as_what_it_refers_is_read(
        self, world: World, school: School, case: Case, place: str
    ) -> None:
        body = case.body(items=[]) if place == "concern" else case.body(concern_id=None)
        id_ = await approved(school, body)
        await classify(world, case.concern, "K5")
        decision = (await school.lead.get(f"/v1/referrals/{id_}")).json()["decision_id"]
        items = [{"kind": "decision", "id": decision}]
        answer = await school.api(Role.DEPUTY_DSL).post(
            "/v1/referrals", case.body(concern_id=None, items=items)
        )
        assert answer.json()["errors"][0]["pointer"] == "/items/0/id"

    async def test_is_for_a_deputy(self, school: School, case: Case) -> None:
        path = f"/v1/referrals/{await drafted(school, case.body())}/approve"
        refused = await school.api(Role.PASTORAL).post(path, {"reason": "x"}, version=1)
        assert refused.status_code == 403
        signed = await school.api(Role.DEPUTY_DSL).post(path, {"reason": "x"}, version=1)
        assert signed.json()["state"] == "approved"


class TestSnapshot:
    async def test_hides_other_children_unless_a_person_decides(
        self, world: World, school: School, case: Case
    ) -> None:
        other = await school.child("Éloïse", "Stone")
        concern = await a_concern(school, case.child, other, text="ELOISE hid his coat.")
        fields = EARLY_HELP | {"strengths": {"state": "value", "value": "Stone's mother helps."}}
        body = case.body(concern_id=concern, fields=fields, items=[])
        id_ = await drafted(school, body | {"items": [{"kind": "concern", "id": concern}]})
        hidden = await school.lead.get(f"/v1/referrals/{id_}/preview")
        assert "loise" not in hidden.text.lower()
        assert "Stone" not in hidden.text
        assert hidden.json()["fields"]["strengths"]["value"] == "another pupil's mother helps."
        assert hidden.json()["items"][0]["recorded_by"]["name"] == school[Role.STAFF].name
        decided = {"decided": True, "reason": "She is at risk, too."}
        await school.lead.patch(f"/v1/referrals/{id_}", {"name_others": decided}, version=1)
        named = await school.lead.get(f"/v1/referrals/{id_}/preview")
        assert "ELOISE hid his coat." in named.text
        assert named.json()["items"][0]["children"][1]["who"] == "Éloïse Stone"


class TestSendReferral:
    async def test_starts_the_agencys_clock(self, world: World, school: School, case: Case) -> None:
        id_ = await approved(school, case.body())
        answer = await step(school.api(Role.DEPUTY_DSL), id_, "send", a_sending(note="With file"))
        found = answer.json()
        assert (found["state"], found["due_rule"]) == ("sent", "referral.outcome")
        assert found["sent_at"] is not None
        event = found["events"][-1]
        assert (event["kind"], event["to"], event["text"]) == ("sent", "MASH", "With file")
        assert verbs_about(world, id_)[-1] == "referral.sent"

    async def test_wants_writing_after_a_call_to_social_care(
        self, world: World, school: School, case: Case
    ) -> None:
        body = case.body(kind="childrens_social_care", urgency="emergency", fields={})
        id_ = await drafted(school, body)
        phoned = await step(school.lead, id_, "send", a_sending(route="phoned"))
        assert phoned.json()["due_rule"] == "referral.approve_after"
        head = school.api(Role.HEADTEACHER)
        reviewed = await step(head, id_, "approve", {"reason": "She was in danger."})
        assert reviewed.json()["due_rule"] == "csc.decision"
        due = await due_by(world, school, "csc.decision", reviewed.json()["sent_at"])
        assert datetime.fromisoformat(reviewed.json()["due_at"]) == due
        again = await step(school.lead, id_, "send", a_sending(route="phoned"))
        assert again.json()["due_rule"] == "csc.written_confirm"
        kinds = [event["kind"] for event in again.json()["events"]]
        assert kinds == ["sent", "approved", "sent"]

    async def test_lets_an_emergency_go_first_and_keeps_what_went(
        self, world: World, school: School, case: Case
    ) -> None:
        id_ = await drafted(school, case.body(urgency="emergency", fields={}, consent=None))
        answer = await step(school.api(Role.DEPUTY_DSL), id_, "send", a_sending())
        found = answer.json()
        assert found["state"] == "sent"
        assert found["approval_owed"] is True
        assert found["snapshot"] is not None
        listed = await school.lead.get("/v1/referrals")
        assert listed.json()["items"][0]["approval_owed"] is True
        await step(school.lead, id_, "outcome", an_outcome())
        early = await step(school.lead, id_, "close", {"reason": "Done."})
        assert early.status_code == 409
        bare = await step(school.lead, id_, "approve", {})
        assert bare.json()["errors"][0]["pointer"] == "/reason"
        reviewed = await step(school.lead, id_, "approve", {"reason": "She was in danger."})
        assert reviewed.json()["approval_owed"] is False
        assert reviewed.json()["state"] == "outcome_received"
        assert reviewed.json()["snapshot"] == found["snapshot"]
        again = await step(school.lead, id_, "approve", {"reason": "Once more."})
        assert again.status_code == 409

    async def test_leaves_the_review_of_an_emergency_to_another_person(
        self, world: World, school: School, case: Case
    ) -> None:
        """Neither who recorded the sending nor who is named as its sender reviews it."""
        id_ = await drafted(school, case.body(urgency="emergency", fields={}, consent=None))
        head = school.api(Role.HEADTEACHER)
        named = a_sending(by_id=str(school[Role.HEADTEACHER].id))
        sent_ = await step(school.lead, id_, "send", named)
        assert "approve_referral" not in sent_.json()["permissions"]
        for api in (school.lead, head):
            answer = await step(api, id_, "approve", {"reason": "She was in danger."})
            assert (answer.status_code, answer.json()["code"]) == (403, "second_person_needed")
        other = await drafted(school, case.body(urgency="emergency", fields={}, consent=None))
        await step(school.lead, other, "send", a_sending())
        looked = await head.get(f"/v1/referrals/{other}")
        assert looked.json()["permissions"] == ["approve_referral"]
        answer = await step(head, other, "approve", {"reason": "She was in danger."})
        assert answer.json()["approval_owed"] is False

    async def test_refuses_a_draft_that_is_no_emergency(self, school: School, case: Case) -> None:
        id_ = await drafted(school, case.body())
        assert (await step(school.lead, id_, "send", a_sending())).status_code == 409

    async def test_refuses_moments_to_come(self, school: School, case: Case) -> None:
        id_ = await approved(school, case.body())
        at = (clock.now() + timedelta(hours=2)).isoformat()
        answer = await step(school.lead, id_, "send", a_sending(at=at))
        assert answer.json()["errors"][0]["code"] == "in_future"


class TestRecordAcknowledgement:
    async def test_keeps_the_agencys_reference(
        self, world: World, school: School, case: Case
    ) -> None:
        id_ = await sent(school, case.body())
        answer = await step(
            school.lead, id_, "acknowledgement", an_acknowledgement(agency_reference="WS-7")
        )
        found = answer.json()
        assert (found["state"], found["agency_reference"]) == ("acknowledged", "WS-7")
        assert found["events"][-1]["from_agency"] == "Jo Bell"
        assert verbs_about(world, id_)[-1] == "referral.acknowledged"

    async def test_needs_a_referral_that_was_sent(self, school: School, case: Case) -> None:
        id_ = await approved(school, case.body())
        answer = await step(school.lead, id_, "acknowledgement", an_acknowledgement())
        assert answer.status_code == 409


class TestRecordOutcome:
    async def test_keeps_each_outcome_in_the_events(
        self, world: World, school: School, case: Case
    ) -> None:
        id_ = await sent(school, case.body())
        await step(school.lead, id_, "outcome", an_outcome(reason="Threshold."))
        answer = await step(school.lead, id_, "outcome", an_outcome("accepted"))
        found = answer.json()
        assert (found["state"], found["outcome"]) == ("outcome_received", "accepted")
        assert [event["outcome"] for event in found["events"]][-2:] == ["declined", "accepted"]
        assert found["due_rule"] == "referral.close"
        assert verbs_about(world, id_).count("referral.outcome_recorded") == 2

    async def test_refuses_an_unknown_outcome(self, school: School, case: Case) -> None:
        id_ = await sent(school, case.body())
        answer = await step(school.lead, id_, "outcome", an_outcome("lost"))
        assert answer.status_code == 422


class TestCloseReferral:
    async def test_ends_it(self, world: World, school: School, case: Case) -> None:
        id_ = await sent(school, case.body())
        waiting = await step(school.lead, id_, "close", {"reason": "Tired of waiting."})
        assert waiting.status_code == 409
        await step(school.lead, id_, "outcome", an_outcome("accepted"))
        answer = await step(school.lead, id_, "close", {"reason": "They took it on."})
        found = answer.json()
        assert (found["state"], found["due_at"], found["permissions"]) == ("closed", None, [])
        assert found["ended_at"] is not None
        assert verbs_about(world, id_)[-1] == "referral.closed"
        again = await step(school.lead, id_, "close", {"reason": "Again."})
        assert again.status_code == 409

    async def test_lets_a_draft_go(self, school: School, case: Case) -> None:
        id_ = await drafted(school, case.body())
        answer = await step(school.lead, id_, "close", {"reason": "The family moved."})
        assert answer.json()["state"] == "closed"
        assert answer.json()["approval_owed"] is False


class TestStatements:
    """However many items a referral has, each step sends the same statements."""

    async def test_are_as_many_for_ten_items_as_for_one(
        self, world: World, school: School, case: Case
    ) -> None:
        one, ten = await self.chosen(world, school, case)
        few = await self.counted(world, school, case.body(items=one))
        many = await self.counted(world, school, case.body(items=ten))
        assert many == few
        assert max(few.values()) <= 22  # one reads who may not be told

    async def test_are_as_many_for_an_emergency(
        self, world: World, school: School, case: Case
    ) -> None:
        one, ten = await self.chosen(world, school, case)
        urgent: dict[str, Any] = {"urgency": "emergency", "fields": {}, "consent": None}
        first = ("send", "approve")
        few = await self.counted(world, school, case.body(items=one, **urgent), first)
        many = await self.counted(world, school, case.body(items=ten, **urgent), first)
        assert many == few
        assert max(few.values()) <= 21

    @staticmethod
    async def chosen(
        world: World, school: School, case: Case
    ) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """One item, and ten of every kind."""
        items = [{"kind": "concern", "id": case.concern}]
        for _ in range(3):
            concern = await a_concern(school, case.child)
            items += [
                {"kind": "concern", "id": concern},
                {"kind": "decision", "id": await a_decision(world, school, None, concern)},
                {"kind": "status", "id": await a_status(world, school, case.child)},
            ]
        return items[:1], items

    @staticmethod
    async def counted(
        world: World,
        school: School,
        body: dict[str, Any],
        steps: tuple[str, ...] = ("approve", "send"),
    ) -> dict[str, int]:
        """How many statements drafting, each step and each look sent."""
        bodies: dict[str, Any] = {"approve": {"reason": "They ask."}, "send": a_sending()}
        who = {"approve": school.api(Role.HEADTEACHER), "send": school.lead}
        counts: dict[str, int] = {}
        async with captured(world) as sent_:
            id_ = await drafted(school, body)
        counts["draft"] = len(sent_)
        for version, verb in enumerate(steps, start=1):
            path = f"/v1/referrals/{id_}/{verb}"
            async with captured(world) as sent_:
                answer = await who[verb].post(path, bodies[verb], version=version)
            assert answer.status_code == 200, answer.text
            counts[verb] = len(sent_)
        for look in ("", "/preview", "/snapshot"):
            async with captured(world) as sent_:
                seen = await school.lead.get(f"/v1/referrals/{id_}{look}")
            assert seen.status_code == 200, seen.text
            counts[look] = len(sent_)
        return counts


class TestADraftThatIsSentAgain:
    @pytest.mark.parametrize("moved", [True, False])
    async def test_is_not_told_to_who_may_not_open_it_since(
        self, world: World, school: School, case: Case, moved: bool
    ) -> None:
        """What the record filled in stands in the kept answer, word for word."""
        words = "Zyxglorp pulled me by the arm."
        concern = await a_concern(school, case.child, text=words)
        deputy, fields = school.api(Role.DEPUTY_DSL), {"prefill": True, "fields": {}}
        kind = "childrens_social_care"
        items = [{"kind": "concern", "id": concern}]
        body = case.body(**fields, kind=kind, concern_id=concern, items=items)
        first = await deputy.post("/v1/referrals", body, key="again")
        assert words in first.text
        again = await deputy.post("/v1/referrals", body, key="again")
        assert again.content == first.content
        if moved:
            id_ = first.json()["id"]
            await deputy.post(f"/v1/referrals/{id_}/close", {"reason": "No."}, version=1)
            move = {
                "adult": {"staff_id": str(school[Role.DEPUTY_DSL].id)},
                "reason": "It is about them.",
            }
            path = f"/v1/concerns/{concern}/move"
            answer = await school.lead.post(path, move, version=world.version("concern", concern))
            assert answer.status_code == 200, answer.text
        else:
            await classify(world, concern, "K5")
        later = await deputy.post("/v1/referrals", body, key="again")
        assert later.status_code == 404
        assert words not in later.text
