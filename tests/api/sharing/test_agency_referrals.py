"""What an agency's own system reads of what was sent to it, and what it answers."""

import hashlib

import pytest

from app.core.words import Role
from tests.api.records import verbs_about
from tests.api.referring import a_body, a_draft, a_key, a_sent, alerts_of, an_agency, due_rule, step
from tests.security.capture import captured
from tests.world import Api, School, World

SENT = "/v1/agency/referrals"


@pytest.fixture
async def agency(school: School) -> str:
    return await an_agency(school)


@pytest.fixture
async def system(world: World, school: School, agency: str) -> Api:
    """The API as the agency's own system."""
    return await a_key(world, school, agency)


class TestListSentReferrals:
    async def test_shows_what_was_sent_to_this_agency_alone(
        self, world: World, school: School, agency: str, system: Api
    ) -> None:
        ids = [await a_sent(school, await a_body(school, agency)) for _ in range(2)]
        await a_draft(school, await a_body(school, agency))
        other = await an_agency(school, name="Another")
        await a_sent(school, await a_body(school, other))
        first = (await system.get(f"{SENT}?limit=1")).json()
        second = (await system.get(f"{SENT}?limit=1&cursor={first['next']}")).json()
        assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
        assert second["next"] is None
        assert "Marsh" not in str(first)
        assert (await system.get(f"{SENT}?state=closed")).json()["items"] == []

    async def test_is_for_keys_of_agencies_alone(self, school: School, system: Api) -> None:
        assert (await school.lead.get(SENT)).status_code == 403
        assert (await system.get("/v1/referrals")).status_code == 403
        assert (await system.post("/v1/children/search", {})).status_code == 403


