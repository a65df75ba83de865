"""W14: a pupil shows a knife in a changing room: it rings at once, and the head hears of it."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, due, next_codes, told

WORDS = "He opened his bag: a kitchen knife. He says that somebody waits for him at the gate."
LEAD, HEAD, TEACHER = Role.DSL, Role.HEADTEACHER, Role.STAFF


class TestW14:
    async def test_w14_999_comes_before_any_record(self, story: Story) -> None:
        child = await story.school.child("Jamie", "Cole")
        await story.day(1, "14:40")
        receipt = await story.says(
            TEACHER, child, WORDS, immediacy="routine", categories=["weapon_threat"]
        )
        concern = receipt["id"]
        assert told(story, concern) == dict.fromkeys(LEADS, True)
        assert {one["kind"]: one["urgent"] for one in await story.inbox(HEAD)} == {
            "head_told": True
        }
        assert {len(story.mails(role)) for role in (*LEADS, HEAD)} == {1}, "at once, by mail"
        assert await due(story, concern) == clock.now() + timedelta(minutes=15)
        assert advice(receipt).startswith("Call 999 now")
        assert "Do not take the weapon, and do not search alone." in advice(receipt)
        assert {"Confront.", "Block the way out."} <= {*receipt["guidance"]["never"]}
        assert "immediacy" not in {one["code"] for one in receipt["ask_next"]}, "it is danger"

        await story.day(1, "15:05")
        rung = {role for _, _, roles in story.rung(concern) for role in roles}
        assert rung >= LEADS, "nobody has it: it rings on"
        await story.step(LEAD, concern, "acknowledge")
        assert "decide_parents" in await next_codes(story, concern)
        heard = len(story.rung(concern))
        await story.day(1, "16:30")
        assert len(story.rung(concern)) == heard, "who has it is left in peace"
        await at_the_end(story, concern, "kitchen knife", children=(child,))
