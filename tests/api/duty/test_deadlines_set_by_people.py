"""Due times that people set: to come, and never so far away that nobody looks again."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.core import clock
from app.core.words import Role
from app.domain.common.deadlines.rules import rule_book
from tests.api.duty.test_calendars import change
from tests.api.record.test_concerns import a_triage, raise_one, step, triaged
from tests.world import School

LONDON: Final = ZoneInfo("Europe/London")
Setting = Callable[[str], Awaitable[httpx.Response]]


def day_after(days: int) -> date:
    """The day so many days after today, as the school's calendar shows it."""
    return clock.now().astimezone(LONDON).date() + timedelta(days=days)


def end_of(day: date) -> str:
    """The last second of a day, as clients write it."""
    return datetime.combine(day, time(23, 59, 59), LONDON).isoformat()


async def lies_within(setting: Setting, days: int) -> None:
    """Refused on the day after the latest, from its first second on; granted on the latest."""
    latest = day_after(days)
    beyond = datetime.combine(latest + timedelta(days=1), time(), LONDON).isoformat()
    for far in ("2199-01-01T00:00:00Z", beyond):
        refused = await setting(far)
        assert (refused.status_code, refused.json()["code"]) == (422, "due_too_far"), refused.text
        assert refused.json()["latest"] == latest.isoformat()
    answer = await setting(end_of(latest))
    assert answer.status_code in (200, 201), answer.text


async def an_action(school: School, concern: str, due_at: str) -> httpx.Response:
    """Set an action of the lead's."""
    body = {"what": "Ring home", "owner_id": str(school[Role.DSL].id), "due_at": due_at}
    return await school.lead.post(f"/v1/concerns/{concern}/actions", body)


async def limit(school: School, rule_id: str, **content: Any) -> httpx.Response:
    """Give the school a limit of its own."""
    return await change(school, limits={rule_id: content})


class TestOfAConcern:
    @pytest.mark.parametrize(
        ("immediacy", "level", "days"),
        [
            ("routine", 1, 45), ("routine", 2, 45), ("routine", 3, 14), ("routine", 4, 7),
            ("immediate_danger", 2, 7),
        ],
    )  # fmt: skip
    async def test_is_by_level_and_danger(
        self, school: School, immediacy: str, level: int, days: int
    ) -> None:
        concern = await raise_one(school.staff, await school.child(), immediacy=immediacy)
        body = a_triage(school[Role.DSL].id, level)
        await lies_within(
            lambda due_at: step(school.lead, concern["id"], "triage", body | {"due_at": due_at}),
            days,
        )

    async def test_is_the_same_with_another_owner(self, school: School) -> None:
        concern, deputy = await triaged(school, 3), str(school[Role.DEPUTY_DSL].id)
        body = {"owner_id": deputy, "reason": "Knows the family."}
        await lies_within(
            lambda due_at: step(school.lead, concern, "assign", body | {"due_at": due_at}), 14
        )

    @pytest.mark.parametrize(("level", "days"), [(2, 92), (3, 42), (4, 14)])
    async def test_is_longer_while_it_is_watched(
        self, school: School, level: int, days: int
    ) -> None:
        concern = await triaged(school, level)
        await lies_within(
            lambda due_at: step(
                school.lead, concern, "monitor", {"review_at": due_at, "reason": "Watch."}
            ),
            days,
        )

    async def test_is_by_level_when_it_is_taken_up_again(self, school: School) -> None:
        concern = await triaged(school, 4)
        watched = {"review_at": (clock.now() + timedelta(days=9)).isoformat(), "reason": "Watch."}
        assert (await step(school.lead, concern, "monitor", watched)).status_code == 200
        await lies_within(
            lambda due_at: step(
                school.lead, concern, "reopen", {"due_at": due_at, "reason": "Again."}
            ),
            7,
        )

    @pytest.mark.parametrize(("level", "days"), [(2, 20), (4, 7)])
    async def test_without_one_is_near_where_it_is_grave(
        self, school: School, level: int, days: int
    ) -> None:
        """A school that lets things wait lets none wait longer than a person could."""
        assert (
            await limit(school, "concern.review", calendar="calendar_day", days=20)
        ).status_code == 200
        concern = await triaged(school, level)
        watched = {"review_at": (clock.now() + timedelta(days=9)).isoformat(), "reason": "Watch."}
        assert (await step(school.lead, concern, "monitor", watched)).status_code == 200
        answer = await step(school.lead, concern, "reopen", {"reason": "Again."})
        due = datetime.fromisoformat(answer.json()["due_at"]).astimezone(LONDON).date()
        assert due == day_after(days)


