"""W6: what is said on the last afternoon before half-term does not sit unread over it."""

from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, due, told

TERMS = [
    {"name": "Spring 1", "starts_on": "2027-01-04", "ends_on": "2027-02-12"},
    {"name": "Spring 2", "starts_on": "2027-02-22", "ends_on": "2027-03-25"},
]
LAST_FRIDAY = 33


class TestW06:
    async def test_w06_a_routine_note_is_read_on_the_next_working_day(self, story: Story) -> None:
        await story.hours(terms=TERMS)
        child = await story.school.child("Sam", "Bright")
        await story.skip(LAST_FRIDAY, "15:55")
        note = await story.says(
            Role.STAFF, child, "Very quiet this week.", categories=["general_pastoral"],
            immediacy="routine",
        )  # fmt: skip
        assert told(story, note["id"]) == dict.fromkeys(LEADS, False)
        assert "999" not in advice(note)
        until = await due(story, note["id"])
        assert until <= story.moment(LAST_FRIDAY + 3, "23:59"), "not the Monday after half-term"
        await story.day(LAST_FRIDAY + 4, "12:00")
        assert story.rung(note["id"]), "it rings in the holiday"
        await story.step(Role.DEPUTY_DSL, note["id"], "acknowledge")
        await at_the_end(story, note["id"], "Very quiet this week", children=(child,))

    async def test_w06_what_is_urgent_rings_the_same_evening(self, story: Story) -> None:
        await story.hours(terms=TERMS)
        child = await story.school.child("Sam", "Bright")
        await story.skip(LAST_FRIDAY, "15:55")
        urgent = await story.says(
            Role.STAFF, child, "She says that she is afraid of the week at home.",
            categories=["domestic_abuse"],
        )  # fmt: skip
        assert told(story, urgent["id"]) == dict.fromkeys(LEADS, True)
        assert "999" in advice(urgent)
        assert "Speak to the adult who is feared." in urgent["guidance"]["never"]
        assert await due(story, urgent["id"]) <= story.moment(LAST_FRIDAY, "17:55")
        await story.day(LAST_FRIDAY, "18:30")
        assert story.rung(urgent["id"])
        await story.step(Role.DSL, urgent["id"], "acknowledge")
        await at_the_end(story, urgent["id"], "the week at home", children=(child,))
