"""E11: a child of year four, autistic: head banging that is long known, and new words, said calmly.

What is in the sensory plan is no self-harm. The new words are, and are for the same day; the
child can answer with pictures.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.words import Role
from tests.inboxes import about_id
from tests.stories.telling import Story, where

BANGS = "Banged his head on the mat when the hall got loud. Used his plan, was fine after."
CALM = "He said it while drawing, calmly: I want to be dead."
WORDS = "I want to be dead"
PICTURES = "safety_check_pictures"


def value(content: Any) -> dict[str, Any]:
    """An answer."""
    return {"value": content}


async def long_known(story: Story, child: UUID) -> str:
    """His plan is in a support note; the assistant writes of a loud day, as she does."""
    await story.skip(1, "09:00")
    note = {
        "kind": "support_note",
        "neurodivergence_adjustments": value(
            "Sensory plan since year one: when it is loud he bangs his head on the mat. Ear "
            "defenders, the tent, and no words for a while."
        ),
    }
    await story.does(Role.DSL, f"/v1/children/{child}/records", note)
    await story.skip(2, "11:10")
    made = await story.says(
        Role.STAFF, child, BANGS, source="staff_observation", immediacy="routine"
    )
    await story.reads(Role.DSL, made["id"], until=(4, "12:00"))
    explained = {"outcome": "explained", "reason": "Long known, and his plan holds."}
    await story.step(Role.DSL, made["id"], "close", explained)
    return str(made["id"])


def counted(story: Story, child: UUID) -> list[tuple[str, str]]:
    """What of a child counts as self-harm: by concern, with its kind."""
    rows = story.world.sql(
        "select s.id::text, s.kind from self_harm s join concern_child c "
        "on c.school_id = s.school_id and c.id = s.id where s.school_id = %s and c.child_id = %s",
        story.school.id, child,
    )  # fmt: skip
    return [(concern, kind) for concern, kind in rows]


class TestE11:
    async def test_e11_new_words_are_for_the_same_day_and_old_movements_are_not_counted(
        self, story: Story
    ) -> None:
        born = story.moment(1, "12:00").date() - timedelta(days=8 * 365 + 200)
        child = await story.school.child("Noor", "Pell", date_of_birth=born, year_group="4")
        friend = await story.school.child("Tam", "Orr", date_of_birth=born, year_group="4")
        old = await long_known(story, child)
        await self._is_nothing_new(story, child, friend, old)
        await story.skip(5, "10:15")
        made = await story.says(
            Role.STAFF, child, CALM, source="child_disclosure",
            self_harm={"kind": "thoughts_of_suicide", "own_words": value(WORDS)},
        )  # fmt: skip
        concern = str(made["id"])
        await self._is_for_today(story, child, concern)
        await self._offers_pictures(story, child, concern)
        await self._counts_the_new_alone(story, child, old, concern)
        assert await story.whole()

    async def _is_nothing_new(self, story: Story, child: UUID, friend: UUID, old: str) -> None:
        """A friend has self-harmed and they are known to be close; still nothing is linked."""
        child_group = {"kind": "friend", "child_ids": [str(child), str(friend)], "confirm": True}
        await story.does(Role.DEPUTY_DSL, "/v1/child-groups", child_group)
        self.friends = (
            await story.says(
                Role.PASTORAL, friend, "He told me he hurts himself.",
                self_harm={"kind": "self_harm"},
            )
        )["id"]  # fmt: skip
        await story.skip(4, "16:30")
        assert counted(story, child) == []
        assert await story.items(Role.DSL, "/v1/linked-concerns") == []
        assert story.surfaced(Role.DSL, child) == {"alert:concern_raised"}
        assert str(child) not in str(await story.items(Role.DSL, "/v1/support-list"))
        opened = await story.read(Role.DSL, f"/v1/concerns/{old}")
        assert (opened["self_harm"], opened["immediacy"]) == (None, "today")

    async def _is_for_today(self, story: Story, child: UUID, concern: str) -> None:
        at = story.moment(5, "10:15")
        assert {"task:sh_check", "task:sh_parents"} <= story.surfaced(Role.DSL, child)
        owed = await story.owed(concern)
        lead = str(story.school[Role.DSL].id)
        assert owed["sh_check"] == (story.moment(5, "15:00"), lead)
        assert owed["sh_parents"] == (story.moment(5, "16:00"), lead)
        for role in (Role.DSL, Role.DEPUTY_DSL):
            (alert,) = [one for one in await story.inbox(role) if about_id(one) == concern]
            assert datetime.fromisoformat(alert["created_at"]) == at, role
            assert any(alert["id"] in mail["Message-ID"] for mail in story.mails(role)), role
        opened = await story.read(Role.DSL, f"/v1/concerns/{concern}")
        assert opened["due_rule"] == "sh.lead_ack_today"
        assert opened["self_harm"]["told"]["own_words"]["value"] == WORDS

    async def _offers_pictures(self, story: Story, child: UUID, concern: str) -> None:
        """The lead is told that he can answer with pictures; the check has those he chose."""
        opened = await story.read(Role.DSL, f"/v1/concerns/{concern}")
        assert any("pictures" in one for one in opened["self_harm"]["next"])
        offered = await story.read(Role.DSL, f"/v1/vocabularies/{PICTURES}")
        assert offered["review"] == "draft vocabulary, not yet clinically reviewed"
        assert all(one["notes"] for one in offered["terms"]), "each is a picture"
        await story.skip(5, "11:00")
        check = {
            "kind": "safety_check", "concern_id": concern, "ways": ["pictures", "few_words"],
            "helped_by": value("Ms Adeyemi, his assistant"),
            "pictures": value(["too_loud", "school", "stop", "help"]),
            "asked_directly": {
                "answer": "yes", "question": "Do you want to die?", "reply": "I want it quiet.",
            },
            "taken_anything": value("no"),
        }  # fmt: skip
        path = f"/v1/children/{child}/records"
        kept = await story.does(Role.DSL, path, check)
        assert kept["content"]["pictures"]["value"] == ["too_loud", "school", "stop", "help"]
        assert kept["content"]["ways"] == ["pictures", "few_words"]
        assert "sh_check" not in await story.owed(concern)
        options = await story.read(Role.DSL, f"/v1/concerns/{concern}/parents-options")
        assert [one["row"] for one in options["suggestions"]] == ["row_2"]
        assert options["facts"]["age"] == 8

    async def _counts_the_new_alone(
        self, story: Story, child: UUID, old: str, concern: str
    ) -> None:
        assert counted(story, child) == [(concern, "thoughts_of_suicide")]
        (linked,) = await story.items(Role.DSL, "/v1/linked-concerns")
        shown = await story.read(Role.DSL, f"/v1/linked-concerns/{linked['id']}")
        assert {row["concern"]["id"] for row in shown["rows"]} == {self.friends, concern}
        block = (await story.read(Role.DSL, f"/v1/concerns/{concern}"))["self_harm"]
        beside = {one["id"]: one["category"] for one in block["also_known"]}
        assert old in beside, "a place to look at, with its own date"
        texts = await story.everything(Role.DSL, child)
        about_old = {place: text for place, text in texts.items() if old in place}
        assert about_old
        assert where(about_old, "thoughts_of_suicide", '"kind":"self_harm"') == {}
