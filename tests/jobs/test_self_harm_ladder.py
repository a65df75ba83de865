"""Nobody answers for a pupil in danger: all leads, the head, each once, whatever dies."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.jobs.ladder import ring_everywhere
from app.jobs.runner import Adapters
from tests.api.safety.test_self_harm import at, lead, staff, tasks, told
from tests.crashing import Crash, crashing_after
from tests.jobs.climbing import MONDAY, a_trust, after, fresh, ids, tick
from tests.jobs.working import Sink, a_worker, eventually, leads, text_of
from tests.world import School, World


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


async def in_danger(world: World, school: School, **fields: Any) -> str:
    """A report about a pupil in danger now."""
    fields = {"immediacy": "immediate_danger"} | fields
    receipt = await told(staff(world, school), await school.child(), **fields)
    return str(receipt["id"])


def heard(world: World, thing: str) -> list[tuple[str, set[UUID]]]:
    """Each rung of the clock of one thing, and who was told on it."""
    rows = world.sql(
        "select t.details->>'name', t.details->'recipients' from trail t join deadline d"
        " on d.school_id = t.school_id and d.id = t.noun_id"
        " where d.thing_id = %s and t.verb in ('deadline.missed', 'deadline.climbed')"
        " order by t.seq", thing,
    )  # fmt: skip
    return [(name, {UUID(one) for one in people}) for name, people in rows]


class TestSilence:
    async def test_t04_climbs_from_all_leads_to_the_head_and_the_trust(
        self, world: World, school: School
    ) -> None:
        await a_trust(world, school)
        concern = await in_danger(world, school)
        with after(minutes=9):
            await tick(world, school)
        assert heard(world, concern) == []
        leads, head = ids(school, Role.DSL, Role.DEPUTY_DSL), ids(school, Role.HEADTEACHER)
        for minutes in (10, 12, 15, 17, 20):
            with after(minutes=minutes):
                await tick(world, school)
        assert heard(world, concern) == [("leads", leads), ("head", head), ("trust", set())]

    @pytest.mark.parametrize("statements", range(6))
    async def test_t04_killed_between_steps_each_fires_exactly_once(
        self, world: World, school: School, statements: int
    ) -> None:
        concern = await in_danger(world, school)
        for minutes, rungs in ((10, 1), (15, 2)):
            with after(minutes=minutes):
                with crashing_after(statements), suppress(Crash):
                    await ring_everywhere(world.runtime.database, only=school.id)
                for _ in range(2):  # once it is up again, and once more
                    await tick(world, school)
            assert len(heard(world, concern)) == rungs
        told_of = world.sql(
            "select a.recipient_id, count(*) from alert a join deadline d on d.id = a.deadline_id"
            " where d.thing_id = %s and a.kind = 'overdue' group by 1", concern,
        )  # fmt: skip
        everybody = ids(school, Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
        assert dict(told_of) == dict.fromkeys(everybody, 1)

    async def test_ends_when_a_lead_says_that_they_have_it(
        self, world: World, school: School
    ) -> None:
        concern = await in_danger(world, school)
        with after(minutes=8):
            deputy = fresh(world, school[Role.DEPUTY_DSL])
            path = f"/v1/concerns/{concern}/acknowledge"
            assert (await deputy.post(path, version=1)).status_code == 200
        with after(minutes=30):
            await tick(world, school)
        assert heard(world, concern) == []

    @pytest.mark.parametrize("immediacy", ["today", "routine"])
    async def test_without_danger_now_the_same_people_hear_as_soon(
        self, world: World, school: School, immediacy: str
    ) -> None:
        await a_trust(world, school)
        concern = await in_danger(world, school, kind="self_harm", immediacy=immediacy)
        leads, head = ids(school, Role.DSL, Role.DEPUTY_DSL), ids(school, Role.HEADTEACHER)
        for minutes in (9, 10, 12, 15, 17, 20):
            with after(minutes=minutes):
                await tick(world, school)
        assert heard(world, concern) == [("leads", leads), ("head", head), ("trust", set())]

    @pytest.mark.parametrize(
        ("kind", "quiet", "rings"),
        [("self_harm", "2026-12-05T11:59:00", "2026-12-05T12:01:00"),
         ("worry_without_words", "2026-12-07T08:39:00", "2026-12-07T08:41:00")],
    )  # fmt: skip
    async def test_at_a_weekend_what_is_for_today_rings_within_hours_and_the_rest_on_monday(
        self, world: World, school: School, kind: str, quiet: str, rings: str
    ) -> None:
        with clock.frozen(at("2026-12-05T10:00:00")):
            concern = await in_danger(world, school, kind=kind, immediacy="routine")
        with clock.frozen(at(quiet)):
            await tick(world, school)
        assert heard(world, concern) == []
        with clock.frozen(at(rings)):
            await tick(world, school)
        assert [name for name, _ in heard(world, concern)] == ["leads"]

    async def test_at_night_without_danger_now_waits_for_the_morning(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(at("2026-12-05T20:00:00")):
            concern = await in_danger(world, school, kind="self_harm", immediacy="today")
        with clock.frozen(at("2026-12-06T00:05:00")):
            await tick(world, school)
        assert heard(world, concern) == []
        with clock.frozen(at("2026-12-06T09:00:00")):
            await tick(world, school)
        assert [name for name, _ in heard(world, concern)] == ["leads"]

    async def test_at_night_rings_as_by_day(self, world: World, school: School) -> None:
        with clock.frozen(at("2026-12-05T02:45:00")):
            concern = await in_danger(world, school)
        with clock.frozen(at("2026-12-05T02:56:00")):
            await tick(world, school)
        assert [name for name, _ in heard(world, concern)] == ["leads"]


class TestWhatIsOwed:
    async def test_an_hour_before_school_closes_somebody_hears_that_nobody_spoke_with_them(
        self, world: World, school: School
    ) -> None:
        concern = await in_danger(world, school)
        assert tasks(world, concern)["sh_check"] == at("2026-11-30T15:00:00")
        ((task,),) = world.sql(
            "select id from task where concern_id = %s and kind = 'sh_check'", concern
        )
        with clock.frozen(at("2026-11-30T15:01:00")):
            await tick(world, school)
        assert [name for name, _ in heard(world, str(task))] == ["owner"]

    async def test_told_in_the_last_hour_is_owed_until_school_closes(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(at("2026-11-30T15:20:00")):
            concern = await in_danger(world, school)
        assert tasks(world, concern)["sh_check"] == at("2026-11-30T16:00:00")

    async def test_that_nobody_knows_who_is_with_them_rings(
        self, world: World, school: School
    ) -> None:
        concern = await in_danger(world, school)
        ((task,),) = world.sql(
            "select id from task where concern_id = %s and kind = 'sh_stay'", concern
        )
        with after(minutes=16):
            await tick(world, school)
        assert [name for name, _ in heard(world, str(task))] == ["owner"]
        with after(minutes=17):
            answer = await lead(world, school).post(
                f"/v1/concerns/{concern}/with-adult", {"name": "Ms Roe"}
            )
            assert answer.status_code == 201
        with after(hours=3):
            await tick(world, school)
        assert [name for name, _ in heard(world, str(task))] == ["owner"]


async def test_t02_the_worker_mails_both_leads_within_five_seconds(
    world: World, school: School, adapters: Adapters, sink: Sink
) -> None:
    began = time.monotonic()
    async with a_worker(adapters):
        concern = await in_danger(world, school)
        await eventually(lambda: {one["To"] for one in sink.delivered} >= leads(school))
        assert time.monotonic() - began < 5
    for message in sink.delivered:
        whole = message.as_string() + text_of(message)
        for secret in ("suicide", "self", "Marsh", concern, school.name):
            assert secret not in whole
