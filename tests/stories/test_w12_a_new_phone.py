"""W12: a boy has a new phone and a debt, and a girl an older friend with a car: both are harmed.

The boy carries for others; his uncle may be one of them. The girl is his classmate, and each file
says nothing of the other.
"""

from datetime import timedelta
from typing import Any

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story, readers, where
from tests.stories.week import LEADS, advice, decides, due, next_codes, told, triage, waiting

CARRIES = "He says that he has to bring them the bags or they come to his flat. He owes them."
LIFTS = "An older boy fetches her in a grey Astra; she has a room key and will not say from where."
LEAD, DEPUTY, HEAD, TEACHER = Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.STAFF
CARE = "01632 960110"
UNCLE = "uncle@home.example"


class Phones:
    """Two pupils of one class on one Tuesday."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def begins(self) -> None:
        story = self.story
        agency = {"name": "County", "kind": "social_care", "route": "phoned", "phone": CARE}
        await story.does(LEAD, "/v1/agencies", agency)
        self.boy = await story.school.child("Tyrone", "Bell", registration_group="9B")
        self.girl = await story.school.child("Poppy", "Lane", registration_group="9B")
        uncle = {
            "kind": "aunt_or_uncle", "name": "Dean Bell", "email": UNCLE,
            "parental_responsibility": "yes",
        }  # fmt: skip
        made = await story.does(LEAD, f"/v1/children/{self.boy}/contacts", uncle)
        self.uncle = str(made["id"])
        await story.day(2, "10:50")
        self.carries = await story.says(
            TEACHER, self.boy, CARRIES, source="child_disclosure", immediacy="routine",
            categories=["cce", "county_lines"], alleged_source_of_harm="other_family",
        )  # fmt: skip
        self.lifts = await story.says(
            TEACHER, self.girl, LIFTS, immediacy="routine", categories=["cse"],
            alleged_source_of_harm="known_adult",
        )  # fmt: skip


class TestW12:
    async def test_w12_both_are_treated_as_harmed_and_the_uncle_is_not_told(
        self, story: Story
    ) -> None:
        phones = Phones(story)
        await phones.begins()
        await self._the_teacher_knows_what_to_do(phones)
        await self._a_debt_is_danger(phones)
        await self._the_uncle_is_not_told(phones)
        await self._each_reads_their_own(phones)
        await self._what_waits_at_the_end(phones)

    async def _the_teacher_knows_what_to_do(self, phones: Phones) -> None:
        """The teacher sent both as routine."""
        story = phones.story
        for receipt in (phones.carries, phones.lifts):
            assert told(story, receipt["id"]) == dict.fromkeys(LEADS, True)
            assert await due(story, receipt["id"]) <= clock.now() + timedelta(hours=1)
            said = advice(receipt)
            assert "Treat the child as harmed, whatever they carry or have done." in said
            assert "Note names, cars, times and places as they were told." in said
            never = {*receipt["guidance"]["never"]}
            assert {"Search the phone.", "Send them out of class to be met."} <= never
            called = {one["number"] for one in receipt["lead_availability"]["call"]}
            assert CARE in called, "the number of this hour"
            (asked,) = [one for one in receipt["ask_next"] if one["code"] == "immediacy"]
            assert asked["text"] == "Are they missing, in debt, threatened, or afraid to go home?"

    async def _a_debt_is_danger(self, phones: Phones) -> None:
        """The answer to the one question rings again, and climbs while nobody has it."""
        story, concern = phones.story, phones.carries["id"]
        await story.day(2, "11:00")
        body = {
            "kind": "addition", "text": "Yes: they wait for him at four.",
            "reason": "An answer.", "immediacy": "immediate_danger",
        }  # fmt: skip
        await story.does(TEACHER, f"/v1/concerns/{concern}/amendments", body)
        await story.post()
        assert await due(story, concern) == clock.now() + timedelta(minutes=15)
        await story.day(2, "11:40")
        reached = {role for _, _, roles in story.rung(concern) for role in roles}
        assert reached >= LEADS
        for one in (phones.carries, phones.lifts):
            await story.step(DEPUTY, one["id"], "acknowledge")
        assert "decide_parents" in await next_codes(story, concern)

    async def _the_uncle_is_not_told(self, phones: Phones) -> None:
        """He looks after the boy, and may be part of it."""
        story, concern = phones.story, f"/v1/concerns/{phones.carries['id']}"
        await story.day(2, "12:00")
        told_him: dict[str, Any] = {
            "outcome": "told", "reason": "He is his carer.",
            "told_to": [{"contact_id": phones.uncle}],
            "second_lead_id": str(story.person(HEAD).id),
        }  # fmt: skip
        tells = {
            "kind": "tell_parents", "question": "Call the uncle?", "decision": "Yes",
            "reason": "He is his carer.",
        }  # fmt: skip
        for path, body in (
            (f"{concern}/decisions", tells),
            (f"{concern}/decide-on-parents", told_him),
        ):
            answer = await story.api(DEPUTY).post(path, body)
            assert answer.json()["code"] == "parents_guarded", answer.text
            (guard,) = answer.json()["guards"]
            assert (guard["code"], "advice_first" in guard["missing"]) == ("harm_at_home", True)
            assert CARE in guard["suggestion"]
        word = {
            "who": "Duty desk", "adviser": "social_care", "says": "wait",
            "words": "We look at the uncle first.", "at": clock.now().isoformat(),
            "wait_until": story.moment(9, "12:00").isoformat(),
        }  # fmt: skip
        body = {"outcome": "not_told", "reason": "He may be part of it.", "advice": [word],
                "reason_codes": ["increased_risk_of_significant_harm"]}  # fmt: skip
        await story.does(DEPUTY, f"{concern}/decide-on-parents", body)
        answer = await story.api(DEPUTY).post(f"{concern}/decide-on-parents", told_him)
        needs = {need for one in answer.json()["guards"] for need in one["missing"]}
        assert "blocked_until" in needs

    async def _each_reads_their_own(self, phones: Phones) -> None:
        """No file names the other child, and a classmate's teacher reads neither."""
        story = phones.story
        for child, hidden in ((phones.boy, "Astra"), (phones.girl, "bags")):
            text = (await story.api(LEAD).get(f"/v1/children/{child}/chronology")).text
            assert hidden not in text
        everything = await story.everybody(phones.boy, phones.girl)
        may = {str(role) for role in (*LEADS, HEAD, TEACHER, Role.PASTORAL)}
        assert readers(everything, "bring them the bags", "grey Astra") <= may
        other = await story.school.person(TEACHER, "Max Hill")
        seen = await story.everything(other, phones.boy, phones.girl)
        assert where(seen, "bring them the bags", "grey Astra") == {}
        texts = {str(n): str(one) for n, one in enumerate(story.sink.delivered)}
        assert where(texts, "Tyrone", "Poppy", "county", "exploit") == {}
        assert UNCLE not in {str(one["To"]) for one in story.sink.delivered}

    async def _what_waits_at_the_end(self, phones: Phones) -> None:
        story = phones.story
        for concern, category in ((phones.carries["id"], "cce"), (phones.lifts["id"], "cse")):
            await triage(
                story, concern, 3, (4, "12:00"), primary_category=category, confidentiality="K3",
                tell_reporter="Thank you. A lead sees them today. Write what you notice.",
            )  # fmt: skip
            await decides(story, concern, "refer", "Social care and the police know.")
        await story.day(2, "16:30")
        for role, concerns in (await waiting(story, DEPUTY)).items():
            left = {phones.carries["id"], phones.lifts["id"]} & concerns
            assert not left, f"nothing of it is left to {role}"
        for role in LEADS:
            kinds = {one["kind"] for one in await story.inbox(role)}
            assert not kinds & {"concern_raised", "concern_urgent", "overdue"}, role
        kinds = {one["kind"] for one in await story.inbox(TEACHER)}
        assert kinds == {"concern_being_handled", "concern_told"}
        assert await story.whole()
