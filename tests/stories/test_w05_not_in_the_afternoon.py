"""W5: a pupil was in the morning and is gone after lunch."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, due, told


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
        assert await story.whole()
