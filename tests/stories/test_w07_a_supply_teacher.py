"""W7: somebody who is here for one day reports, and is gone the next."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story, where
from tests.stories.week import LEADS, advice, at_the_end, due, told


class TestW07:
    async def test_w07_a_day_is_enough_to_report_and_no_day_more_to_read(
        self, story: Story
    ) -> None:
        supply = await story.school.person(Role.STAFF, "Jo Lane")
        child = await story.school.child("Rae", "Nash")
        await story.day(3, "14:30")
        receipt = await story.says(
            supply, child, "There is a bruise on her arm. She said: he grabbed me.",
            categories=["physical_abuse_disclosure"], source="child_disclosure",
        )  # fmt: skip
        concern = receipt["id"]
        assert told(story, concern) == dict.fromkeys(LEADS, True)
        assert await due(story, concern) <= clock.now() + timedelta(hours=1)
        assert "Note where you saw a mark, without moving clothes" in advice(receipt)
        assert "Photograph a mark." in receipt["guidance"]["never"]
        mine = await story.read(supply, f"/v1/concerns/{concern}")
        assert mine["progress"] == "received"
        assert "decisions" not in mine or mine["decisions"] == []
        chronology = await story.api(supply).get(f"/v1/children/{child}/chronology")
        assert chronology.status_code == 403
        await story.day(3, "17:00")
        story.world.sql(
            "update membership set valid_to = %s where staff_id = %s",
            story.moment(4, "00:00").date(), supply.id,
        )  # fmt: skip
        await story.day(4, "09:00")
        refused = await story.api(supply).get(f"/v1/concerns/{concern}")
        assert refused.status_code in (401, 403, 404)
        assert not where({"mail": str(story.mails(supply))}, "Rae", "Nash", "bruise")
        record = await story.read(Role.DSL, f"/v1/concerns/{concern}")
        assert record["reporter"]["name"] == "Jo Lane", "who knew what, for good"
        await story.step(Role.DSL, concern, "acknowledge")
        await at_the_end(story, concern, "he grabbed me", children=(child,))
