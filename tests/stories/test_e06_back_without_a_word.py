"""After days in hospital a pupil is back without a word, and late."""

from typing import Any

import pytest

from app.core.pointers import pointer
from app.core.words import Role
from tests.stories.telling import GRADES, Story, readers, where

SAID = "The ambulance came to his house in the night."
LEADS = {Role.DSL, Role.DEPUTY_DSL}
LATE = "Late to registration, no note."


def a_mark(child: Any, day: str, mark: str, **fields: Any) -> dict[str, Any]:
    """One mark of a morning."""
    return {"child_id": str(child), "on": day, "session": "am", "mark": mark} | fields


class TestE06:
    @pytest.mark.parametrize(
        "written",
        [True, pytest.param(False, marks=pytest.mark.long)],
        ids=["return_known", "only_marks"],
    )
    async def test_e06_is_seen_the_same_morning_and_his_lateness_does_not_pass_unseen(
        self, story: Story, written: bool
    ) -> None:
        story.starts("2027-01-13")
        child = await story.school.child("Tom", "Ravenshaw")
        await story.day(1, "08:50")
        told = {"self_harm": {"kind": "suicide_attempt"}, "source": "parent_report"}
        concern = (await story.says(Role.DEPUTY_DSL, child, SAID, **told))["id"]
        await story.does(
            Role.DSL, f"/v1/concerns/{concern}/emergency",
            {"called": ["ambulance"], "went_with": "His father", "where_to": "City hospital"},
        )  # fmt: skip
        if written:
            away = {"concern_id": concern, "hospital": {"value": "City hospital"}}
            await story.does(Role.DSL, f"/v1/children/{child}/reintegrations", away)
        for day, on in ((1, "2027-01-13"), (2, "2027-01-14"), (3, "2027-01-15")):
            await story.day(day, "09:00")
            gone = a_mark(child, on, "absent", explained=True)
            await self.marks(story, gone)
        assert await self.of_kind(story, child, "absence_call") == []
        assert await self.of_kind(story, child, "reintegration_check") == []

        await story.day(6, "09:20")
        alerts = len(await story.inbox(Role.DSL))
        await self.marks(story, a_mark(child, "2027-01-18", "late"))
        (check,) = await self.of_kind(story, child, "reintegration_check")
        await self.same_morning(story, check, alerts)
        await self.lateness(story, child)

        await story.day(6, "10:20")
        assert story.rung(check["id"]) == [(story.moment(6, "10:20"), "owner", {Role.DSL})]
        assert story.told(child) <= {*LEADS, Role.HEADTEACHER}
        every = await story.everybody(child)
        assert where(every, *GRADES) == {}
        assert readers(every, SAID) <= {"dsl", "deputy_dsl", "headteacher"}
        assert await story.whole()

    async def marks(self, story: Story, *marks: dict[str, Any]) -> None:
        """What the office sends; its answer is the same for every pupil."""
        taken = await story.does(Role.SCHOOL_ADMIN, "/v1/attendance-marks", {"marks": list(marks)})
        assert taken == {"taken": len(marks), "lines": []}
        await story.post()

    async def of_kind(self, story: Story, child: Any, kind: str) -> list[dict[str, Any]]:
        """Open tasks of a child."""
        return await story.items(Role.DSL, f"/v1/tasks?child_id={child}&kind={kind}")

    async def same_morning(self, story: Story, check: dict[str, Any], alerts: int) -> None:
        """A lead has it within the minute, with an hour to see him, and that he has no plan."""
        assert check["owner"]["id"] == str(story.school[Role.DSL].id)
        assert check["urgent"]
        assert story.at(check["due_at"]) == story.moment(6, "10:20")
        inbox = await story.inbox(Role.DSL)
        assert len(inbox) == alerts + 1
        assert story.at(inbox[0]["created_at"]) == story.moment(6, "09:20")
        assert inbox[0]["about"] == pointer("task", check["id"])
        facts = (await story.read(Role.DSL, f"/v1/tasks/{check['id']}"))["facts"]
        assert facts == {"on": "2027-01-18", "mark": "late", "has_plan": False}

    async def lateness(self, story: Story, child: Any) -> None:
        """What the school does about it is looked at by a lead, and the sender never learns."""
        kept = {"kind": "detention", "on": "2027-01-18", "reason": LATE}
        path = f"/v1/children/{child}/sanctions"
        answer = await story.does(Role.SCHOOL_ADMIN, path, kept)
        assert answer == {"received": True}
        (look,) = await self.of_kind(story, child, "sh_sanction")
        assert look["owner"]["id"] == str(story.school[Role.DSL].id)
        assert story.at(look["due_at"]) == story.moment(7, "16:00")
        ordinary = await story.school.child("Max", "Otherby")
        other = await story.does(
            Role.SCHOOL_ADMIN, f"/v1/children/{ordinary}/sanctions", kept
        )  # fmt: skip
        assert other == answer
        assert await story.items(Role.DSL, f"/v1/tasks?child_id={ordinary}") == []
