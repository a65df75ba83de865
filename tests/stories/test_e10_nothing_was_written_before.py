"""A sixth-former of whom nothing was ever written gives things away, and is not there next day."""

from uuid import UUID

from app.core.words import Role
from tests.inboxes import about_id
from tests.stories.telling import GRADES, Story, readers, where

GAVE = "Two friends say that he gave them his guitar and his books."
THANKED = "He stayed behind to thank me for everything."
LEADS = {Role.DSL, Role.DEPUTY_DSL}
REASSURING = (
    "no history", "no concerns", "nothing known", "no previous", "no known", "not known to us",
    "no cause for", "all clear",
)  # fmt: skip


class TestE10:
    async def test_e10_a_second_note_meets_the_first_and_his_absence_is_rung(
        self, story: Story
    ) -> None:
        child = await story.school.child("Wilf", "Tarrant", year_group="13")
        other = await story.school.person(Role.STAFF, "Another teacher")

        await story.day(1, "10:00")
        told = {"self_harm": {"kind": "worry_without_words"}, "source": "peer_disclosure"}
        first = (await story.says(Role.STAFF, child, GAVE, immediacy="today", **told))["id"]
        alone = (await story.read(Role.DSL, f"/v1/concerns/{first}"))["self_harm"]
        assert alone["also_known"] == []
        assert "does not mean that nothing is there" in alone["also_known_note"]

        await story.day(1, "10:12")
        second = (await story.says(other, child, THANKED, immediacy="routine"))["id"]
        await self.linked(story, first, second)
        assert story.told(child) == LEADS

        await story.day(2, "09:00")
        mark = {"child_id": str(child), "on": "2027-01-12", "session": "am", "mark": "absent"}
        marks = {"marks": [mark | {"explained": False}]}
        taken = await story.does(Role.SCHOOL_ADMIN, "/v1/attendance-marks", marks)
        assert taken == {"taken": 1, "lines": []}
        await self.absence(story, child)

        every = await story.everybody(child)
        assert where(every, *GRADES) == {}
        assert where(every, *REASSURING) == {}
        assert readers(every, GAVE, THANKED) <= {"dsl", "deputy_dsl", "headteacher"}
        assert await story.whole()

    async def linked(self, story: Story, first: str, second: str) -> None:
        """Within the minute: the owner is told, and each of the two shows the other."""
        now = "2027-01-11T10:12:00.000000Z"
        (joined,) = [one for one in await story.inbox(Role.DSL) if one["kind"] == "concern_joined"]
        assert (about_id(joined), joined["created_at"]) == (first, now)
        block = (await story.read(Role.DSL, f"/v1/concerns/{first}"))["self_harm"]
        assert [one["id"] for one in block["also_known"]] == [second]
        (step,) = [one for one in block["steps"] if one["step"] == "also_noted"]
        assert story.at(step["recorded_at"]) == story.moment(1, "10:12")
        assert step["details"]["other_id"] == second
        mails = story.mails(Role.DSL)
        rung = [one for one in await story.inbox(Role.DSL) if one["kind"] == "overdue"]
        assert [about_id(one) for one in rung] == [first], "nobody said that they have it"
        assert len(mails) == 3, (
            "one gathered the first, one rings, one brings what nobody has named"
        )

    async def absence(self, story: Story, child: UUID) -> None:
        """Half an hour to phone; then it rings, and the owner is a lead."""
        rows = await story.items(Role.DSL, f"/v1/tasks?child_id={child}&kind=absence_call")
        (call,) = rows
        assert story.at(call["due_at"]) == story.moment(2, "09:30")
        assert (call["owner"]["id"], call["urgent"]) == (str(story.school[Role.DSL].id), True)
        await story.day(2, "09:30")
        assert story.rung(call["id"])[0] == (story.moment(2, "09:30"), "owner", {Role.DSL})
        assert story.told(child) <= {*LEADS, Role.HEADTEACHER}
