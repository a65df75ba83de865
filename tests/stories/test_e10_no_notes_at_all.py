"""E10: a sixth-former of whom nobody has written: two notes in a day, then away without a word."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.stories.telling import GRADES, READ, Story, where

GIVES = "Two friends told me that she gave them her records and her bike, to keep."
THANKS = "She came to thank me for everything, and hugged me. She never does."
OFFICE = Role.SCHOOL_ADMIN
NAMES = ("Ottilie", "Brook")
REASSURING = (
    "no history", "no previous", "nothing known", "not known to", "no concerns", "first concern",
    "no record of", "nothing of concern", "no cause for",
)  # fmt: skip


async def first_note(story: Story, child: UUID) -> str:
    """Friends have told the tutor, who writes it down; each friend gets an entry of their own."""
    await story.skip(1, "09:10")
    made = await story.says(
        Role.STAFF, child, GIVES, source="peer_disclosure",
        self_harm={"kind": "worry_without_words"},
    )  # fmt: skip
    for name in ("Ines", "Rafe"):
        friend = await story.school.child(name, "Lind", year_group="13")
        await story.does(Role.STAFF, f"/v1/children/{friend}/friend-support", {})
    return str(made["id"])


async def self_harm_of(story: Story, concern: str) -> dict[str, Any]:
    """What the lead sees on opening it."""
    opened = await story.read(Role.DSL, f"/v1/concerns/{concern}")
    found: dict[str, Any] = opened["self_harm"]
    return found


class TestE10:
    async def test_e10_the_second_note_is_linked_at_once_and_an_absence_is_telephoned_about(
        self, story: Story
    ) -> None:
        born = story.moment(1, "12:00").date() - timedelta(days=17 * 365 + 90)
        child = await story.school.child(
            "Ottilie", "Brook", date_of_birth=born, year_group="13", registration_group="13C"
        )
        first = await first_note(story, child)
        await self._is_no_reassurance(story, first)
        second = await self._is_linked(story, child, first)
        await self._is_telephoned_about(story, child, first)
        await self._leads_read_no_reassurance(story, child, first, second)
        assert await story.whole()

    async def _is_no_reassurance(self, story: Story, first: str) -> None:
        block = await self_harm_of(story, first)
        assert block["also_known"] == []
        assert "does not mean that nothing is there" in block["also_known_note"]
        assert "ask the pupil" in block["also_known_note"]

    async def _is_linked(self, story: Story, child: UUID, first: str) -> str:
        await story.step(Role.DSL, first, "acknowledge")
        at = await story.day(1, "14:20")
        made = await story.says(Role.PASTORAL, child, THANKS)
        second = str(made["id"])
        last = (await self_harm_of(story, first))["steps"][-1]
        assert (last["step"], last["details"]) == ("also_noted", {"other_id": second})
        assert datetime.fromisoformat(last["at"]) - at < timedelta(minutes=5)
        known = (await self_harm_of(story, first))["also_known"]
        assert [(one["noun"], one["id"]) for one in known] == [("concern", second)]
        (joined,) = [
            one for one in await story.tray(Role.DSL)
            if one["kind"] == "concern_joined" and one["concern_id"] == first
        ]  # fmt: skip
        assert datetime.fromisoformat(joined["created_at"]) - at < timedelta(minutes=5)
        heard = [mail for mail in story.mails(Role.DSL) if str(joined["id"]) in mail["Message-ID"]]
        assert len(heard) == 1, "and by mail, within minutes"
        return second

    async def _is_telephoned_about(self, story: Story, child: UUID, first: str) -> None:
        await story.step(Role.DSL, first, "checked", {
            "not_seen": "She had gone home before anybody could speak with her.",
        })  # fmt: skip
        await story.day(2, "08:50")
        mark = {
            "child_id": str(child), "date": str(clock.now().date()), "session": "am",
            "mark": "absent", "at": story.moment(2, "08:45").astimezone(UTC).isoformat(),
        }  # fmt: skip
        said = await story.does(OFFICE, "/v1/attendance-marks", {"marks": [mark]})
        assert said == {"taken": 1, "lines": []}
        await story.post()
        (call,) = [
            one for one in await story.tasks(Role.DSL, child) if one["kind"] == "absence_call"
        ]
        assert call["urgent"] is True
        assert datetime.fromisoformat(call["set_at"]) == story.moment(2, "08:50")
        assert datetime.fromisoformat(call["due_at"]) == story.moment(2, "09:15")
        await story.day(2, "09:40")
        (ring, *more) = story.rung(call["id"])
        assert (ring[0], ring[2]) == (story.moment(2, "09:15"), {Role.DSL})
        assert all(told <= {Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER} for *_, told in more)
        note = {"note": "Her father is with her. She is not well, and comes in at eleven."}
        await story.on(Role.DEPUTY_DSL, f"/v1/tasks/{call['id']}", "complete", note)
        assert "absence_call" not in await story.task_kinds(Role.DSL, child)

    async def _leads_read_no_reassurance(
        self, story: Story, child: UUID, first: str, second: str
    ) -> None:
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            texts = await story.everything(role, child)
            assert any(first in place for place in texts), role
            assert any(second in place for place in texts), role
            assert where(texts, *REASSURING, *GRADES) == {}, role
        reached = {role: story.surfaced(role, child) for role in story.told(child)}
        assert set(reached) <= {
            Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.STAFF, Role.PASTORAL,
        }  # fmt: skip
        assert reached.get(Role.STAFF, set()) | reached.get(Role.PASTORAL, set()) <= {READ}
        mails = {
            str(n): f"{one.items()} {one.get_content()}"
            for n, one in enumerate(story.sink.delivered)
        }
        assert where(mails, *NAMES, "absen", "thank", "friend", "bike") == {}
