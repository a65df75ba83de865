"""W1: tired, then hungry, then no coat: small notes over months that become one picture."""

from app.core.words import Role
from tests.stories.telling import Story
from tests.stories.week import LEADS, advice, at_the_end, decides, next_codes, told, triage, waiting


class TestW01:
    async def test_w01_small_notes_are_read_together_and_lead_to_a_referral(
        self, story: Story
    ) -> None:
        child = await story.school.child("Ollie", "Marsh")
        notes = [
            (2, "Asleep in the second lesson.", "tired_hungry"),
            (30, "Asked others for their sandwiches.", "nutrition"),
            (58, "No coat in the frost, the same shirt all week.", "clothing_hygiene"),
        ]
        concerns = []
        for day, words, category in notes:
            await story.skip(day, "10:00")
            raised = await story.says(
                Role.STAFF, child, words, categories=[category], immediacy="routine"
            )
            concerns.append(raised["id"])
            assert told(story, raised["id"]) == dict.fromkeys(LEADS, False), "nothing rings"
            assert "999" not in advice(raised)
            if day < 58:
                await story.step(Role.DSL, raised["id"], "acknowledge")
                await triage(story, raised["id"], 1, (day + 14, "12:00"))
                await decides(story, raised["id"], "tell_parents", "Spoke with his mother.")
        last = concerns[-1]
        assert "other_concerns" in await next_codes(story, last)
        found = await story.read(Role.DSL, f"/v1/concerns/{last}/next-steps")
        (others,) = [one for one in found["items"] if one["code"] == "other_concerns"]
        assert others["reason"].startswith("2 other concerns since 12 January 2027")
        for entry in (await story.items(Role.DSL, f"/v1/children/{child}/chronology"))[:3]:
            path = f"/v1/children/{child}/chronology/{entry['id']}/mark-significant"
            body = {"significant": True, "reason": "Part of one picture."}
            marked = await story.api(Role.DSL).post(path, body)
            assert marked.status_code == 200, marked.text
        await story.step(Role.DSL, last, "acknowledge")
        await triage(story, last, 4, (59, "12:00"))
        assert "refer_or_why_not" in await next_codes(story, last)
        await decides(story, last, "refer", "Referred today: months of it, and no change.")
        assert "refer_or_why_not" not in await next_codes(story, last)
        assert await story.task_kinds(Role.STAFF) == set()
        assert last not in (await waiting(story, Role.DSL))[Role.DSL]
        await at_the_end(story, last, "No coat in the frost", children=(child,))
