"""A referral behind a link: the agency reads what was sent, acknowledges, asks and decides."""

from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.records import verbs_about
from tests.api.referring import step
from tests.api.shared import Recipient
from tests.api.sharing.test_referral_following import a_challenge
from tests.security.scenes import Scene
from tests.world import School, World

SENDING = {"code_route": "phone", "by_hand": True}


@pytest.fixture
async def referral(world: World, school: School) -> str:
    """A referral that was sent."""
    return await Scene(world, school, school[Role.DSL]).referral("sent")


async def behind_link(world: World, school: School, referral: str) -> Recipient:
    """The agency, in a session."""
    read = await school.lead.get(f"/v1/referrals/{referral}")
    version = read.headers["etag"].strip('"')
    made = await school.lead.post(f"/v1/referrals/{referral}/link", SENDING, version=version)
    assert made.status_code == 200, made.text
    recipient = Recipient(world, str(made.json()["link"]).rpartition("/")[2])
    entered = await recipient.enter(made.json()["code"])
    assert entered.status_code == 201, entered.text
    return recipient


def clock_of(world: World, referral: str) -> tuple[str, Any]:
    """By which rule it is due, and when: the one clock that runs."""
    (found,) = world.sql(
        "select rule_id, due_at from deadline where thing_id = %s and ended_at is null", referral
    )
    (kept,) = world.sql("select due_rule, due_at from referral where id = %s", referral)
    assert found == kept
    return str(kept[0]), kept[1]


