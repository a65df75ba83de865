"""What home may know is asked again at each check-in, and whoever waits to decide hears of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.api.safety.test_self_harm import staff, told
from tests.api.sharing.test_informing_parents_decisions import decide
from tests.check_ins import MONDAY, a_plan, adult, cover, lead, of_child, say
from tests.world import School, World

BREAK = MONDAY + timedelta(hours=3)
WORDS = "Mum could know now. Not my dad."


async def waits(world: World, school: School) -> tuple[UUID, str, dict[str, Any]]:
    """A pupil of whom parents are not told yet, the concern, and their first check-in."""
    child = await school.child()
    concern = (await told(staff(world, school), child, kind="self_harm"))["id"]
    await decide(
        lead(school), concern, outcome="not_yet", reason="He asks for time.",
        review_at=(clock.now() + timedelta(days=5)).isoformat(),
    )  # fmt: skip
    await a_plan(school, child)
    return child, concern, (await of_child(school, child))[0]


async def reviews_of(school: School, concern: str) -> list[dict[str, Any]]:
    """The looks that are owed, as the lead sees them."""
    found = await lead(school).get(f"/v1/tasks?kind=sh_parents_review&concern_id={concern}")
    items: list[dict[str, Any]] = found.json()["items"]
    return items


def alerted(world: World, task: str) -> list[UUID]:
    """Who has an alert about a task."""
    rows = world.sql("select recipient_id from alert where thing_id = %s", task)
    return [one for (one,) in rows]


class TestHomeMayKnow:
    async def test_reaches_whoever_waits_and_the_day_of_the_look_stays(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(BREAK):
            _, concern, check_in = await waits(world, school)
            [before] = await reviews_of(school, concern)
            said = {"how": "spoke", "home_may_know": {"value": WORDS}}
            done = await say(adult(school), check_in, "finish", said)
            assert done.status_code == 200, done.text
            assert WORDS not in done.text
            [task] = await reviews_of(school, concern)
            whole = (await lead(school).get(f"/v1/tasks/{task['id']}")).json()
            assert (task["due_at"], task["id"]) == (before["due_at"], before["id"])
            assert alerted(world, task["id"]) == [school[Role.DSL].id]
            [(content,)] = world.sql(
                "select content from safety_record where id = %s", whole["facts"]["said_in"]
            )
            assert content["home_may_know"]["value"] == WORDS

    async def test_again_at_the_next_one_names_the_newest(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(BREAK):
            child, concern, check_in = await waits(world, school)
            said = {"how": "spoke", "home_may_know": {"value": "Nobody yet."}}
            assert (await say(adult(school), check_in, "finish", said)).status_code == 200
            [first] = await reviews_of(school, concern)
        with clock.frozen(BREAK + timedelta(days=1)):
            later = (await of_child(school, child))[0]
            said = {"how": "spoke", "home_may_know": {"value": WORDS}}
            assert (await say(cover(school), later, "finish", said)).status_code == 200
            [task] = await reviews_of(school, concern)
            assert task["etag"] != first["etag"]
            facts = (await lead(school).get(f"/v1/tasks/{task['id']}")).json()["facts"]
            kept = "select recorded_at from safety_record where id = %s"
            [(at,)] = world.sql(kept, facts["said_in"])
            assert at == clock.now()

    async def test_is_no_nag_where_nothing_was_said(self, world: World, school: School) -> None:
        with clock.frozen(BREAK):
            _, concern, check_in = await waits(world, school)
            said = {"how": "spoke", "home_may_know": {"none": "declined"}}
            assert (await say(adult(school), check_in, "finish", said)).status_code == 200
            [task] = await reviews_of(school, concern)
            assert alerted(world, task["id"]) == []
            assert (await lead(school).get(f"/v1/tasks/{task['id']}")).json()["facts"] == {}

    async def test_tells_the_adult_nothing(self, world: World, school: School) -> None:
        """The same for a pupil of whom nothing is kept from home."""
        with clock.frozen(BREAK):
            _, _, waiting = await waits(world, school)
            plain = await school.child()
            await a_plan(school, plain)
            other = (await of_child(school, plain))[0]
            said = {"how": "spoke", "home_may_know": {"value": WORDS}}
            answers = [await say(adult(school), one, "finish", said) for one in (waiting, other)]
            assert [one.status_code for one in answers] == [200, 200]
            first, second = (one.json() for one in answers)
            differ = {name for name in first if first[name] != second[name]}
            assert differ <= {"id", "child"}
            rows = world.sql("select count(*) from task where child_id = %s and kind = %s",
                             plain, "sh_parents_review")  # fmt: skip
            assert rows == [(0,)]
