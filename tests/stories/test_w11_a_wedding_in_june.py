"""W11: a girl is promised to a man abroad; nobody at home, and nobody who knows home, is asked."""

from datetime import timedelta
from typing import Any

from app.core import clock
from app.core.words import Role
from tests.api.records import a_share
from tests.stories.telling import Story, readers, where
from tests.stories.week import LEADS, advice, decides, due, next_codes, told, triage, waiting

WORDS = "They have given me to a man. My brother takes me home, and he has my phone."
AFRAID = "She says that her brother will kill her if she is not at the gate at three."
CARE, UNIT = "01632 960110", "020 7008 0151"
LEAD, DEPUTY, HEAD, TEACHER = Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.STAFF
BOTH = {"forced_marriage", "honour_based_abuse"}


def mailed(story: Story, role: Role) -> int:
    """How often somebody was mailed, but for the news that a lead entered the county's number."""
    subjects = [str(mail["subject"]) for mail in story.mails(role)]
    return sum("how to reach a colleague" not in subject for subject in subjects)


class Promised:
    """A girl, her mother, and what she says on a Thursday after lunch."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def begins(self) -> None:
        story = self.story
        agency = {
            "name": "County", "kind": "social_care", "route": "phoned", "phone": CARE,
            "out_of_hours_phone": "01632 960111",
        }  # fmt: skip
        self.agency = str((await story.does(LEAD, "/v1/agencies", agency))["id"])
        self.child = await story.school.child("Amira", "Sadeq")
        mother = {
            "kind": "mother", "name": "Nadia Sadeq", "email": "nadia@home.example",
            "parental_responsibility": "yes",
        }  # fmt: skip
        path = f"/v1/children/{self.child}/contacts"
        self.mother = str((await story.does(LEAD, path, mother))["id"])
        await story.day(4, "13:20")
        self.receipt = await story.says(
            TEACHER, self.child, WORDS, source="child_disclosure", categories=[*sorted(BOTH)],
            alleged_source_of_harm="other_family", immediacy="routine",
        )  # fmt: skip
        self.concern = str(self.receipt["id"])

    async def refused(self, who: Role, path: str, body: Any) -> set[str]:
        """What is missing where somebody would tell home."""
        api, version = self.story.api(who), None
        if path.startswith("/v1/shares/"):
            read = await api.get(path.rpartition("/")[0])
            version = read.headers["etag"].strip('"')
        answer = await api.post(path, body, version=version)
        assert (answer.status_code, answer.json()["code"]) == (409, "parents_guarded"), answer.text
        return {need for one in answer.json()["guards"] for need in one["missing"]}

    async def asks_home(self, who: Role) -> list[set[str]]:
        """Every way in which somebody who means well would ask her mother."""
        concern = f"/v1/concerns/{self.concern}"
        told = {
            "outcome": "told", "reason": "She is gentle.", "told_to": [{"contact_id": self.mother}],
            "second_lead_id": str(self.story.person(HEAD).id),
        }  # fmt: skip
        tells = {
            "kind": "tell_parents", "question": "Ask the mother?", "decision": "Yes",
            "reason": "She is gentle.",
        }  # fmt: skip
        share = a_share(self.child, {"via": "contact", "contact_id": self.mother}, self.concern)
        draft = (await self.story.does(who, "/v1/shares", share))["id"]
        reason = {"reason": "She is gentle.", "guard_reason": "She is gentle."}
        return [
            await self.refused(who, f"{concern}/decisions", tells),
            await self.refused(who, f"{concern}/decide-on-parents", told),
            await self.refused(who, f"/v1/shares/{draft}/approve", reason),
        ]


class TestW11:
    async def test_w11_she_is_seen_alone_and_home_hears_nothing(self, story: Story) -> None:
        promised = Promised(story)
        await promised.begins()
        await self._the_teacher_knows_what_to_do(promised)
        await self._she_is_afraid_to_go_home(promised)
        await self._nobody_asks_home(promised)
        await self._social_care_is_called(promised)
        await self._nobody_else_reads_it(promised)
        await self._what_waits_at_the_end(promised)

    async def _the_teacher_knows_what_to_do(self, promised: Promised) -> None:
        """Though the teacher sent it as routine."""
        story = promised.story
        assert told(story, promised.concern) == dict.fromkeys(LEADS, True)
        assert {mailed(story, role) for role in LEADS} == {1}, "at once, by mail"
        assert await due(story, promised.concern) <= clock.now() + timedelta(hours=1)
        said = advice(promised.receipt)
        assert "See them alone, now" in said
        assert "Do not call home, not even about an absence." in said
        assert UNIT in said
        never = promised.receipt["guidance"]["never"]
        assert {"Use a relative to interpret.", "Mediate.", "Let them go without a plan."} <= {
            *never
        }
        called = {one["number"] for one in promised.receipt["lead_availability"]["call"]}
        assert CARE in called, "the number of this hour"
        (asked,) = [one for one in promised.receipt["ask_next"] if one["code"] == "immediacy"]
        assert asked["text"] == "Do they travel soon, or are they afraid to go home?"

    async def _she_is_afraid_to_go_home(self, promised: Promised) -> None:
        story, path = promised.story, f"/v1/concerns/{promised.concern}/amendments"
        await story.day(4, "13:30")
        body = {
            "kind": "addition", "text": AFRAID, "reason": "She said it now.",
            "immediacy": "immediate_danger",
        }  # fmt: skip
        await story.does(TEACHER, path, body)
        await story.post()
        assert await due(story, promised.concern) == clock.now() + timedelta(minutes=15)
        assert {mailed(story, role) for role in LEADS} == {2}, "it rings again"
        await story.step(DEPUTY, promised.concern, "acknowledge")
        steps = await next_codes(story, promised.concern)
        assert {"triage", "refer_or_why_not", "decide_parents"} <= {*steps}

    async def _nobody_asks_home(self, promised: Promised) -> None:
        await promised.story.day(4, "13:45")
        for who in LEADS:
            for missing in await promised.asks_home(who):
                assert "advice_first" in missing

    async def _social_care_is_called(self, promised: Promised) -> None:
        """The call is the referral; the police ask to wait, and no word of anybody ends that."""
        story = promised.story
        await story.day(4, "14:00")
        body = {
            "child_id": str(promised.child), "agency_id": promised.agency, "fields": {},
            "kind": "childrens_social_care", "urgency": "emergency", "prefill": False,
            "concern_id": promised.concern, "lawful_basis": "public_task",
            "items": [{"kind": "concern", "id": promised.concern}],
            "consent": {"parents_informed": "no", "consent_given": "not_sought"},
        }  # fmt: skip
        referral = (await story.does(LEAD, "/v1/referrals", body))["id"]
        call = {"route": "phoned", "at": clock.now().isoformat(), "to": "Duty desk"}
        await story.on(LEAD, f"/v1/referrals/{referral}", "send", call)
        await triage(
            story, promised.concern, 4, (5, "12:00"), primary_category="forced_marriage",
            categories=["honour_based_abuse"], confidentiality="K3",
            tell_reporter="Thank you. The police know. Please do not discuss it with anybody.",
        )  # fmt: skip
        assert "refer_or_why_not" not in await next_codes(story, promised.concern)
        word = {
            "who": "Officer on duty", "adviser": "police", "says": "wait",
            "words": "We see her at school tomorrow.", "at": clock.now().isoformat(),
            "wait_until": story.moment(8, "12:00").isoformat(),
        }  # fmt: skip
        body = {
            "outcome": "not_told", "reason": "They would take her abroad.", "advice": [word],
            "reason_codes": ["increased_risk_of_significant_harm"],
        }  # fmt: skip
        await story.does(LEAD, f"/v1/concerns/{promised.concern}/decide-on-parents", body)
        for missing in await promised.asks_home(LEAD):
            assert "blocked_until" in missing

    async def _nobody_else_reads_it(self, promised: Promised) -> None:
        """Not a teacher with a cousin in the family, nor the office that has the register."""
        story = promised.story
        cousin = await story.school.person(TEACHER, "Sara Sadeq")
        everything = await story.everybody(promised.child)
        may = {str(role) for role in (*LEADS, HEAD, TEACHER, Role.PASTORAL)}
        assert readers(everything, "given me to a man") <= may
        assert where(await story.everything(cousin, promised.child), "given me", "gate") == {}
        assert story.told(promised.child) <= {*LEADS, HEAD, TEACHER}
        assert {str(one["To"]) for one in story.sink.delivered} <= {
            person.email for person in story.school.people.values()
        }
        texts = {str(n): str(one) for n, one in enumerate(story.sink.delivered)}
        assert where(texts, "Amira", "Sadeq", "promised", "marriage") == {}

    async def _what_waits_at_the_end(self, promised: Promised) -> None:
        story = promised.story
        await decides(story, promised.concern, "siblings", "She has none here.")
        await story.day(4, "16:30")
        for role, concerns in (await waiting(story, DEPUTY)).items():
            assert promised.concern not in concerns, f"nothing of it is left to {role}"
        for role in LEADS:
            kinds = {one["kind"] for one in await story.inbox(role)}
            assert not kinds & {"concern_raised", "concern_urgent", "overdue"}, role
        kinds = {one["kind"] for one in await story.inbox(TEACHER)}
        assert kinds == {"concern_being_handled", "concern_told"}
        assert await story.whole()