class TestOfWhatFollows:
    async def test_is_half_a_year_for_an_action(self, school: School) -> None:
        concern = await triaged(school)
        await lies_within(lambda due_at: an_action(school, concern, due_at), 183)

    async def test_is_the_same_for_an_action_with_another_owner(self, school: School) -> None:
        due_at = (clock.now() + timedelta(days=2)).isoformat()
        action = (await an_action(school, await triaged(school), due_at)).json()["id"]

        async def reassign(due_at: str) -> httpx.Response:
            body = {"owner_id": str(school[Role.STAFF].id), "due_at": due_at}
            return await school.lead.post(f"/v1/actions/{action}/reassign", body, version=1)

        await lies_within(reassign, 183)

    async def test_is_a_year_for_a_review(self, school: School) -> None:
        child = str(await school.child())

        async def review(due_at: str) -> httpx.Response:
            body = {"child_id": child, "what": "How is it at home?", "due_at": due_at}
            return await school.lead.post("/v1/reviews", body)

        await lies_within(review, 366)

    async def test_is_a_year_for_the_next_look(self, school: School) -> None:
        body: dict[str, Any] = {"child_id": str(await school.child()), "what": "How is it?"}
        due_at = (clock.now() + timedelta(days=2)).isoformat()
        review = (await school.lead.post("/v1/reviews", body | {"due_at": due_at})).json()["id"]

        async def look(due_at: str) -> httpx.Response:
            body = {"note": "Well.", "outcome": "continue", "next_due_at": due_at}
            return await school.lead.post(f"/v1/reviews/{review}/complete", body, version=1)

        await lies_within(look, 366)

    @pytest.mark.parametrize(
        ("every", "status"),
        [
            ({"count": 12, "unit": "calendar_months"}, 201),
            ({"count": 13, "unit": "calendar_months"}, 422),
            ({"count": 54, "unit": "calendar_weeks"}, 422),
        ],
    )
    async def test_is_a_year_for_one_that_recurs(
        self, school: School, every: Any, status: int
    ) -> None:
        body = {"child_id": str(await school.child()), "what": "How is it?", "every": every}
        answer = await school.lead.post("/v1/reviews", body)
        assert answer.status_code == status, answer.text
        assert answer.json().get("code") == ("due_too_far" if status == 422 else None)

    async def test_is_a_year_for_a_decision(self, school: School) -> None:
        concern = await triaged(school)

        async def decide(due_at: str) -> httpx.Response:
            body = {"question": "Refer?", "decision": "No.", "reason": "Calm.",
                    "review_on": due_at}  # fmt: skip
            return await school.lead.post(f"/v1/concerns/{concern}/decisions", body)

        past = await decide((clock.now() - timedelta(days=1)).isoformat())
        assert (past.status_code, past.json()["code"]) == (422, "due_time_passed")
        await lies_within(decide, 366)


async def triaged_within(school: School, days: int) -> None:
    """The due time of a concern at level 2 lies no further away than so many days."""
    concern = (await raise_one(school.staff, await school.child()))["id"]
    body = a_triage(school[Role.DSL].id)
    await lies_within(
        lambda due_at: step(school.lead, concern, "triage", body | {"due_at": due_at}), days
    )


class TestASchoolsOwn:
    async def test_is_nearer(self, school: School) -> None:
        answer = await limit(school, "due.concern", calendar="calendar_day", days=10)
        assert answer.status_code == 200, answer.text
        await triaged_within(school, 10)

    async def test_is_never_further_away(self, school: School) -> None:
        answer = await limit(school, "due.concern", calendar="calendar_day", days=46)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "limit_too_long"

    @pytest.mark.parametrize(
        "content",
        [
            {"calendar": "working_day", "days": 45},
            {"calendar": "school_day", "days": 45},
            {"calendar": "clock", "days": 60},
            {"calendar": "calendar_day", "days": 45},
        ],
    )
    async def test_in_any_calendar_is_never_further_away(
        self, school: School, content: Any
    ) -> None:
        answer = await limit(school, "due.concern", **content)
        assert answer.status_code == 200, answer.text
        await triaged_within(school, 45)

    async def test_of_another_level_changes_nothing(self, school: School) -> None:
        await limit(school, "due.concern.level_3", calendar="calendar_day", days=2)
        await triaged_within(school, 45)


def test_no_limit_has_a_longest_beyond_itself() -> None:
    found = [rules[0] for name, rules in rule_book().items() if name.startswith("due.")]
    assert len(found) == 10
    assert all(rule.overridable and rule.longest == rule.limit for rule in found)
