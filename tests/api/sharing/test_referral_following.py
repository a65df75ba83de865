"""What follows once a referral was sent: asking again, disagreeing, answering, what is missing."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.moments import written
from app.core.words import Role
from tests.api.records import verbs_about
from tests.api.referring import a_body, a_draft, a_sent, an_agency, now, step
from tests.deadlines import due_by
from tests.world import School, World


def a_chase(**fields: Any) -> dict[str, Any]:
    """Somebody asked again."""
    return {"whom": "Duty desk", "route": "phoned", "at": now(), "said": "Tomorrow."} | fields


def a_challenge(**fields: Any) -> dict[str, Any]:
    """A disagreement."""
    return {
        "issue": "threshold", "text": "We hold that it is met.", "whom": "Team manager",
        "route": "phoned", "at": now(),
    } | fields  # fmt: skip


@pytest.fixture
async def agency(school: School) -> str:
    return await an_agency(school)


class TestChaseReferral:
    async def test_counts_three_days_from_when_social_care_was_told(
        self, world: World, school: School, agency: str
    ) -> None:
        body = await a_body(
            school, agency, kind="childrens_social_care", urgency="emergency", fields={}
        )
        id_ = await a_draft(school, body)
        at = await step(school.lead, id_, "send", {"route": "phoned", "at": now(), "to": "x"})
        reviewed = await step(
            school.api(Role.HEADTEACHER), id_, "approve", {"reason": "She was in danger."}
        )
        assert reviewed.json()["due_rule"] == "csc.decision"
        answer = await step(school.lead, id_, "chase", a_chase())
        found = answer.json()
        assert (found["state"], found["due_rule"]) == ("chased", "csc.followup")
        due = await due_by(world, school, "csc.followup", at.json()["sent_at"])
        assert found["due_at"] == written(due)
        event = found["events"][-1]
        assert (event["kind"], event["to"], event["text"]) == ("chased", "Duty desk", "Tomorrow.")
        assert verbs_about(world, id_)[-1] == "referral.chased"

    async def test_counts_anew_where_those_days_have_passed(
        self, world: World, school: School, agency: str
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        long_ago = clock.now() - timedelta(days=30)
        world.sql(
            "update referral set sent_at = %s, kind = 'childrens_social_care' where id = %s",
            long_ago, id_,
        )  # fmt: skip
        found = (await step(school.lead, id_, "chase", a_chase())).json()
        assert found["due_rule"] == "csc.followup"
        assert found["due_at"] > now()

    async def test_needs_a_referral_that_waits(self, school: School, agency: str) -> None:
        id_ = await a_draft(school, await a_body(school, agency))
        assert (await step(school.lead, id_, "chase", a_chase())).status_code == 409
        head = await school.api(Role.HEADTEACHER).post(
            f"/v1/referrals/{id_}/chase", a_chase(), version=1
        )
        assert head.status_code == 403


class TestChallengeReferral:
    async def test_goes_stage_by_stage_each_with_its_time(
        self, world: World, school: School, agency: str
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        seen = []
        for _ in range(4):
            found = (await step(school.lead, id_, "challenge", a_challenge())).json()
            seen.append((found["challenge"]["stage"], found["due_rule"]))
        assert found["state"] == "challenged"
        assert seen == [
            ("practitioner", "challenge.stage_1"),
            ("line_manager", "challenge.stage_2"),
            ("senior", "challenge.stage_3"),
            ("partnership_chair", "challenge.stage_4"),
        ]
        past = await step(school.lead, id_, "challenge", a_challenge())
        assert past.status_code == 409

    async def test_leaves_stages_out_at_immediate_risk_alone(
        self, world: World, school: School, agency: str
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        early = await step(school.lead, id_, "challenge", a_challenge(stage="senior"))
        assert early.status_code == 409
        found = (await step(school.lead, id_, "challenge", a_challenge(immediate_risk=True))).json()
        assert (found["challenge"]["stage"], found["due_rule"]) == (
            "senior", "challenge.immediate",
        )  # fmt: skip

    async def test_follows_the_stages_of_the_authority(self, school: School) -> None:
        agency = await an_agency(school, local_authority="EX1")
        id_ = await a_sent(school, await a_body(school, agency))
        for _ in range(3):
            found = (await step(school.lead, id_, "challenge", a_challenge())).json()
        assert found["challenge"]["stage"] == "head_of_service"
        assert found["challenge"]["authority"] == "EX1"
        other = await a_sent(school, await a_body(school, await an_agency(school)))
        unknown = await step(
            school.lead, other, "challenge",
            a_challenge(stage="head_of_service", immediate_risk=True),
        )  # fmt: skip
        assert unknown.json()["errors"][0]["pointer"] == "/stage"


class TestResolveChallenge:
    async def test_goes_on_from_the_new_outcome(
        self, world: World, school: School, agency: str
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        await step(
            school.lead, id_, "outcome",
            {"outcome": "threshold_not_met", "at": now(), "returned_by": "Jo Bell"},
        )  # fmt: skip
        await step(school.lead, id_, "challenge", a_challenge())
        again = await step(
            school.lead, id_, "outcome",
            {"outcome": "advice", "at": now(), "returned_by": "Jo Bell"},
        )  # fmt: skip
        assert again.json()["state"] == "challenged"
        assert again.json()["due_rule"] == "challenge.stage_1"
        early = await step(school.lead, id_, "close", {"reason": "Tired."})
        assert early.status_code == 409
        body = {
            "resolution": "agency_changed_decision", "text": "They assess.", "at": now(),
            "agreed_with": "Ann Day", "outcome": "assessment_required", "learning": "Phone first.",
        }  # fmt: skip
        found = (await step(school.lead, id_, "challenge/resolution", body)).json()
        assert (found["state"], found["outcome"]) == ("outcome_received", "assessment_required")
        assert (found["outcome_class"], found["challenge"]) == ("accepted", None)
        assert found["due_rule"] == "referral.close"
        event = found["events"][-1]
        assert (event["resolution"], event["stage"], event["learning"]) == (
            "agency_changed_decision", "practitioner", "Phone first.",
        )  # fmt: skip
        assert verbs_about(world, id_)[-1] == "referral.challenge_resolved"

    async def test_goes_back_to_waiting_without_one(self, school: School, agency: str) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        await step(school.lead, id_, "challenge", a_challenge(issue="no_answer"))
        body = {
            "resolution": "plan_agreed", "text": "Tomorrow.", "at": now(), "agreed_with": "Ann",
        }  # fmt: skip
        found = (await step(school.lead, id_, "challenge/resolution", body)).json()
        assert (found["state"], found["due_rule"]) == ("sent", "referral.outcome")
        twice = await step(school.lead, id_, "challenge/resolution", body)
        assert twice.status_code == 409


class TestMissing:
    async def test_says_what_to_do_about_each_thing(self, school: School, agency: str) -> None:
        body = await a_body(
            school, agency, fields={"needs": {"state": "withheld"}}, consent=None,
            lawful_basis=None,
        )  # fmt: skip
        id_ = await a_draft(school, body)
        found = (await school.lead.get(f"/v1/referrals/{id_}/missing")).json()
        assert {one["pointer"] for one in found["items"]} == {
            "/fields/family_view", "/fields/referrer", "/lawful_basis", "/consent", "/reason",
        }  # fmt: skip
        [field] = [one for one in found["items"] if one["pointer"] == "/fields/family_view"]
        assert (field["section"], field["label"]) == ("early_help", "What the family wants")
        assert field["detail"]
        assert found["answered"] == 1

    async def test_is_hidden_from_another_school(
        self, school: School, other_school: School, agency: str
    ) -> None:
        id_ = await a_draft(school, await a_body(school, agency))
        for path in ("missing", "document.json", "document.pdf"):
            answer = await other_school.lead.get(f"/v1/referrals/{id_}/{path}")
            assert answer.status_code == 404


class TestDocument:
    async def test_is_the_snapshot_and_a_pdf_of_it(self, school: School, agency: str) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        frozen = await school.lead.get(f"/v1/referrals/{id_}/snapshot")
        as_json = await school.lead.get(f"/v1/referrals/{id_}/document.json")
        assert as_json.content == frozen.content
        assert as_json.headers["content-digest"] == frozen.headers["content-digest"]
        pdf = await school.lead.get(f"/v1/referrals/{id_}/document.pdf")
        assert pdf.headers["content-type"] == "application/pdf"
        assert pdf.content.startswith(b"%PDF")


class TestMakeReferralLink:
    async def test_sends_an_approved_one_and_shows_the_code_once(
        self, world: World, school: School
    ) -> None:
        agency = await an_agency(school, email="front.door@la.example")
        id_ = await a_draft(school, await a_body(school, agency))
        draft = await step(school.lead, id_, "link", {"code_route": "phone"})
        assert draft.status_code == 409
        await step(school.lead, id_, "approve", {"reason": "They ask for help."})
        answer = await step(school.lead, id_, "link", {"code_route": "phone"})
        found = answer.json()
        assert answer.status_code == 200, answer.text
        assert found["referral"]["state"] == "sent"
        assert found["referral"]["due_rule"] == "referral.outcome"
        assert (found["mailed"], found["link"]) == (True, None)
        assert found["referral"]["events"][-1]["route"] == "portal_link"
        again = await step(school.lead, id_, "link", {"code_route": "phone", "by_hand": True})
        assert again.json()["link"].startswith("http")
        assert again.json()["code"] != found["code"]
        assert again.json()["referral"]["events"][-1]["kind"] == "link_made"

    async def test_is_the_only_way_to_send_by_link(self, school: School, agency: str) -> None:
        id_ = await a_draft(school, await a_body(school, agency, urgency="emergency"))
        how = {"route": "portal_link", "at": now(), "to": "x"}
        assert (await step(school.lead, id_, "send", how)).status_code == 422
        how["route"] = "webhook"
        refused = await step(school.lead, id_, "send", how)
        assert (refused.status_code, refused.json()["code"]) == (409, "no_address")