class TestOpenSentReferral:
    async def test_shows_the_frozen_content_and_nothing_else(
        self, world: World, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency), note="They sounded cross.")
        frozen = await school.lead.get(f"/v1/referrals/{id_}/snapshot")
        answer = await system.get(f"{SENT}/{id_}")
        found = answer.json()
        assert found["content"] == frozen.json()
        assert found["sha256"] == hashlib.sha256(frozen.content).hexdigest()
        assert "They sounded cross" not in answer.text
        assert "owner" not in found
        assert "concern_id" not in found
        as_json = await system.get(f"{SENT}/{id_}/document.json")
        assert as_json.content == frozen.content
        assert verbs_about(world, id_)[-1] == "referral.read"
        pdf = await system.get(f"{SENT}/{id_}/document.pdf")
        assert pdf.content.startswith(b"%PDF")

    async def test_hides_drafts_and_what_went_to_others(
        self, world: World, school: School, other_school: School, agency: str, system: Api
    ) -> None:
        draft = await a_draft(school, await a_body(school, agency))
        elsewhere = await a_sent(school, await a_body(school, await an_agency(school, name="B")))
        theirs = await a_sent(
            other_school, await a_body(other_school, await an_agency(other_school))
        )
        for id_ in (draft, elsewhere, theirs):
            for path in ("", "/document.json", "/document.pdf"):
                answer = await system.get(f"{SENT}/{id_}{path}")
                assert (answer.status_code, answer.json()["code"]) == (404, "referral_not_found")
            for verb, body in (
                ("acknowledgement", {"by": "x"}),
                ("questions", {"text": "x"}),
                ("outcome", {"outcome": "accepted", "by": "x"}),
            ):
                answer = await system.post(f"{SENT}/{id_}/{verb}", body)
                assert answer.status_code == 404, verb

    async def test_costs_as_many_statements_for_a_long_one(
        self, world: World, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        async with captured(world) as few:
            await system.get(f"{SENT}/{id_}")
        for _ in range(5):
            await system.post(f"{SENT}/{id_}/questions", {"text": "And?"})
        async with captured(world) as many:
            await system.get(f"{SENT}/{id_}")
        assert len(many) == len(few) <= 12


def waiting(world: World, school: School, referral: str) -> list[tuple[str, int]]:
    """What the lead's inbox asks about a referral, and how often it was asked."""
    return world.sql(
        "select kind, times from alert where recipient_id = %s and thing_id = %s "
        "and kind = 'agency_asked' and ended_at is null and acknowledged_at is null",
        school[Role.DSL].id, referral,
    )  # fmt: skip


class TestAgencyAnswers:
    async def test_acknowledges_once_and_tells_the_owner(
        self, world: World, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        for _ in range(2):
            answer = await system.post(
                f"{SENT}/{id_}/acknowledgement", {"by": "Jo Bell", "agency_reference": "WS-7"}
            )
            assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "acknowledged"
        seen = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert (seen["state"], seen["agency_reference"]) == ("acknowledged", "WS-7")
        event = seen["events"][-1]
        assert (event["by"], event["by_kind"], event["from_agency"]) == (None, "agency", "Jo Bell")
        assert "agency_answered" in alerts_of(world, school, Role.DSL)
        assert "referral.acknowledged" in verbs_about(world, id_)

    async def test_asks_and_is_answered(
        self, world: World, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        asked = await system.post(f"{SENT}/{id_}/questions", {"text": "Who is at home?"})
        assert asked.json()["passed"][-1]["text"] == "Who is at home?"
        assert due_rule(world, id_) == "referral.answer"
        assert "agency_asked" in alerts_of(world, school, Role.DSL)
        [card] = (await system.get(SENT)).json()["items"]
        assert card["waits_for_answer"] is True
        answer = await step(school.lead, id_, "answers", {"text": "Her mother."})
        assert answer.json()["due_rule"] == "referral.outcome"
        found = (await system.get(f"{SENT}/{id_}")).json()
        assert [(one["kind"], one["by_agency"]) for one in found["passed"]] == [
            ("question", True), ("answer", False),
        ]  # fmt: skip
        assert (await system.get(SENT)).json()["items"][0]["waits_for_answer"] is False

    async def test_asks_twice_and_each_question_waits_for_its_own_answer(
        self, world: World, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        for text in ("Who is at home?", "Who may be told?"):
            await system.post(f"{SENT}/{id_}/questions", {"text": text})
        events = (await school.lead.get(f"/v1/referrals/{id_}")).json()["events"]
        first, second = [one["id"] for one in events if one["kind"] == "question"]
        body = {"text": "Her mother.", "question_id": first}
        answer = await step(school.lead, id_, "answers", body)
        assert answer.json()["due_rule"] == "referral.answer", "the other one is open"
        assert waiting(world, school, id_) == [("agency_asked", 1)]
        assert (await system.get(SENT)).json()["items"][0]["waits_for_answer"] is True
        again = await step(school.lead, id_, "answers", body)
        assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "question_unknown")
        body = {"text": "Only her mother.", "question_id": second}
        answer = await step(school.lead, id_, "answers", body)
        assert answer.json()["due_rule"] == "referral.outcome"
        assert waiting(world, school, id_) == []
        assert (await system.get(SENT)).json()["items"][0]["waits_for_answer"] is False

    async def test_returns_an_outcome_that_a_challenge_outlives(
        self, world: World, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        body = {"outcome": "threshold_not_met", "by": "Jo Bell", "reason": "Level 2."}
        found = (await system.post(f"{SENT}/{id_}/outcome", body)).json()
        assert (found["state"], found["outcome"]) == ("outcome_received", "threshold_not_met")
        seen = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert seen["outcome_class"] == "declined"
        assert seen["due_rule"] == "referral.close"
        unknown = await system.post(f"{SENT}/{id_}/outcome", {"outcome": "lost", "by": "x"})
        assert unknown.status_code == 422

    async def test_neither_reads_nor_answers_a_closed_one(
        self, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        await system.post(f"{SENT}/{id_}/outcome", {"outcome": "accepted", "by": "Jo"})
        await step(school.lead, id_, "close", {"reason": "Done."})
        for verb, body in (("questions", {"text": "x"}), ("acknowledgement", {"by": "x"})):
            assert (await system.post(f"{SENT}/{id_}/{verb}", body)).status_code == 404
        for part in ("", "/document.json", "/document.pdf", "/attachments/1"):
            assert (await system.get(f"{SENT}/{id_}{part}")).status_code == 404, part
        assert (await system.get(SENT)).json()["items"] == []


class TestAgencyKeys:
    async def test_read_nothing_while_the_agency_is_retired(
        self, school: School, agency: str, system: Api
    ) -> None:
        id_ = await a_sent(school, await a_body(school, agency))
        assert (await system.get(f"{SENT}/{id_}")).status_code == 200
        path = f"/v1/agencies/{agency}"
        answer = await school.lead.patch(path, {"state": "retired"}, version=1)
        assert answer.status_code == 200, answer.text
        assert (await system.get(SENT)).json()["items"] == []
        for part in ("", "/document.json", "/document.pdf", "/attachments/1"):
            assert (await system.get(f"{SENT}/{id_}{part}")).status_code == 404, part
        said = await system.post(f"{SENT}/{id_}/acknowledgement", {"by": "Jo Bell"})
        assert said.status_code == 404
        await school.lead.patch(path, {"state": "active"}, version=2)
        assert (await system.get(f"{SENT}/{id_}")).status_code == 200

    async def test_end_at_once(self, world: World, school: School, agency: str) -> None:
        system = await a_key(world, school, agency)
        assert (await system.get(SENT)).status_code == 200
        [key] = (await school.lead.get(f"/v1/agencies/{agency}/keys")).json()["items"]
        path = f"/v1/agencies/{agency}/keys/{key['id']}"
        gone = await school.lead.request("DELETE", path, headers={"If-Match": key["etag"]})
        assert gone.status_code == 204
        assert (await system.get(SENT)).status_code == 401
        [ended] = (await school.lead.get(f"/v1/agencies/{agency}/keys")).json()["items"]
        assert ended["revoked_at"] is not None

    async def test_are_made_by_leads_and_never_without_an_agency(
        self, world: World, school: School, agency: str
    ) -> None:
        path = f"/v1/agencies/{agency}/keys"
        for role in (Role.SCHOOL_ADMIN, Role.DEPUTY_DSL, Role.HEADTEACHER):
            assert (await school.api(role).post(path, {"name": "x"})).status_code == 403
        body = {"name": "x", "scopes": ["referral:answer"]}
        refused = await school.api(Role.SCHOOL_ADMIN).post("/v1/service-keys", body)
        assert refused.status_code in (403, 422)
        with pytest.raises(Exception, match="of_agency"):
            world.sql(
                "update service_key set agency_id = null where agency_id = %s returning id",
                await self._keyed(world, school, agency),
            )

    @staticmethod
    async def _keyed(world: World, school: School, agency: str) -> str:
        await a_key(world, school, agency)
        return agency
