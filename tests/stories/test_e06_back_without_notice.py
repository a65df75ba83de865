"""E6: an attempt and hospital; five days later the pupil is back without notice and late."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.stories.telling import READ, Story, where

OFFICE = Role.SCHOOL_ADMIN
NAMES = ("Zofia", "Wren")


def day(number: int) -> int:
    """A day of the story, which begins on a Wednesday: the sixth is a Monday."""
    return number + 2


async def registers(story: Story, child: UUID, mark: str, hour: str, **fields: Any) -> Any:
    """The office sends the mark of this morning."""
    now = clock.now()
    at = now.replace(hour=int(hour[:2]), minute=int(hour[3:]))
    one = {
        "child_id": str(child), "date": str(now.date()), "session": "am", "mark": mark,
        "at": at.isoformat(),
    } | fields  # fmt: skip
    return await story.does(OFFICE, "/v1/attendance-marks", {"marks": [one]})


async def hospital(story: Story, child: UUID) -> str:
    """The first day: what was seen, the ambulance, home told; the next day somebody rings home."""
    await story.skip(day(1), "11:20")
    made = await story.says(
        Role.STAFF, child, "She is not well and says that she wanted to die.",
        immediacy="immediate_danger", self_harm={"kind": "suicide_attempt", "with_now": "Mr Bell"},
    )  # fmt: skip
    concern = str(made["id"])
    await story.step(Role.DSL, concern, "acknowledge")
    went = {"called": ["ambulance"], "went_with": "Mr Bell", "where_to": "The infirmary"}
    await story.step(Role.DSL, concern, "emergency", went)
    told = {"outcome": "told", "why": "They met her at the infirmary."}
    await story.step(Role.DSL, concern, "parents-decided", told)
    not_seen = {"not_seen": "She went by ambulance; the infirmary speaks with her."}
    await story.step(Role.DSL, concern, "checked", not_seen)
    body = {
        "level": 3, "primary_category": "mental_health",
        "owner_id": str(story.school[Role.DSL].id),
        "due_at": story.moment(day(7), "12:00").isoformat(), "reasons": "She is in hospital.",
    }  # fmt: skip
    await story.step(Role.DSL, concern, "triage", body)
    for number in (2, 3):
        await story.day(day(number), "09:00")
        await registers(story, child, "absent", "08:50", explained=True)
        spoke = {"how": "spoke_with_family", "note": "Not known yet when she comes back."}
        await story.step(Role.DSL, concern, "contacted", spoke)
    return concern


class TestE06:
    async def test_e06_the_same_morning_somebody_has_to_see_her_and_there_is_no_plan(
        self, story: Story
    ) -> None:
        child = await story.school.child("Zofia", "Wren", year_group="10")
        await hospital(story, child)
        await story.day(day(6), "09:21")
        assert "task:return_check" not in story.surfaced(Role.DSL, child)
        said = await registers(story, child, "late", "09:20")
        assert said == {"taken": 1, "lines": []}, "the office learns nothing"
        await story.post()
        task = await self._is_asked(story, child)
        await self._rings(story, task)
        await self._is_seen(story, child, task)
        await self._is_not_punished(story, child)
        texts = {
            str(n): f"{one.items()} {one.get_content()}"
            for n, one in enumerate(story.sink.delivered)
        }
        assert where(texts, *NAMES, "hospital", "suicide", "attempt", "return", "late") == {}
        assert await story.whole()

    async def _is_asked(self, story: Story, child: UUID) -> dict[str, Any]:
        (card,) = [
            one for one in await story.tasks(Role.DSL, child) if one["kind"] == "return_check"
        ]
        task: dict[str, Any] = await story.read(Role.DSL, f"/v1/tasks/{card['id']}")
        assert datetime.fromisoformat(task["set_at"]) == story.moment(day(6), "09:21")
        assert datetime.fromisoformat(task["due_at"]) == story.moment(day(6), "10:20")
        assert (task["urgent"], task["due_rule"]) == (True, "sh.return_check")
        assert task["facts"] == {"on": str(clock.now().date()), "mark": "late", "has_plan": False}
        newest = max(story.mails(Role.DSL), key=lambda mail: str(mail["Message-ID"]))
        assert newest["X-Priority"] == "1"
        assert {Role.STAFF: {READ}} == {
            role: story.surfaced(role, child)
            for role in story.told(child) - {Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER}
        }
        seen = await story.items(Role.DEPUTY_DSL, f"/v1/tasks?child_id={child}")
        assert task["id"] in {one["id"] for one in seen}, "another lead can have it"
        for role in (Role.STAFF, OFFICE, Role.PASTORAL):
            answer = await story.api(role).get(f"/v1/tasks/{task['id']}")
            assert answer.status_code in (403, 404), role
        return task

    async def _rings(self, story: Story, task: dict[str, Any]) -> None:
        """Nobody has seen her: it rings the same morning, and does not wait for the day to end."""
        await story.day(day(6), "11:30")
        (first, second, *_) = story.rung(task["id"])
        assert (first[0], first[2]) == (story.moment(day(6), "10:20"), {Role.DSL})
        assert Role.DEPUTY_DSL in second[2]
        assert second[0] <= story.moment(day(6), "11:30")

    async def _is_seen(self, story: Story, child: UUID, task: dict[str, Any]) -> None:
        adult = str(story.school[Role.PASTORAL].id)
        back = {"returned_on": str(clock.now().date()), "adult_id": adult}
        path = f"/v1/children/{child}/returns"
        await story.does(Role.DSL, path, back)
        note = {"note": "Seen in the library, glad to be back, tired."}
        await story.on(Role.DSL, f"/v1/tasks/{task['id']}", "complete", note)
        assert {"return_meeting", "return_day_90"} <= await story.task_kinds(Role.DSL, child)
        mine = [one for one in await story.tasks(Role.PASTORAL, child)]
        days = [datetime.fromisoformat(one["due_at"]).date() for one in mine]
        first = clock.now().date()
        assert days == [first + timedelta(days=number) for number in range(5)]

    async def _is_not_punished(self, story: Story, child: UUID) -> None:
        """The behaviour log has an entry for being late: a lead has to look at it, and say why."""
        entry = {"kind": "detention", "date": str(clock.now().date()), "reason": "Late, 09:20"}
        path = f"/v1/children/{child}/removals"
        assert await story.does(OFFICE, path, entry) == {"received": True}
        (card,) = [one for one in await story.tasks(Role.DSL, child) if one["kind"] == "sh_removal"]
        assert datetime.fromisoformat(card["set_at"]) == clock.now()
        assert datetime.fromisoformat(card["due_at"]) == story.moment(day(7), "16:00")
        removal = f"{path}/{card['about']['id']}"
        assert (await story.read(Role.DSL, removal))["school_reason"] == "Late, 09:20"
        assert (await story.api(OFFICE).get(removal)).status_code == 403
        look = {"look": "withdrawn", "reason": "It was her first morning back."}
        await story.on(Role.DSL, removal, "look", look)
        assert "sh_removal" not in await story.task_kinds(Role.DSL, child)
