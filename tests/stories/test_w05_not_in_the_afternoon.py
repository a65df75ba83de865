"""W5: a pupil was in the morning and is gone after lunch."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, due, told


class TestW05:
    async def test_w05_rings_within_minutes_and_climbs_until_somebody_has_it(
        self, story: Story
    ) -> None:
        child = await story.school.child("Lena", "Fox")
        await story.day(4, "13:30")
        receipt = await story.says(
            Role.STAFF, child, "Not in class, not in the toilets. Her bag is gone.",
            categories=["absconding_in_day"], immediacy="routine",
        )  # fmt: skip
        concern = receipt["id"]
        assert told(story, concern) == dict.fromkeys(LEADS, True)
        assert await due(story, concern) == clock.now() + timedelta(minutes=15)
        said = advice(receipt)
        assert said.startswith("Call 999 now")
        assert "when they were last seen" in said
        assert "Wait for a set time." in receipt["guidance"]["never"]
        await story.day(4, "14:20")
        told_on = [roles for _, _, roles in story.rung(concern)]
        assert told_on
        assert Role.HEADTEACHER in set().union(*told_on), "nobody has it: the head hears of it"
        await story.step(Role.DEPUTY_DSL, concern, "acknowledge")
        heard = len(story.rung(concern))
        await story.day(4, "14:50")
        assert len(story.rung(concern)) == heard
        await self._is_asked_about_until_she_was_heard(story, str(child), concern)
        await at_the_end(story, concern, "Her bag is gone", children=(child,))

    async def _is_asked_about_until_she_was_heard(
        self, story: Story, child: str, concern: str
    ) -> None:
        """The deputy writes what is known; a police officer brings her back in the evening."""
        deputy, path = Role.DEPUTY_DSL, f"/v1/children/{child}/records"
        known = {
            "kind": "missing_episode", "police_told_at": clock.now().isoformat(),
            "police_reference": {"value": "CAD 12"},
        }  # fmt: skip
        since = {"concern_id": concern, "at": story.moment(4, "13:00").isoformat()}
        episode = await story.does(deputy, path, known | since)
        assert "find_child" in await story.task_kinds(deputy, child)
        await story.day(4, "17:00")
        (task,) = await story.items(deputy, f"/v1/tasks?child_id={child}&kind=find_child")
        assert {who for _, _, roles in story.rung(task["id"]) for who in roles} >= {deputy}
        back = known | {
            "returned_at": story.moment(4, "16:40").isoformat(), "reason": "She is back.",
        }  # fmt: skip
        await story.does(deputy, f"{path}/{episode['id']}/amend", back)
        (asked,) = await story.items(deputy, f"/v1/tasks?child_id={child}")
        assert asked["kind"] == "return_conversation"
        assert story.at(asked["due_at"]) == story.moment(7, "16:40"), "72 hours, in England"
        teacher = await story.everything(Role.STAFF, child)
        assert not any("CAD 12" in text for text in teacher.values())
