"""A father is feared, and a mother is safe: each is judged alone, and he hears of nothing."""

from typing import Any

from app.core import clock
from app.core.words import Role
from tests.api.records import a_share
from tests.stories.telling import Story

SAID = "Dad pushed Mum down the stairs. She said not to tell."
REASON = {"reason": "She can keep them safe.", "guard_reason": "Social care asked us to."}


class TestG02:
    async def test_g02_the_mother_is_told_with_care_and_the_father_never(
        self, story: Story
    ) -> None:
        child = await story.school.child("Ivo", "Lindqvist")
        mother = await self._parent(story, child, "mother", "Ann Lindqvist")
        father = await self._parent(story, child, "father", "Per Lindqvist")
        await story.day(1, "09:30")
        told = {"categories": ["domestic_abuse"], "alleged_source_of_harm": "parent_carer"}
        concern = (await story.says(Role.STAFF, child, SAID, **told))["id"]
        path = f"/v1/concerns/{concern}"

        options = await story.read(Role.DSL, f"{path}/parents-options")
        assert {one["code"] for one in options["guards"]} == {"domestic_abuse", "harm_at_home"}
        at_home = {"outcome": "told", "reason": "She rang.", "told_to": [{"contact_id": mother}]}
        answer = await story.api(Role.DSL).post(f"{path}/decide-on-parents", at_home)
        assert answer.json()["code"] == "parents_guarded"

        await story.day(1, "10:00")
        advice = {
            "who": "Duty desk", "adviser": "social_care", "says": "tell",
            "at": clock.now().isoformat(), "words": "Ring her at work, never at home.",
        }  # fmt: skip
        kept = {
            "outcome": "not_yet", "reason": "He must not hear.", "source_of_harm": [father],
            "advice": [advice],
        }  # fmt: skip
        await story.does(Role.DSL, f"{path}/decide-on-parents", kept)
        options = await story.read(Role.DSL, f"{path}/parents-options")
        missing = {one["id"]: self._missing(one) for one in options["contacts"]}
        assert missing[mother] == {"reason", "second_person"}

        draft = await self._draft(story, child, mother, concern)
        first = await story.on(Role.DSL, draft, "approve", REASON)
        assert first["waiting_for"] == "second_approver"
        second = await story.on(Role.HEADTEACHER, draft, "approve", REASON)
        assert second["state"] == "approved"
        await self._never(story, child, father, concern)

    @staticmethod
    def _missing(contact: dict[str, Any]) -> set[str]:
        return {need for one in contact["guards"] for need in one["missing"]}

    async def _parent(self, story: Story, child: Any, kind: str, name: str) -> str:
        body = {"kind": kind, "name": name, "parental_responsibility": "yes", "lives_with": "yes"}
        made = await story.does(Role.DSL, f"/v1/children/{child}/contacts", body)
        return str(made["id"])

    async def _draft(self, story: Story, child: Any, contact: str, concern: str) -> str:
        body = a_share(child, {"via": "contact", "contact_id": contact}, concern)
        made = await story.does(Role.DSL, "/v1/shares", body)
        return f"/v1/shares/{made['id']}"

    async def _never(self, story: Story, child: Any, father: str, concern: str) -> None:
        """He is barred now: even an emergency does not make him one to tell."""
        draft = await self._draft(story, child, father, concern)
        first = await story.on(Role.DSL, draft, "approve", REASON)
        assert first["state"] == "draft"
        body = {
            "outcome": "told", "reason": "He is here.", "told_to": [{"contact_id": father}],
            "told_under": "life_at_risk",
        }  # fmt: skip
        answer = await story.api(Role.DSL).post(f"/v1/concerns/{concern}/decide-on-parents", body)
        assert answer.json()["code"] == "parents_guarded"
