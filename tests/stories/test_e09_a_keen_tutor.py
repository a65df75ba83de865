"""E9: a chatty pupil, one keen tutor, seven notes in six weeks: many notes are no worry."""

from typing import Any
from uuid import UUID

from app.core.words import Role
from tests.inboxes import about_id
from tests.stories.telling import GRADES, READ, Story, where

NOTES = (
    (1, "Lost his PE kit again, and told me all about it."),
    (8, "Noisy in tutor time, in good spirits."),
    (15, "Late by ten minutes, missed the bus."),
    (22, "Lost his calculator. Laughed about it."),
    (29, "Noisy at lunch with his friends."),
    (36, "Late again: the bus."),
    (41, "Left his bag in the hall."),
)
ALARMS = (
    "frequency", "spike", "unusual number", "more than usual", "trend", "increase", "escalating",
    "pattern of", "welfare alarm", *GRADES,
)  # fmt: skip
ROUTINE = {
    "immediacy": "routine", "source": "staff_observation", "categories": ["general_pastoral"],
}  # fmt: skip
OF_ONE = ("id", "reference", "at", "text", "version", "etag")
"""What every note has of its own."""


async def noted(story: Story, child: UUID, words: str, day: int) -> dict[str, Any]:
    """A note of the tutor, which the lead reads and closes on the same day: as it was opened."""
    made = await story.says(Role.STAFF, child, words, **ROUTINE)
    reached = await story.inbox(Role.DSL)
    await put_away(story)
    opened: dict[str, Any] = await story.read(Role.DSL, f"/v1/concerns/{made['id']}")
    await story.skip(day, "12:30")
    await story.reads(Role.DSL, made["id"], until=(day + 2, "12:00"))
    done = {"outcome": "explained", "reason": "As pupils are. His tutor keeps talking with him."}
    await story.step(Role.DSL, made["id"], "close", done)
    await story.skip(day, "16:30")
    about = [one for one in reached if about_id(one) == made["id"]]
    return {
        "alerts": [(one["kind"], one["urgent"], one.get("counts")) for one in about],
        "surfaced": story.surfaced(Role.DSL, child),
        "immediacy": opened["immediacy"],
        "due_rule": opened["due_rule"],
        "confidentiality": opened["confidentiality"],
        "state": opened["state"],
        "self_harm": opened.get("self_harm"),
        "fields": sorted(opened),
    }


async def put_away(story: Story) -> None:
    """The lead has read what is in the inbox."""
    for alert in await story.inbox(Role.DSL):
        await story.does(Role.DSL, f"/v1/alerts/{alert['id']}/acknowledge")


def rows(story: Story, table: str, child: UUID) -> int:
    """How many rows of a child a table has."""
    statement = f"select count(*) from {table} where school_id = %s and child_id = %s"  # noqa: S608
    ((count,),) = story.world.sql(statement, story.school.id, child)
    return int(count)


class TestE09:
    async def test_e09_the_seventh_note_is_met_as_the_first_and_nothing_is_made_of_their_number(
        self, story: Story
    ) -> None:
        child = await story.school.child("Otis", "Fenn", year_group="8")
        friend = await story.school.child("Idris", "Moss", year_group="8")
        child_group = {"kind": "friend", "child_ids": [str(child), str(friend)], "confirm": True}
        await story.does(Role.DEPUTY_DSL, "/v1/child-groups", child_group)
        met = []
        for day, words in NOTES:
            await story.skip(day, "09:15")
            met.append(await noted(story, child, words, day))
            if day == 22:  # something of the friend's, so that a child group could link what links
                await self._friend(story, friend)
        assert met == [met[0]] * len(NOTES)
        assert met[0]["alerts"] == [("concern_raised", False, None)]
        await self._nothing_is_surfaced(story, child)
        assert await story.whole()

    async def _friend(self, story: Story, friend: UUID) -> None:
        made = await story.says(
            Role.PASTORAL, friend, "He told me that he hurts himself.",
            self_harm={"kind": "self_harm"},
        )  # fmt: skip
        concern = made["id"]
        await story.step(Role.DSL, concern, "check", {"seen_by": "Ms Roe"})
        decided = {"outcome": "told", "reason": "With him, in his words."}
        await story.step(Role.DSL, concern, "decide-on-parents", decided)
        await story.step(Role.DSL, concern, "leave-safely", {"handed_to": "His mother"})
        await story.step(Role.DSL, concern, "contact", {"how": "spoke_with_pupil"})
        await story.reads(Role.DSL, concern, until=(26, "12:00"))
        await put_away(story)

    async def _nothing_is_surfaced(self, story: Story, child: UUID) -> None:
        for table in ("task", "support_list_entry", "linked_row", "safety_record", "check_in"):
            assert rows(story, table, child) == 0, table
        assert await story.items(Role.DSL, "/v1/linked-concerns") == []
        reached = {role: story.surfaced(role, child) for role in story.told(child)}
        assert reached == {
            Role.DSL: {"alert:concern_raised"},
            Role.DEPUTY_DSL: {"alert:concern_raised"},
            Role.STAFF: {READ, "alert:concern_thank_you"},
        }
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL, Role.GOVERNOR):
            texts = await story.everything(role, child)
            assert where(texts, *ALARMS) == {}, role
        available = await story.items(Role.DSL, "/v1/support-list")
        assert str(child) not in str(available)
