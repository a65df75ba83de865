"""W13: a girl tells her teacher that it was done to her; the call is the teacher's own."""

from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, due, next_codes, told

WORDS = "She says that in the summer they cut her, and that it hurts to sit."
LEAD, TEACHER = Role.DSL, Role.STAFF


class TestW13:
    async def test_w13_the_police_hear_from_the_teacher_and_home_from_nobody(
        self, story: Story
    ) -> None:
        child = await story.school.child("Ayan", "Farah")
        await story.day(3, "10:30")
        receipt = await story.says(
            TEACHER, child, WORDS, source="child_disclosure", immediacy="routine",
            categories=["fgm_disclosed_or_seen"],
        )  # fmt: skip
        concern = receipt["id"]
        assert told(story, concern) == dict.fromkeys(LEADS, True)
        assert await due(story, concern) <= story.moment(3, "11:30")
        assert "call 101 yourself" in advice(receipt)
        assert "Wait for permission." in receipt["guidance"]["never"]
        (task,) = await story.tasks(TEACHER)
        assert task["kind"] == "own_report"
        assert story.at(task["due_at"]) <= story.moment(4, "23:59"), "the next working day"
        assert "own_report" in await next_codes(story, concern)

        await story.day(3, "11:00")
        await story.step(LEAD, concern, "acknowledge")
        path = f"/v1/tasks/{task['id']}"
        version = (await story.api(LEAD).get(path)).headers["etag"].strip('"')
        refused = await story.api(LEAD).post(f"{path}/complete", {}, version=version)
        assert refused.json()["code"] == "permission_missing", "nobody does it for the teacher"
        tells = {
            "kind": "tell_parents", "question": "Call home?", "decision": "Yes", "reason": "Hm.",
        }  # fmt: skip
        refused = await story.api(LEAD).post(f"/v1/concerns/{concern}/decisions", tells)
        assert refused.json()["code"] == "parents_guarded"
        note = {"note": "101 called at 11:20, reference CR-77."}
        await story.on(TEACHER, path, "complete", note)
        assert await story.task_kinds(TEACHER) == set()
        assert "own_report" not in await next_codes(story, concern)
        await story.day(3, "16:30")
        await at_the_end(story, concern, "they cut her", children=(child,))
