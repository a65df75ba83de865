"""E7: a pupil on a plan is seen and not spoken with, then the adult is on a trip, then nobody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.stories.telling import GRADES, Story, where

ADULT, COVER = Role.STAFF, Role.PASTORAL
NAMES = ("Maisie", "Thorn")
TILES = (
    "100%", "100 %", "completion", "completeness", "streak", "on track", "compliance", "adherence",
)  # fmt: skip
DAYS = {"first": 2, "second": 4, "trip": 9, "none": 11}
"""Tuesday and Thursday, Tuesday and Thursday."""


class Plan:
    """A plan with two check-ins a week, at break."""

    def __init__(self, story: Story) -> None:
        self.story = story

    async def begins(self) -> None:
        """The lead agrees it with the pupil on the first day."""
        people = self.story.school
        self.child = await people.child("Maisie", "Thorn", year_group="8")
        body = {
            "adult_id": str(people[ADULT].id), "cover_id": str(people[COVER].id),
            "place": "Library", "times": [{"from": "10:30", "to": "11:00"}],
            "cadence": [{"per_week": 2}], "holiday_arrangement": "Her aunt rings on Mondays.",
        }  # fmt: skip
        await self.story.skip(1, "08:30")
        path = f"/v1/children/{self.child}/support-plan"
        await self.story.does(Role.DSL, path, body)

    async def on(self, day: int) -> dict[str, Any]:
        """The check-in of a day, as the lead sees it."""
        opens = self.story.moment(day, "10:30").isoformat()
        rows = await self.story.items(Role.DSL, f"/v1/check-ins?child_id={self.child}")
        ended = await self.story.items(Role.DSL, f"/v1/check-ins?child_id={self.child}&state=ended")
        found = [one for one in [*rows, *ended] if datetime.fromisoformat(one["opens_at"])
                 == datetime.fromisoformat(opens)]  # fmt: skip
        assert len(found) == 1, (day, found)
        return found[0]

    async def say(self, who: Role, day: int, verb: str, body: Any = None) -> dict[str, Any]:
        """Somebody says how the check-in of a day went, or what became of it."""
        path = f"/v1/check-ins/{(await self.on(day))['id']}"
        done: dict[str, Any] = await self.story.on(who, path, verb, body)
        return done


def asked(story: Story, kind: str, child: UUID) -> list[tuple[Any, datetime, datetime, str, Any]]:
    """Every task of a kind about a child: whose, when set and due, how it stands, what came."""
    return story.world.sql(
        "select owner_id, set_at, due_at, state, outcome from task where school_id = %s "
        "and kind = %s and child_id = %s order by set_at, id",
        story.school.id, kind, child,
    )  # fmt: skip


class TestE07:
    async def test_e07_a_second_time_without_a_word_and_a_cover_that_fails_reach_the_lead(
        self, story: Story
    ) -> None:
        plan = Plan(story)
        await plan.begins()
        await self._seen_twice(story, plan)
        await self._trip(story, plan)
        await self._nobody(story, plan)
        await self._shows_no_tile(story, plan)
        assert await story.whole()

    async def _seen_twice(self, story: Story, plan: Plan) -> None:
        await story.day(DAYS["first"], "10:40")
        done = await plan.say(ADULT, DAYS["first"], "finish", {"how": "saw_only"})
        assert done["state"] == "done", "once is enough"
        await story.day(DAYS["second"], "10:40")
        again = await plan.say(ADULT, DAYS["second"], "finish", {"how": "saw_only"})
        assert (again["state"], again["how"]) == ("open", "saw_only")
        await story.day(DAYS["second"], "11:29")
        assert asked(story, "check_in_missed", plan.child) == []
        await story.day(DAYS["second"], "11:31")
        ((owner, set_at, due, state, _),) = asked(story, "check_in_missed", plan.child)
        assert owner == story.school[Role.DSL].id
        assert set_at == story.moment(DAYS["second"], "11:30")
        assert (due, state) == (story.moment(DAYS["second"], "16:00"), "open")
        (ask,) = asked(story, "check_in_cover", plan.child)
        assert ask[:2] == (story.school[COVER].id, story.moment(DAYS["second"], "11:00"))
        await story.day(DAYS["second"], "14:00")
        words = {"outcome": "seen_later", "words": "We spoke after lunch: tired, no new worry."}
        settled = await plan.say(Role.DSL, DAYS["second"], "settle", words)
        assert settled["state"] == "settled"

    async def _trip(self, story: Story, plan: Plan) -> None:
        """The adult says that she is on a trip; who stands in is asked and does not answer."""
        day, tomorrow = (story.moment(DAYS["trip"] + more, "12:00").date() for more in (0, 1))
        await story.day(DAYS["trip"], "08:10")
        away = {
            "staff_id": str(story.school[ADULT].id), "valid_from": str(day),
            "valid_to": str(tomorrow),
        }  # fmt: skip
        await story.does(ADULT, "/v1/staff-absences", away)
        ask = asked(story, "check_in_cover", plan.child)[-1]
        now = clock.now()
        assert ask[:4] == (
            story.school[COVER].id, now, story.moment(DAYS["trip"], "08:40"), "open"
        )  # fmt: skip
        await story.day(DAYS["trip"], "08:41")
        check_in = await plan.on(DAYS["trip"])
        assert check_in["owner"]["id"] == str(story.school[Role.DSL].id), "the cover has failed"
        assert asked(story, "check_in_cover", plan.child)[-1][4] == "unanswered"
        handed = [one for one in await story.inbox(Role.DSL) if one["kind"] == "work_handed_over"]
        assert handed
        assert datetime.fromisoformat(handed[0]["created_at"]) == story.moment(
            DAYS["trip"], "08:40"
        )
        await story.day(DAYS["trip"], "11:31")
        missed = asked(story, "check_in_missed", plan.child)[-1]
        assert missed[:4] == (
            story.school[Role.DSL].id, story.moment(DAYS["trip"], "11:30"),
            story.moment(DAYS["trip"], "16:00"), "open",
        )  # fmt: skip
        review = [
            one for one in await story.tasks(Role.DSL, plan.child)
            if one["kind"] == "support_plan_review"
            and datetime.fromisoformat(one["set_at"]) == missed[1]
        ]  # fmt: skip
        assert [datetime.fromisoformat(one["due_at"]) for one in review] == [
            story.moment(DAYS["trip"] + 1, "16:00")
        ], "two within a week: the plan is read again by the next school day"

    async def _nobody(self, story: Story, plan: Plan) -> None:
        await story.day(DAYS["none"], "11:31")
        check_in = await plan.on(DAYS["none"])
        assert (check_in["state"], check_in["how"]) == ("open", None)
        missed = asked(story, "check_in_missed", plan.child)[-1]
        assert missed[:2] == (story.school[Role.DSL].id, story.moment(DAYS["none"], "11:30"))
        await story.skip(DAYS["none"] + 30, "12:00")
        assert (await plan.on(DAYS["none"]))["state"] == "open", "time ends nothing"
        assert asked(story, "check_in_missed", plan.child)[-2][3] == "open"

    async def _shows_no_tile(self, story: Story, plan: Plan) -> None:
        readers = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, ADULT, COVER, Role.GOVERNOR)
        for role in readers:
            texts = await story.everything(role, plan.child)
            assert where(texts, *TILES, *GRADES) == {}, role
        for role in (ADULT, COVER):
            mine = await story.items(role, "/v1/check-ins/mine")
            assert mine
            assert {*mine[0]} == {
                "id", "child", "opens_at", "due_at", "place", "mine", "asked", "etag",
            }, "name, time and place, no reason"  # fmt: skip
        texts = {
            str(n): f"{one.items()} {one.get_content()}"
            for n, one in enumerate(story.sink.delivered)
        }
        assert where(texts, *NAMES, "check-in", "check_in", "library", "plan") == {}
