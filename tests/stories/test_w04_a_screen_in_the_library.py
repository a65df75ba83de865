"""W4: a librarian sees what a pupil watches, and he says that he will travel."""

from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, due, next_codes, told


class TestW04:
    async def test_w04_is_urgent_without_a_label_and_told_to_no_parent_first(
        self, story: Story
    ) -> None:
        child = await story.school.child("Tom", "Adeyemi")
        await story.day(3, "13:05")
        receipt = await story.says(
            Role.STAFF, child, "He watched it twice and said that he will go there at Easter.",
            categories=["online_extremist_content", "radicalisation"],
        )  # fmt: skip
        concern = receipt["id"]
        assert told(story, concern) == dict.fromkeys(LEADS, True)
        assert "If there is a plan, call 999." in advice(receipt)
        assert "Give them a label." in receipt["guidance"]["never"]
        assert await due(story, concern) <= story.moment(3, "14:05")
        assert "decide_parents" in await next_codes(story, concern)
        assert Role.SCHOOL_ADMIN not in story.told(child)
        await story.step(Role.DSL, concern, "acknowledge")
        await at_the_end(story, concern, "go there at Easter", children=(child,))
