"""W2: a child tells a teaching assistant about her stepfather on a Friday at 15:40."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story, readers
from tests.stories.week import LEADS, advice, due, next_codes, told, waiting

WORDS = "He comes in at night and touches me. I do not want to go home."
FRIDAY = 5


class TestW02:
    async def test_w02_nobody_waits_until_monday(self, story: Story) -> None:
        child = await story.school.child("Maya", "Lund")
        await story.day(FRIDAY, "15:40")
        receipt = await story.says(
            Role.STAFF, child, WORDS, source="child_disclosure", immediacy="routine",
            categories=["sexual_abuse_disclosure"], alleged_source_of_harm="parent_carer",
        )  # fmt: skip
        concern = receipt["id"]
        assert told(story, concern) == dict.fromkeys(LEADS, True)
        assert {len(story.mails(role)) for role in LEADS} == {1}, "at once, by mail"
        assert await due(story, concern) == clock.now() + timedelta(minutes=15)
        said = advice(receipt)
        assert "Ask the child nothing more" in said
        assert "Tell nobody at home" in said
        assert "mental health" not in said
        assert "Look at or examine the child." in receipt["guidance"]["never"]

        await story.day(FRIDAY, "16:05")
        rungs = story.rung(concern)
        assert rungs, "nobody has read it: it climbs before the child goes home"
        assert {role for _, _, roles in rungs for role in roles} >= LEADS
        await story.step(Role.DEPUTY_DSL, concern, "acknowledge")
        steps = await next_codes(story, concern)
        assert {"triage", "refer_or_why_not", "decide_parents"} <= {*steps}
        found = await story.read(Role.DSL, f"/v1/concerns/{concern}/next-steps")
        (parents,) = [one for one in found["items"] if one["code"] == "decide_parents"]
        assert "social care or the police first" in parents["reason"]
        heard = len(story.rung(concern))
        await story.day(FRIDAY + 2, "12:00")
        assert len(story.rung(concern)) <= heard + 1, "who has it is left in peace"
        everything = await story.everybody(child)
        assert readers(everything, "touches me") <= {
            str(role) for role in (*LEADS, Role.STAFF, Role.PASTORAL, Role.HEADTEACHER)
        }
        assert readers(everything, "touches me") >= {str(Role.DSL)}
        for role, concerns in (await waiting(story, *LEADS)).items():
            assert concern not in concerns, f"the deputy has it: nothing is left to {role}"
