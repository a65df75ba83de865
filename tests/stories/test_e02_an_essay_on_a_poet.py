"""A class writes about a poet's death, and a filter marks what one of them typed."""

from app.core import clock
from app.core.words import Role
from tests.monitoring import a_child_known_by, a_tool
from tests.stories.telling import GRADES, Story, readers, where

ESSAY = "English: essays on the death of a poet"
TYPED = "the poet wanted to be dead and wrote it down"
LESSON = {
    "kind": "lesson", "label": ESSAY, "starts_on": "2027-01-11", "ends_on": "2027-01-15"
}  # fmt: skip
LEADS = {Role.DSL, Role.DEPUTY_DSL}


class TestE02:
    async def test_e02_a_flag_from_homework_is_one_item_with_another_explanation(
        self, story: Story
    ) -> None:
        await story.day(1, "09:00")
        await story.does(Role.DSL, "/v1/calendar-notes", LESSON)

        await story.day(2, "10:30")
        story.sign_in()
        tool = await a_tool(story.world, story.school)
        child = await a_child_known_by(
            story.school, "mis_id", "E-2", given="Pia", family="Lowenthal"
        )
        kinds = {
            "subject": {"mis_id": "E-2"}, "snippet": TYPED, "severity": "high", "review": None,
            "occurred_at": clock.now().isoformat(), "matched_terms": ["dead"],
        }  # fmt: skip
        received = [await tool.sent(**kinds) for _ in range(3)]
        await story.post()
        assert all(one["lead_availability"]["available"] for one in received)
        for role in LEADS:
            (item,) = await story.items(role, "/v1/monitoring-alerts")
            assert (item["count"], item["child"]["id"]) == (3, str(child))
            assert [one["kind"] for one in await story.inbox(role)] == ["monitoring_alert"]
        shown = await story.read(Role.DSL, f"/v1/monitoring-alerts/{item['id']}")
        (note,) = shown["at_school_then"]
        assert (note["kind"], note["label"]) == ("lesson", ESSAY)
        assert "review" not in shown, "nobody has verified it, and nothing says that they have"
        await self.must_not(story, str(child))

        kept = {"reason_code": "not_safeguarding", "reason": "Her essay: the teacher has read it."}
        await story.on(Role.DSL, f"/v1/monitoring-alerts/{item['id']}", "dismiss", kept)
        assert await story.items(Role.DSL, "/v1/monitoring-alerts") == []
        await story.day(4, "12:00")
        await self.must_not(story, str(child))
        assert await story.whole()

    async def must_not(self, story: Story, child: str) -> None:
        """No concern comes of it by itself, nobody owes anything, and nobody at home hears."""
        assert await story.items(Role.DSL, "/v1/concerns") == []
        assert await story.items(Role.DSL, f"/v1/tasks?child_id={child}") == []
        assert await story.items(Role.DSL, "/v1/support-list") == []
        for outward in ("shares", "referrals"):
            assert await story.items(Role.DSL, f"/v1/{outward}") == []
        leads = {story.school[role].email for role in LEADS}
        assert {str(mail["To"]) for mail in story.sink.delivered} <= leads
        every = await story.everybody(child)
        assert where(every, *GRADES) == {}
        assert readers(every, TYPED) <= {"dsl", "deputy_dsl", "headteacher"}
        assert await story.inbox(Role.HEADTEACHER) == []

    async def test_e02_a_lesson_beside_what_a_pupil_told_moves_nothing(self, story: Story) -> None:
        pia = await story.school.child("Pia", "Lowenthal")
        max_ = await story.school.child("Max", "Otherby")
        told = {"self_harm": {"kind": "thoughts_of_self_harm"}, "immediacy": "today"}
        await story.day(1, "09:00")
        before = (await story.says(Role.STAFF, pia, "She told me in break.", **told))["id"]
        await story.does(Role.DSL, "/v1/calendar-notes", LESSON)
        after = (await story.says(Role.STAFF, max_, "He told me in break.", **told))["id"]
        assert await story.owed(before) == await story.owed(after)
        beside = await story.read(Role.DSL, f"/v1/concerns/{after}")
        assert [one["label"] for one in beside["self_harm"]["at_school_then"]] == [ESSAY]
        own = await story.read(Role.STAFF, f"/v1/concerns/{after}")
        assert own["self_harm"].get("at_school_then", []) == []
        assert await story.whole()