class TestReferralBehindALink:
    async def test_shows_exactly_what_was_sent(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        snapshot = await school.lead.get(f"/v1/referrals/{referral}/snapshot")
        assert (await agency.read("snapshot")).content == snapshot.content
        shown = (await agency.read()).json()
        assert shown["kind"] == "referral"
        assert shown["steps"] == ["acknowledge", "reply", "return_outcome"]
        assert "referral.read" in verbs_about(world, referral)

    async def test_is_acknowledged_asked_about_and_decided(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        said = {"by": "Sam Field", "agency_reference": "W-77"}
        assert (await agency.post("acknowledge", said)).json()["state"] == "acknowledged"
        asked = await agency.post("replies", {"kind": "question", "text": "Who lives there?"})
        assert asked.status_code == 201, asked.text
        decided = {"outcome": "no_further_action", "by": "Sam Field", "reason": "Help is there."}
        assert (await agency.post("outcome", decided)).json()["state"] == "outcome_received"
        told = (await school.lead.get(f"/v1/referrals/{referral}")).json()
        assert (told["outcome"], told["agency_reference"]) == ("no_further_action", "W-77")
        kinds = [one["kind"] for one in (await agency.read()).json()["said"]]
        assert kinds == ["acknowledged", "question", "outcome_received"]

    async def test_waits_for_an_answer_whatever_else_is_said_and_done(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        await agency.post("replies", {"kind": "question", "text": "Who lives there?"})
        asked = clock_of(world, referral)
        assert asked[0] == "referral.answer"
        await agency.post("acknowledge", {"by": "Sam Field"})
        assert clock_of(world, referral) == asked
        chased = {"whom": "Duty desk", "route": "phoned", "at": clock.now().isoformat()}
        assert (await step(school.lead, referral, "chase", chased)).status_code == 200
        assert clock_of(world, referral) == asked
        decided = {"outcome": "no_further_action", "by": "Sam Field", "reason": "Help is there."}
        await agency.post("outcome", decided)
        assert clock_of(world, referral) == asked
        silent = await step(school.lead, referral, "close", {"reason": "Done."})
        assert (silent.status_code, silent.json()["code"]) == (409, "question_open")
        assert clock_of(world, referral) == asked
        said = await step(school.lead, referral, "answers", {"text": "Her aunt."})
        assert said.status_code == 200, said.text
        assert clock_of(world, referral)[0] == "referral.close"
        closed = await step(school.lead, referral, "close", {"reason": "Done."})
        assert closed.status_code == 200, closed.text

    async def test_waits_beside_a_disagreement_whose_own_time_goes_on(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        await step(school.lead, referral, "challenge", a_challenge())
        before = clock_of(world, referral)
        await agency.post("replies", {"kind": "question", "text": "Who lives there?"})
        asked = clock_of(world, referral)
        assert (before[0], asked[0]) == ("challenge.stage_1", "referral.answer")
        await step(school.lead, referral, "challenge", a_challenge())
        assert clock_of(world, referral) == asked
        await step(school.lead, referral, "answers", {"text": "Her aunt."})
        assert clock_of(world, referral)[0] == "challenge.stage_2"

    async def test_is_counted_with_its_key_once(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        body = {"kind": "question", "text": "Who lives there?"}
        for _ in range(2):
            assert (await agency.post("replies", body, key="k1")).status_code == 201
        assert verbs_about(world, referral).count("referral.question_asked") == 1

    async def test_opens_nothing_of_another_referral(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        other = await Scene(world, school, school[Role.DSL]).referral("sent")
        elsewhere = await behind_link(world, school, other)
        elsewhere.session = agency.session
        assert (await elsewhere.read()).status_code == 401
        answered = await elsewhere.post("acknowledge", {"by": "Sam Field"})
        assert answered.status_code == 401
        assert "referral.acknowledged" not in verbs_about(world, other)

    @pytest.mark.parametrize("kind", ["question", "correction_requested"])
    async def test_starts_the_clock_of_an_answer_for_what_is_asked(
        self, world: World, school: School, referral: str, kind: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        asked = await agency.post("replies", {"kind": kind, "text": "He is nine, not ten."})
        assert asked.status_code == 201, asked.text
        told = (await school.lead.get(f"/v1/referrals/{referral}")).json()
        assert told["due_rule"] == "referral.answer"
        assert told["events"][-1]["kind"] == kind
        assert (await agency.read()).json()["said"][-1]["kind"] == kind

    async def test_keeps_a_message_that_waits_for_no_answer(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        before = (await school.lead.get(f"/v1/referrals/{referral}")).json()
        body = {"kind": "reply", "text": "We visit on Friday."}
        assert (await agency.post("replies", body)).status_code == 201
        told = (await school.lead.get(f"/v1/referrals/{referral}")).json()
        assert (told["due_rule"], told["due_at"]) == (before["due_rule"], before["due_at"])
        assert (told["events"][-1]["kind"], told["events"][-1]["text"]) == ("replied", body["text"])
        assert "referral.replied" in verbs_about(world, referral)
        kinds = world.sql(
            "select kind from alert where thing_id = %s order by created_at desc limit 1", referral
        )
        assert kinds == [("agency_answered",)]

    @pytest.mark.parametrize(
        ("part", "body", "kind"),
        [
            ("replies", {"kind": "question", "text": "Who lives there?"}, "question"),
            ("replies", {"kind": "reply", "text": "We visit on Friday."}, "replied"),
            ("acknowledge", {"by": "Sam Field"}, "acknowledged"),
            ("outcome", {"outcome": "no_further_action", "by": "Sam Field"}, "outcome_received"),
        ],
    )
    async def test_counts_what_is_tapped_twice_once(
        self,
        world: World,
        school: School,
        referral: str,
        part: str,
        body: dict[str, str],
        kind: str,
    ) -> None:
        agency = await behind_link(world, school, referral)
        states = [(await agency.post(part, body)).json()["state"] for _ in range(2)]
        assert states[0] == states[1]
        events = (await school.lead.get(f"/v1/referrals/{referral}")).json()["events"]
        assert [one["kind"] for one in events].count(kind) == 1
        other = {**body, "by": "Jo Bell"}
        assert (await agency.post(part, other)).is_success
        events = (await school.lead.get(f"/v1/referrals/{referral}")).json()["events"]
        assert [one["kind"] for one in events].count(kind) == 2

    async def test_is_over_at_once_when_the_referral_is_closed(
        self, world: World, school: School, referral: str
    ) -> None:
        agency = await behind_link(world, school, referral)
        decided = {"outcome": "no_further_action", "by": "Sam Field"}
        assert (await agency.post("outcome", decided)).is_success
        assert (await agency.read()).status_code == 200
        read = await school.lead.get(f"/v1/referrals/{referral}")
        closed = await school.lead.post(
            f"/v1/referrals/{referral}/close", {"reason": "Done."},
            version=read.headers["etag"].strip('"'),
        )  # fmt: skip
        assert closed.status_code == 200, closed.text
        assert (await agency.read()).status_code == 401
        late = await agency.post("replies", {"kind": "question", "text": "Still there?"})
        assert late.status_code == 401
        assert (await agency.look()).status_code == 404
        assert "recipient.link_ended" in verbs_about(world, referral)
