"""A girl speaks of a journey before the summer; her parents must hear nothing of it.

Every way home is tried by somebody who means well, and none of them is open.
"""

from datetime import timedelta
from typing import Any

from app.core import clock
from app.core.words import Role
from tests.api.records import a_share
from tests.stories.telling import Story, where
from tests.stories.week import advice, at_the_end, due, told

LATE = "Late again, and tired."
SAID = "Auntie says there is a party for me in the summer, and then I am a woman."
MOTHER, PHONE = "hodan.warsame@home.example", "01632 960501"
LEADS = (Role.DSL, Role.DEPUTY_DSL)


class Summer:
    """A girl, her mother, a small matter of before, and what she says now."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def begins(self) -> None:
        """A letter about being late is ready to go when she speaks."""
        story = self.story
        story.starts("2027-07-12")
        agency = {
            "name": "County", "kind": "social_care", "route": "phoned", "phone": PHONE,
            "out_of_hours_phone": "01632 960502",
        }  # fmt: skip
        await story.does(Role.DSL, "/v1/agencies", agency)
        self.child = await story.school.child("Sagal", "Warsame")
        mother = {
            "kind": "mother", "name": "Hodan Warsame", "email": MOTHER,
            "parental_responsibility": "yes",
        }  # fmt: skip
        made = await story.does(Role.DSL, f"/v1/children/{self.child}/contacts", mother)
        self.mother = str(made["id"])
        await story.day(1, "09:00")
        late = await story.says(
            Role.STAFF, self.child, LATE, categories=["unexplained_pattern"], immediacy="routine"
        )
        self.late = late["id"]
        self.letter = await self.drafts(self.late)
        reason = {"reason": "They can help her to be in time."}
        await story.on(Role.DSL, f"/v1/shares/{self.letter}", "approve", reason)

    async def drafts(self, concern: str) -> str:
        body = a_share(self.child, {"via": "contact", "contact_id": self.mother}, concern)
        made: dict[str, Any] = await self.story.does(Role.DSL, "/v1/shares", body)
        return str(made["id"])

    async def speaks(self) -> None:
        self.receipt = await self.story.says(
            Role.STAFF, self.child, SAID, source="child_disclosure", categories=["fgm_risk"]
        )
        self.concern = self.receipt["id"]

    async def refused(self, path: str, body: Any, role: Role = Role.DSL) -> dict[str, Any]:
        """What somebody is answered who would tell home."""
        api = self.story.api(role)
        version = None
        if path.startswith("/v1/shares/"):
            read = await api.get(path.rpartition("/")[0])
            version = read.headers["etag"].strip('"')
        answer = await api.post(path, body, version=version)
        found: dict[str, Any] = answer.json()
        assert (answer.status_code, found["code"]) == (409, "parents_guarded"), answer.text
        return found

    async def tries_all(self) -> list[dict[str, Any]]:
        """Every way home, by people who mean well."""
        decision = {
            "kind": "tell_parents", "question": "Tell the mother?", "decision": "Yes",
            "reason": "She is kind.",
        }  # fmt: skip
        told = {
            "outcome": "told", "reason": "She is kind.", "told_to": [{"contact_id": self.mother}],
            "second_lead_id": str(self.story.school[Role.HEADTEACHER].id),
        }  # fmt: skip
        reason = {"reason": "She can help.", "guard_reason": "She is kind."}
        concern, draft = f"/v1/concerns/{self.concern}", await self.drafts(self.concern)
        tried = [
            await self.refused(f"/v1/shares/{draft}/approve", reason),
            await self.refused(f"/v1/shares/{self.letter}/send", {"code_route": "phone"}),
        ]
        for role in LEADS:
            tried += [
                await self.refused(f"{concern}/decisions", decision, role),
                await self.refused(f"{concern}/decide-on-parents", told, role),
            ]
        return tried

    async def hears(self, adviser: str, says: str, **more: Any) -> None:
        """Somebody outside advises, and the lead writes it down."""
        advice = {
            "who": "Duty desk", "adviser": adviser, "says": says, "words": "As we agreed.",
            "at": clock.now().isoformat(), **more,
        }  # fmt: skip
        body = {
            "outcome": "not_yet", "reason": "She could be taken away.", "advice": [advice],
            "reason_codes": ["increased_risk_of_significant_harm"],
        }  # fmt: skip
        await self.story.does(Role.DSL, f"/v1/concerns/{self.concern}/decide-on-parents", body)


class TestG01:
    async def test_g01_nobody_at_home_hears_that_she_spoke(self, story: Story) -> None:
        summer = Summer(story)
        await summer.begins()
        await story.day(1, "10:30")
        await summer.speaks()
        assert told(story, summer.concern) == dict.fromkeys(LEADS, True)
        assert await due(story, summer.concern) <= clock.now() + timedelta(hours=1)
        assert "Do not speak to the family." in advice(summer.receipt)
        assert "Tell a relative." in summer.receipt["guidance"]["never"]

        path = f"/v1/concerns/{summer.concern}/parents-options"
        options = await story.read(Role.DSL, path)
        (guard,) = options["guards"]
        assert (
            guard["reason"] == "Telling home could put the child in danger, or make them disappear."
        )
        assert PHONE in guard["suggestion"]
        for refused in await summer.tries_all():
            assert refused["social_care"]["number"] == PHONE
            assert "advice_first" in {need for one in refused["guards"] for need in one["missing"]}

        await story.day(1, "11:30")
        until = story.moment(3, "12:00").isoformat()
        await summer.hears("police", "wait", wait_until=until)
        await summer.hears("social_care", "tell")
        for refused in await summer.tries_all():
            needs = {need for one in refused["guards"] for need in one["missing"]}
            assert "blocked_until" in needs, "who asked to wait alone can end it"

        await story.day(3, "12:30")
        await summer.hears("police", "tell")
        letter = f"/v1/shares/{summer.letter}"
        for role in (Role.DSL, Role.HEADTEACHER):
            await story.on(role, letter, "confirm", {"guard_reason": "It is about being late."})
        await story.on(Role.DSL, letter, "send", {"code_route": "phone", "by_hand": True})
        self._left_nothing(story)
        await story.step(Role.DEPUTY_DSL, summer.concern, "acknowledge")
        await at_the_end(story, summer.concern, "then I am a woman", children=(summer.child,))

    def _left_nothing(self, story: Story) -> None:
        staff = {one.email for one in story.school.people.values()}
        assert {str(one["To"]) for one in story.sink.delivered} <= staff
        texts = {
            str(n): f"{one.items()} {one.get_content()}"
            for n, one in enumerate(story.sink.delivered)
        }
        assert where(texts, "Sagal", "Warsame", "party", "Auntie") == {}
