"""A grandfather dies, marks fall, a team is left; then somebody hears words about the end."""

from uuid import UUID

from app.core.words import Role
from tests.inboxes import about_id
from tests.stories.telling import GRADES, Story, readers, where

LOSS = "His grandfather died on Sunday; he cried in form."
MARKS = "Marks have fallen in three subjects since Christmas."
TEAM = "A loud argument with the captain; he left the team."
SAID = "He said at the counter: “It will not matter soon.”"
LEADS = {Role.DSL, Role.DEPUTY_DSL}


class TestE03:
    async def test_e03_words_about_dying_come_with_the_loss_and_the_change(
        self, story: Story
    ) -> None:
        story.starts("2027-01-13")
        child = await story.school.child("Olly", "Penhallow")
        cook = await story.school.person(Role.STAFF, "The cook")
        notes = []
        for day, words in ((1, LOSS), (20, MARKS), (28, TEAM)):
            await story.day(day, "10:00")
            notes.append((await story.says(Role.STAFF, child, words, immediacy="routine"))["id"])
            await story.reads(Role.DSL, notes[-1], until=(day + 40, "12:00"))
            await self.no_badge(story, child)

        await story.day(30, "12:40")
        said = {"self_harm": {"kind": "thoughts_of_suicide"}, "immediacy": "routine"}
        fourth = (await story.says(cook, child, SAID, **said))["id"]
        for role in LEADS:
            (newest,) = [one for one in await story.inbox(role) if about_id(one) == fourth]
            assert newest["created_at"] == "2027-02-11T12:40:00.000000Z"
        record = await story.read(Role.DSL, f"/v1/concerns/{fourth}")
        assert record["immediacy"] == "today", "words about dying are for today"
        known = [one["id"] for one in record["self_harm"]["also_known"]]
        assert known == notes[::-1]
        owed = await story.owed(fourth)
        lead = str(story.school[Role.DSL].id)
        assert owed["sh_check"] == (story.moment(30, "15:00"), lead)
        assert owed["sh_parents"] == (story.moment(30, "16:00"), lead)
        assert story.told(child) == LEADS

        await story.day(30, "16:00")
        assert await self.rung_same_day(story, fourth)
        every = await story.everybody(child)
        assert where(every, *GRADES, "bereaved") == {}
        assert readers(every, LOSS, SAID) <= {"dsl", "deputy_dsl", "headteacher"}
        assert await story.whole()

    async def rung_same_day(self, story: Story, concern: str) -> bool:
        """Whether an owner heard before school ended that nobody has seen him."""
        rows = await story.items(Role.DSL, f"/v1/tasks?concern_id={concern}&kind=sh_check")
        (check,) = [one["id"] for one in rows]
        return story.rung(check)[0] == (story.moment(30, "15:00"), "owner", {Role.DSL})

    async def no_badge(self, story: Story, child: UUID) -> None:
        """A loss, falling marks or a quarrel put no child on a list, and mark none."""
        assert await story.items(Role.DSL, "/v1/support-list") == []
        assert (await story.read(Role.DSL, f"/v1/children/{child}/statuses"))["items"] == []
        assert await story.items(Role.DSL, f"/v1/tasks?child_id={child}") == []
        assert await story.items(Role.DSL, "/v1/linked-concerns") == []
        shown = await story.everything(Role.DSL, child)
        assert where(shown, *GRADES, "bereaved", 'self_harm":{', "at risk") == {}
