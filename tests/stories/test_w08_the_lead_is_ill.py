"""W8: the lead is ill since the morning; nothing goes to an empty desk."""

from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, due, told


class TestW08:
    async def test_w08_the_deputy_has_it_and_the_lead_finds_no_heap(self, story: Story) -> None:
        child = await story.school.child("Bo", "Tate")
        await story.day(2, "08:05")
        await story.does(
            Role.DSL, "/v1/staff-absences",
            {"staff_id": str(story.person(Role.DSL).id),
             "valid_from": story.moment(2, "12:00").date().isoformat(),
             "valid_to": story.moment(5, "12:00").date().isoformat()},
        )  # fmt: skip
        await story.day(2, "11:00")
        receipt = await story.says(
            Role.STAFF, child, "He says that there is no food at home.", categories=["nutrition"],
            immediacy="today",
        )  # fmt: skip
        concern = receipt["id"]
        record = await story.read(Role.DEPUTY_DSL, f"/v1/concerns/{concern}")
        assert record["owner"]["id"] == str(story.person(Role.DEPUTY_DSL).id)
        assert await due(story, concern) <= story.moment(2, "12:05")
        assert told(story, concern).keys() == LEADS
        assert "food, warmth" in advice(receipt)
        await story.step(Role.DEPUTY_DSL, concern, "acknowledge")
        await story.day(2, "15:00")
        assert [one for one in story.rung(concern) if Role.DSL in one[2]] == []
        await at_the_end(story, concern, "no food at home", children=(child,))
