"""Actions: reminders, once for each due time and to whoever stands in, and the list of mine."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from app.domain.record.actions.commands import remind
from tests.owners import Plot, a_plot
from tests.world import School, World


async def look(world: World, school: School, at: datetime | None = None) -> int:
    """Let the job look through a school, at a moment."""
    async with world.work(school.id) as work:
        work.now = at or work.now
        work.today = clock.day_of(work.now)
        return await remind(work)


def told(world: World, plot: Plot) -> list[UUID]:
    """Who was reminded of the action."""
    rows = world.sql(
        "select recipient_id from alert where action_id = %s and kind = 'action_due_soon' "
        "order by created_at, id", plot.ids["action"],
    )  # fmt: skip
    return [person for (person,) in rows]


async def an_action(world: World, school: School, due: datetime) -> Plot:
    """An action of the deputy, set long ago."""
    plot = await a_plot(world, school, school[Role.DEPUTY_DSL], "concern", "action")
    move(plot, due)
    return plot


def move(plot: Plot, due: datetime) -> None:
    """Give the action another due time, and so another clock."""
    action = plot.ids["action"]
    plot.world.sql("update action set due_at = %s where id = %s", due, action)
    plot.world.sql(
        "update deadline set due_at = %s, next_at = %s, made_at = now() - interval '30 days' "
        "where thing_id = %s", due, due, action,
    )  # fmt: skip


class TestReminders:
    async def test_come_once_for_a_due_time(self, world: World, school: School) -> None:
        now = clock.now()
        plot = await an_action(world, school, now + timedelta(hours=20))
        assert await look(world, school, now + timedelta(hours=19)) == 1
        assert await look(world, school, now + timedelta(hours=19, minutes=5)) == 0
        assert told(world, plot) == [school[Role.DEPUTY_DSL].id]
        verbs = world.sql(
            "select t.verb from trail t join alert a on a.id = t.noun_id where a.action_id = %s",
            plot.ids["action"],
        )
        assert verbs == [("alert.raised",)]

    async def test_come_once_when_two_workers_look(self, world: World, school: School) -> None:
        now = clock.now()
        plot = await an_action(world, school, now + timedelta(hours=20))
        later = now + timedelta(hours=19)
        await asyncio.gather(*(look(world, school, later) for _ in range(4)))
        assert len(told(world, plot)) == 1

    async def test_come_not_too_early_nor_after_it_is_due(
        self, world: World, school: School
    ) -> None:
        now = clock.now()
        plot = await an_action(world, school, now + timedelta(days=30))
        assert await look(world, school) == 0
        assert await look(world, school, now + timedelta(days=31)) == 0
        assert told(world, plot) == []

    async def test_come_when_a_person_chose(self, world: World, school: School) -> None:
        now = clock.now()
        plot = await an_action(world, school, now + timedelta(days=40))
        action = plot.ids["action"]
        chosen = now + timedelta(days=3)
        world.sql("update action set remind_at = %s where id = %s", chosen, action)
        assert await look(world, school, now + timedelta(days=2)) == 0
        assert await look(world, school, now + timedelta(days=3, minutes=1)) == 1

    async def test_do_not_follow_at_once_upon_being_set(self, world: World, school: School) -> None:
        plot = await a_plot(world, school, school[Role.DEPUTY_DSL], "concern", "action")
        due = clock.now() + timedelta(hours=1)
        move(plot, due)
        world.sql("update deadline set made_at = now() where thing_id = %s", plot.ids["action"])
        assert await look(world, school) == 0

    async def test_go_to_who_stands_in_as_well(self, world: World, school: School) -> None:
        now, day = clock.now(), clock.now().date()
        plot = await an_action(world, school, now + timedelta(hours=20))
        other = await school.person(Role.DSL)
        cover = plot.put(
            "cover", away_id=school[Role.DEPUTY_DSL].id, valid_from=day - timedelta(days=1),
            valid_to=day + timedelta(days=4), created_by=other.id, created_at=now,
        )  # fmt: skip
        for place, person in enumerate((other, school[Role.DSL])):
            plot.put("cover_person", cover_id=cover, staff_id=person.id, position=place)
        conflict: dict[str, Any] = {
            "staff_id": str(school[Role.DSL].id), "child_id": str(plot.child), "reason": "Family."
        }  # fmt: skip
        assert (await school.lead.post("/v1/conflicts", conflict)).status_code == 201
        await look(world, school, now + timedelta(hours=19))
        assert set(told(world, plot)) == {school[Role.DEPUTY_DSL].id, other.id}

    async def test_come_once_for_a_new_due_time_too(self, world: World, school: School) -> None:
        """Though the reminder of the former one was never read, and counts the new one."""
        now = clock.now()
        plot = await an_action(world, school, now + timedelta(hours=20))
        await look(world, school, now + timedelta(hours=17))
        world.sql(
            "update deadline set made_at = %s where thing_id = %s",
            now + timedelta(hours=18), plot.ids["action"],
        )  # fmt: skip
        world.sql(
            "update action set remind_at = %s where id = %s",
            now + timedelta(hours=19), plot.ids["action"],
        )  # fmt: skip
        found = [await look(world, school, now + timedelta(hours=19, minutes=m)) for m in (1, 6)]
        assert found == [1, 0]

    async def test_come_anew_for_another_owner(self, world: World, school: School) -> None:
        now = clock.now()
        plot = await an_action(world, school, now + timedelta(hours=20))
        await look(world, school, now + timedelta(hours=18))
        lead = school[Role.DSL].id
        world.sql("update action set owner_id = %s where id = %s", lead, plot.ids["action"])
        assert await look(world, school, now + timedelta(hours=19)) == 1
        assert told(world, plot)[-1] == lead


class TestRemindAt:
    async def test_is_chosen_when_setting(self, world: World, school: School) -> None:
        plot = await a_plot(world, school, school[Role.DSL], "concern")
        path = f"/v1/concerns/{plot.ids['concern']}/actions"
        due, remind_at = (clock.now() + timedelta(days=day) for day in (5, 2))
        body = {
            "what": "Phone home.", "owner_id": str(school[Role.DSL].id),
            "due_at": due.isoformat(), "remind_at": remind_at.isoformat(),
        }  # fmt: skip
        made = await school.lead.post(path, body)
        assert datetime.fromisoformat(made.json()["remind_at"]) == remind_at
        late = {**body, "remind_at": (due + timedelta(days=1)).isoformat()}
        answer = await school.lead.post(path, late)
        assert answer.json()["errors"][0]["pointer"] == "/remind_at"


class TestDueBefore:
    async def test_narrows_my_actions(self, world: World, school: School) -> None:
        plot = await a_plot(world, school, school[Role.DSL], "concern", "action")
        for hours, number in ((23, 0), (25, 1)):
            before = (clock.now() + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
            found = await school.lead.get(f"/v1/actions?due_before={before}")
            assert [one["id"] for one in found.json()["items"]] == (
                [str(plot.ids["action"])] * number
            )
