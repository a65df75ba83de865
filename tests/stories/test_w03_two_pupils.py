"""W3: a pupil says what another did to her behind the sports hall: two children, two families."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, due, told

WORDS = "She said that Kit held her and put his hand under her skirt."


class TestW03:
    async def test_w03_both_are_safe_and_neither_family_learns_of_the_other(
        self, story: Story
    ) -> None:
        harmed = await story.school.child("Ines", "Okoro")
        other = await story.school.child("Kit", "Hale")
        await story.day(2, "11:15")
        receipt = await story.says(
            Role.STAFF, harmed, WORDS, categories=["sexual_violence"],
            others=[{"child_id": str(other), "role": "alleged_to_have_harmed"}],
        )  # fmt: skip
        concern = receipt["id"]
        assert told(story, concern) == dict.fromkeys(LEADS, True)
        assert await due(story, concern) == clock.now() + timedelta(minutes=15)
        assert "Keep the children apart" in advice(receipt)
        assert "Tell one family about the other child." in receipt["guidance"]["never"]
        owed = await story.owed(concern)
        assert owed["safety_measures"][1] == str(story.person(Role.DSL).id)
        assert owed["safety_measures"][0] <= story.moment(2, "23:59")
        for child, hidden in ((harmed, "Kit"), (other, "Ines")):
            path = f"/v1/children/{child}/chronology"
            text = (await story.api(Role.DSL).get(path)).text
            assert hidden not in text, "each file without the other's name"
        await story.step(Role.DSL, concern, "acknowledge")
        (task,) = [one for one in await story.tasks(Role.DSL) if one["kind"] == "safety_measures"]
        note = {"note": "Different classes until Friday; Ms Roe with her, Mr Bell with him."}
        await story.on(Role.DSL, f"/v1/tasks/{task['id']}", "complete", note)
        await at_the_end(story, concern, "held her and put", children=(harmed, other))
