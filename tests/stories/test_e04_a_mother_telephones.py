"""A mother phones reception; at school everything looks as it always does."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from app.core.words import Role
from tests.api.record.test_concerns import a_triage, step
from tests.inboxes import about_id
from tests.stories.telling import GRADES, Story, readers, where

SAID = "Mrs Harkness on the phone: she does not sleep, and says there is no point."
FINE = "Fine in school: she works and laughs with her friends."
LEADS = {Role.DSL, Role.DEPUTY_DSL}


class TestE04:
    async def test_e04_a_parents_call_is_a_report_and_is_not_closed_as_fine_in_school(
        self, story: Story
    ) -> None:
        child = await story.school.child("Isla", "Harkness")
        desk = await story.school.person(Role.STAFF, "Reception")
        await story.day(1, "09:10")
        told = {
            "account": [{"kind": "told_by", "text": SAID, "told_by": "Mother"}],
            "source": "parent_report", "self_harm": {"kind": "thoughts_of_suicide"},
        }  # fmt: skip
        concern = (await story.says(desk, child, SAID, **told))["id"]
        for role in LEADS:
            (alert,) = await story.inbox(role)
            assert (about_id(alert), alert["created_at"]) == (
                concern,
                "2027-01-11T09:10:00.000000Z",
            )
        owed = await story.owed(concern)
        lead = str(story.school[Role.DSL].id)
        assert owed["sh_check"] == (story.moment(1, "15:00"), lead)
        assert owed["sh_parents"] == (story.moment(1, "16:00"), lead)
        record = await story.read(Role.DSL, f"/v1/concerns/{concern}")
        assert (record["source"], record["immediacy"]) == ("parent_report", "today")
        assert story.told(child) == LEADS

        await story.day(1, "09:20")
        mark = {"child_id": str(child), "on": "2027-01-11", "session": "am", "mark": "present"}
        await story.does(Role.SCHOOL_ADMIN, "/v1/attendance-marks", {"marks": [mark]})
        assert await story.owed(concern) == owed, "that she is here ends nothing"
        await self.not_by_words_alone(story, concern)
        await story.day(1, "15:00")
        assert (await story.owed(concern)).items() > owed.items(), "and who told of it is to hear"
        (check,) = await story.items(Role.DSL, f"/v1/tasks?concern_id={concern}&kind=sh_check")
        assert story.rung(check["id"]) == [(story.moment(1, "15:00"), "owner", {Role.DSL})]

        every = await story.everybody(child)
        assert where(every, *GRADES) == {}
        assert readers(every, SAID) == {"dsl", "deputy_dsl", "headteacher"}
        await self.decided(story, str(child), concern)
        assert await story.whole()

    async def not_by_words_alone(self, story: Story, concern: str) -> None:
        """“Fine in school” closes nothing: not the task, the step, the decision or the concern."""
        api = story.api(Role.DSL)
        kinds = "kind=sh_check&kind=sh_parents"
        waiting = await story.items(Role.DSL, f"/v1/tasks?concern_id={concern}&{kinds}")
        assert len(waiting) == 2
        for task in waiting:
            path = f"/v1/tasks/{task['id']}"
            version = (await api.get(path)).headers["etag"].strip('"')
            for verb, body in (("complete", {"note": FINE}), ("end", {"reason": FINE})):
                answer = await api.post(f"{path}/{verb}", body, version=version)
                assert answer.status_code == 409, (task["kind"], verb)
        for verb, body in (
            ("check", {"note": FINE}),
            ("decide-on-parents", {"outcome": "not_yet"}),
        ):
            assert (await step(api, concern, verb, body)).status_code == 422, verb
        lead = story.school[Role.DSL].id
        await story.step(Role.DSL, concern, "triage", self.triage(story, lead))
        close = await self.closes(story, concern)
        assert (close.status_code, close.json()["code"]) == (409, "tasks_open")
        settle = await step(api, concern, "settle", {})
        assert settle.status_code in (409, 422)

    def triage(self, story: Story, lead: Any) -> dict[str, Any]:
        """The lead reads it and looks again tomorrow."""
        due: datetime = story.moment(2, "12:00") + timedelta(hours=1)
        return a_triage(lead, primary_category="mental_health", due_at=due.isoformat())

    async def closes(self, story: Story, concern: str) -> httpx.Response:
        """The lead tries to close it."""
        said = {"outcome": "no_further_action", "reason": FINE}
        return await step(story.api(Role.DSL), concern, "close", said)

    async def decided(self, story: Story, child: str, concern: str) -> None:
        """What closes it: she was asked, it was decided with reasons, and two people sign."""
        check = await story.does(
            Role.DSL, f"/v1/children/{child}/records",
            {"kind": "safety_check", "concern_id": concern, "seen_by": {"value": "Ms Lead"},
             "actions": ["call_parents"],
             "asked_directly": {"answer": "yes", "reply": "Only tired, she says."}},
        )  # fmt: skip
        await story.step(Role.DSL, concern, "check", {"check_id": check["id"]})
        decided = {"outcome": "told", "reason": "Her mother told us, and hears what she said."}
        await story.step(Role.DSL, concern, "decide-on-parents", decided)
        await story.step(Role.DSL, concern, "leave-safely", {"handed_to": "Her mother"})
        refused = await self.closes(story, concern)
        assert (refused.status_code, refused.json()["code"]) == (409, "tasks_open")
        await story.day(2, "10:00")
        spoke = {"how": "spoke_with_family", "note": "She slept, her mother says."}
        await story.step(Role.DSL, concern, "contact", spoke)
        assert (await story.owed(concern)).keys() == {"tell_reporter"}
        asked = await self.closes(story, concern)
        assert asked.status_code == 200, asked.text
        assert asked.json()["state"] != "closed", "another person signs first"
        signed = {"agree": True, "reason": "She was asked, and her mother knows whom to call."}
        done = await story.step(Role.HEADTEACHER, concern, "countersign", signed)
        assert done["state"] == "closed"
