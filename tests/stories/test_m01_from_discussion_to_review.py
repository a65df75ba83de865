"""M01: an enquiry, from the strategy discussion over conference and core group to the review."""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.meetings import SOCIAL_WORKER
from tests.stories.telling import Story

TEACHER = {"name": "Ann Hall", "role": "class teacher", "agency": "Oak School"}
MOTHER = {"name": "Kim Marsh", "role": "mother"}
CORE_GROUP_WORDS = "The visits move to Tuesdays."
SILENT = ("Marsh", "visits", "bruise", "conference", "core group")


class Enquiry:
    """One child, the concern, and what the lead writes down of each meeting."""

    def __init__(self, story: Story, child: UUID, concern: str) -> None:
        self.story, self.child, self.concern = story, child, concern

    async def plans(self, kind: str, day: int, hour: str, **fields: Any) -> str:
        """The lead enters a date."""
        body = {
            "kind": kind, "child_ids": [str(self.child)], "concern_id": self.concern,
            "starts_at": self.story.moment(day, hour).isoformat(),
            "invited": [SOCIAL_WORKER, TEACHER],
        } | fields  # fmt: skip
        made = await self.story.does(Role.DSL, "/v1/meetings", body)
        return str(made["id"])

    async def held(self, meeting: str, result: str, words: str, **fields: Any) -> dict[str, Any]:
        """The lead writes down what came of it."""
        body = {
            "people": [SOCIAL_WORKER | {"attendance": "came"}], "result": result,
            "decisions": words,
        } | fields  # fmt: skip
        found: dict[str, Any] = await self.story.on(
            Role.DSL, f"/v1/meetings/{meeting}", "hold", body
        )
        return found

    async def asked(self) -> set[str]:
        """What the lead is asked to do about the child."""
        tasks = await self.story.items(Role.DSL, f"/v1/tasks?child_id={self.child}")
        return {one["kind"] for one in tasks}

    async def due_on(self, kind: str) -> str:
        """The day on which something is due."""
        tasks = await self.story.items(Role.DSL, f"/v1/tasks?child_id={self.child}")
        (due,) = [one["due_at"] for one in tasks if one["kind"] == kind]
        return str(due)[:10]


class TestM01FromDiscussionToReview:
    async def test_m01_each_meeting_asks_for_the_next_until_the_plan_ends(
        self, story: Story
    ) -> None:
        child = await story.school.child("Alex", "Marsh")
        said = await story.says(Role.STAFF, child, "Alex has a bruise and is afraid of home.")
        enquiry = Enquiry(story, child, said["id"])
        await story.step(Role.DSL, said["id"], "acknowledge")
        await self._the_discussion_and_the_conference(enquiry)
        await self._the_core_group(enquiry)
        await self._the_review(enquiry)
        assert await story.whole()
        for mail in story.mails(Role.DSL):
            assert not any(word in f"{mail.items()} {mail.get_content()}" for word in SILENT)

    async def _the_discussion_and_the_conference(self, enquiry: Enquiry) -> None:
        story = enquiry.story
        discussion = await enquiry.plans("strategy_discussion", 1, "14:00", place="By phone")
        await story.skip(1, "15:00")
        await enquiry.held(discussion, "enquiry_started", "An enquiry begins. We tell nobody yet.")
        assert await enquiry.asked() == {"ask_initial_conference"}
        assert await enquiry.due_on("ask_initial_conference") == "2027-02-01"
        conference = await enquiry.plans("initial_conference", 16, "10:00")
        assert await enquiry.asked() == {"ask_initial_conference", "conference_report"}
        assert await enquiry.due_on("conference_report") == "2027-01-22"
        await story.skip(16, "12:00")
        rung = [one["kind"] for one in await story.inbox(Role.DSL)]
        assert "overdue" in rung, "nobody said that the parents had the report"
        people = [
            SOCIAL_WORKER | {"attendance": "came"}, MOTHER | {"attendance": "came"},
            TEACHER | {"attendance": "sent_apologies"},
        ]  # fmt: skip
        found = await enquiry.held(
            conference, "plan_made", "A plan for neglect. Visits each week.", people=people,
            dissent=[{"who": "Kim Marsh", "reason": "She says the bruise was football."}],
            actions=[{
                "what": "See Alex each morning.",
                "owner_id": str(story.school[Role.STAFF].id),
                "due_at": story.moment(18, "09:00").isoformat(),
            }],
        )  # fmt: skip
        assert [one["owner"]["id"] for one in found["actions"]] == [
            str(story.school[Role.STAFF].id)
        ]
        assert "action_set" in {one["kind"] for one in await story.inbox(Role.STAFF)}
        assert await enquiry.asked() == {"ask_core_group", "ask_review_conference"}
        assert await enquiry.due_on("ask_core_group") == "2027-02-09"

    async def _the_core_group(self, enquiry: Enquiry) -> None:
        """It is put off once: the clock that asks for it runs on, and is met."""
        story = enquiry.story
        first = await enquiry.plans("core_group", 23, "09:00")
        await story.on(Role.DSL, f"/v1/meetings/{first}", "cancel", {"reason": "Snow."})
        assert "ask_core_group" in await enquiry.asked()
        second = await enquiry.plans("core_group", 25, "09:00")
        await story.skip(25, "11:00")
        next_at = story.moment(60, "09:00").isoformat()
        found = await enquiry.held(second, "plan_continues", CORE_GROUP_WORDS, next_at=next_at)
        assert await enquiry.due_on("ask_core_group") == "2027-03-18"
        planned = await story.items(Role.DSL, f"/v1/meetings?child_id={enquiry.child}")
        assert [one["kind"] for one in planned] == ["core_group"]
        assert found["state"] == "held"

    async def _the_review(self, enquiry: Enquiry) -> None:
        story = enquiry.story
        review = await enquiry.plans("review_conference", 100, "10:00")
        await story.skip(100, "12:00")
        assert clock.now() == story.moment(100, "12:00")
        await enquiry.held(review, "plan_ended", "Alex is safe at his aunt's. The plan ends.")
        assert await enquiry.asked() == set(), "nothing is asked for once the plan has ended"
        page = await story.read(Role.DSL, f"/v1/children/{enquiry.child}/chronology?kind=meeting")
        states = [one["state"] for one in page["items"]]
        assert states == ["held", "held", "cancelled", "held", "held"]
        assert await story.items(Role.PASTORAL, "/v1/meetings") == []
