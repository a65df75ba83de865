"""Small worries over two weeks, and then a friend says what she has seen."""

from app.core.words import Role
from tests.inboxes import about_id
from tests.stories.telling import GRADES, READ, Story, readers, where

QUIETER = "Quieter than usual in tutor time, and sits apart."
SLEEVES = "Long sleeves in a hot sports hall; did not want to change."
SAID = "She hurts herself and I do not know what to do."
LEADS = {Role.DSL, Role.DEPUTY_DSL}
CHAIN = {*LEADS, Role.HEADTEACHER}


class TestE01:
    async def test_e01_a_friend_tells_and_nobody_has_seen_her_by_two(self, story: Story) -> None:
        await story.hours(closes="15:00")
        ada = await story.school.child("Ada", "Quillerby")
        friend = await story.school.child("Bea", "Mossington")
        await story.does(
            Role.DSL, f"/v1/children/{friend}/contacts",
            {"kind": "mother", "name": "Carol Mossington", "email": "carol@example.org"},
        )  # fmt: skip

        await story.day(1, "10:00")
        first = (await story.says(Role.STAFF, ada, QUIETER, immediacy="routine"))["id"]
        await story.reads(Role.DSL, first, until=(25, "12:00"))
        await story.day(9, "11:00")
        second = (await story.says(Role.STAFF, ada, SLEEVES, immediacy="routine"))["id"]
        await story.reads(Role.DSL, second, until=(25, "12:00"))

        await story.day(16, "10:05")
        mailed = len(story.sink.delivered)
        told = {
            "account": [{"kind": "told_by", "text": SAID, "told_by": "A friend"}],
            "source": "peer_disclosure", "self_harm": {"kind": "self_harm"},
            "immediacy": "today",
        }  # fmt: skip
        third = (await story.says(Role.STAFF, ada, SAID, **told))["id"]
        support = await story.does(
            Role.STAFF, f"/v1/children/{friend}/friend-support",
            {"what_they_carry": {"value": "Has kept a secret for weeks."}},
        )  # fmt: skip
        await self.at_once(story, ada, third, [second, first], mailed)
        assert "friend_support" in await story.task_kinds(Role.DSL, friend)
        await self.by_two(story, ada, third)
        await self.must_not(story, ada, friend, support["id"])
        assert await story.whole()

    async def at_once(
        self, story: Story, ada: object, third: str, earlier: list[str], mailed: int
    ) -> None:
        """The leads have it in the minute it was told, with the earlier rows beside it."""
        now = story.moment(16, "10:05")
        for role in LEADS:
            newest = next(one for one in await story.inbox(role) if about_id(one) == third)
            assert newest["created_at"] == "2027-01-26T10:05:00.000000Z"
        people = {story.school[role].email for role in LEADS}
        assert {str(mail["To"]) for mail in story.sink.delivered[mailed:]} == people
        shown = (await story.read(Role.DSL, f"/v1/concerns/{third}"))["self_harm"]
        assert [one["id"] for one in shown["also_known"]] == earlier
        assert shown["kind"] == "self_harm"
        owed = await story.owed(third)
        lead = str(story.school[Role.DSL].id)
        assert owed == {
            "sh_stay": (story.moment(16, "10:20"), lead),
            "sh_check": (story.moment(16, "14:00"), lead),
            "sh_parents": (story.moment(16, "15:00"), lead),
            "sh_leaving": (story.moment(16, "15:00"), lead),
        }
        assert story.surfaced(Role.STAFF, str(ada)) == {READ}
        assert story.told(str(ada)) == LEADS
        assert now == story.moment(16, "10:05")

    async def by_two(self, story: Story, ada: object, third: str) -> None:
        """Nobody has acted: at two it rings that she was not seen, an hour before school ends."""
        (check,) = [
            one["id"]
            for one in await story.items(Role.DSL, f"/v1/tasks?concern_id={third}")
            if one["kind"] == "sh_check"
        ]
        await story.day(16, "13:59")
        assert story.rung(check) == []
        await story.day(16, "14:00")
        assert story.rung(check) == [(story.moment(16, "14:00"), "owner", {Role.DSL})]
        await story.day(16, "14:01")
        late = (await story.read(Role.DSL, "/v1/overview"))["overdue"]
        assert check in {one["id"] for one in late["items"]}
        assert {"sh_check"} <= await story.task_kinds(Role.DSL, str(ada))
        await story.day(16, "15:00")
        assert story.told(str(ada)) <= CHAIN

    async def must_not(self, story: Story, ada: object, friend: object, support: str) -> None:
        """Nobody grades her; nothing of her is in the friend's file, nor for anybody at home."""
        every = await story.everybody(str(ada), str(friend))
        assert where(every, *GRADES) == {}
        assert readers(every, SAID) == {role.value for role in CHAIN}
        of_friend = {place: text for place, text in every.items() if str(friend) in place}
        assert of_friend
        assert where(of_friend, "Quillerby", SAID, str(ada)) == {}
        of_ada = {place: text for place, text in every.items() if str(ada) in place}
        assert where(of_ada, "Mossington", "secret", support, str(friend)) == {}
        staff = {person.email for person in story.school.people.values()}
        assert {str(mail["To"]) for mail in story.sink.delivered} <= staff
        for outward in ("shares", "referrals", "transfers"):
            assert await story.items(Role.DSL, f"/v1/{outward}") == []
