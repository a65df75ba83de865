"""The ladder under fire: several workers, crashes, outages, faults of one clock, a full queue."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.db.unit_of_work import Job
from app.domain.duty.ladder import commands
from app.domain.duty.ladder.queries import things_of
from app.jobs.ladder import keep_ringing, ring_everywhere
from tests.crashing import Crash, crashing_after
from tests.jobs.climbing import MONDAY, a_trust, after, alerts, climbs, deadline, ids, overdue, tick
from tests.jobs.working import eventually
from tests.security.capture import captured
from tests.world import School, World


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


def facts(world: World, school: School, trust: School | None = None) -> tuple[int, ...]:
    """How many alerts, entries of the trail, and jobs there are of the ladder."""
    places = [school.id] + ([trust.id] if trust else [])
    (row,) = world.sql(
        "select (select count(*) from alert where school_id = any(%s) and deadline_id is not null),"
        " (select count(*) from trail where school_id = any(%s) and verb in ('deadline.missed',"
        "  'deadline.climbed')),"
        " (select count(*) from procrastinate_jobs where task_name = 'alert.send_one'"
        "  and args->>'school_id' = any(%s))",
        places, places, [str(one) for one in places],
    )  # fmt: skip
    return tuple(row)


class TestManyWorkers:
    async def test_ring_each_rung_once_between_them(self, world: World, school: School) -> None:
        for _ in range(30):
            await overdue(school)
        with after(minutes=15):
            done = await asyncio.gather(
                *(ring_everywhere(world.runtime.database, only=school.id) for _ in range(4))
            )
            await tick(world, school)
        assert sum(one.escalated for one in done) <= 30
        assert [one.failed for one in done] == [[]] * 4
        assert len(climbs(world, school)) == 30
        assert len(alerts(world, school)) == 30

    async def test_leave_to_another_what_it_holds(self, world: World, school: School) -> None:
        await overdue(school)
        url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
        async with await psycopg.AsyncConnection.connect(url) as other:
            await other.execute("select from deadline where school_id = %s for update", [school.id])
            with after(minutes=15):
                async with asyncio.timeout(5):
                    assert (await tick(world, school)).escalated == 0
            await other.rollback()
        with after(minutes=15):
            assert (await tick(world, school)).escalated == 1

    async def test_ring_more_than_one_batch_in_a_tick(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commands.ring_due, "__kwdefaults__", {"limit": 3, "only": None})
        monkeypatch.setattr("app.jobs.ladder.BATCH", 3)
        for _ in range(8):
            await overdue(school)
        with after(minutes=15):
            assert (await tick(world, school)).escalated == 8


class TestACrash:
    @pytest.mark.parametrize("statements", range(8))
    async def test_leaves_a_climb_whole_or_not_begun(
        self, world: World, school: School, statements: int
    ) -> None:
        trust = School(world, (await a_trust(world, school))[0].school_id, "trust")
        await overdue(school)
        for minutes in (15, 20, 30):
            with after(minutes=minutes):
                await tick(world, school)
        before = facts(world, school, trust)
        with after(minutes=45):
            crashed = False
            with crashing_after(statements):
                try:
                    await ring_everywhere(world.runtime.database, only=school.id)
                except Crash:
                    crashed = True
            if crashed:
                assert facts(world, school, trust) == before
            for _ in range(100):  # a tick passes by what the server still holds for the dead
                await tick(world, school)
                if facts(world, school, trust) != before:
                    break
                await asyncio.sleep(0.05)
        assert facts(world, school, trust) == (before[0] + 2, before[1] + 1, before[2] + 2)
        assert [name for name, _ in climbs(world, school)] == ["owner", "leads", "head", "trust"]
        assert crashed == (statements < 4)

    async def test_of_a_school_holds_up_no_other(
        self, world: World, school: School, other_school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await overdue(school)
        await overdue(other_school)

        async def failing(driver: Any, school_id: Any, *more: Any) -> Any:
            if school_id == school.id:
                raise RuntimeError("broken")
            return await things_of(driver, school_id, *more)

        monkeypatch.setattr("app.domain.duty.ladder.commands.things_of", failing)
        with after(minutes=15):
            done = await ring_everywhere(world.runtime.database)
            assert [str(error) for error in done.failed] == ["broken"]
            assert len(climbs(world, other_school)) == 1
            monkeypatch.undo()
            with clock.frozen(MONDAY + timedelta(minutes=15)):
                await tick(world, school)
        assert len(climbs(world, school)) == 1

    async def test_of_one_clock_holds_up_no_other_of_its_school(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = await overdue(school)
        for _ in range(3):
            await overdue(school)

        async def failing(driver: Any, school_id: Any, keys: Any) -> Any:
            if ("concern", broken) in keys:
                raise RuntimeError("broken")
            return await things_of(driver, school_id, keys)

        monkeypatch.setattr("app.domain.duty.ladder.commands.things_of", failing)
        with after(minutes=15):
            done = await ring_everywhere(world.runtime.database, only=school.id)
        assert (done.escalated, len(done.failed)) == (3, 1)

    async def test_of_the_machine_tells_of_a_clock_of_nothing_and_goes_on(
        self, world: World, school: School, capfd: pytest.CaptureFixture[str]
    ) -> None:
        await overdue(school)
        world.sql(
            "update concern set ended_at = now(), state = 'closed' where school_id = %s", school.id
        )
        with after(minutes=15):
            await tick(world, school)
        assert climbs(world, school) == []
        assert deadline(world, school)["next_at"] == MONDAY + timedelta(minutes=75)
        world.sql(
            "update deadline set ended_at = now(), ended_reason_code = 'ended'"
            " where school_id = %s",
            school.id,
        )


class TestKeepRinging:
    async def test_goes_on_after_a_failure_and_beside_a_full_queue(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await overdue(school)
        async with world.work(school.id) as work:
            for _ in range(500):
                work.enqueue(Job("alert.send", {"concern_id": str(new_id())}))
        database, failed = world.runtime.database, 0
        begin = type(database).begin

        def broken(self: Any, *values: Any, **named: Any) -> Any:
            nonlocal failed
            failed += 1
            if failed <= 2:
                raise OSError("no database")
            return begin(self, *values, **named)

        monkeypatch.setattr(type(database), "begin", broken)
        stop = asyncio.Event()
        with after(minutes=15):
            task = asyncio.create_task(keep_ringing(stop, database, 0.02))
            await eventually(lambda: climbs(world, school))
            stop.set()
            await asyncio.wait_for(task, 30)
        assert climbs(world, school) == [("owner", ids(school, Role.DSL))]
        assert failed > 2
        world.sql("delete from procrastinate_jobs where status = 'todo'")

    async def test_rings_what_came_due_during_an_outage_at_its_first_tick(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        with after(hours=7):
            done = await tick(world, school)
        assert done.waited == timedelta(hours=6, minutes=45)


class TestStatements:
    async def test_of_a_climb_are_as_many_for_one_as_for_many(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        with after(minutes=15):
            async with captured(world) as one:
                await tick(world, school)
        for _ in range(20):
            await overdue(school)
        with after(minutes=30):
            async with captured(world) as many:
                await tick(world, school)
        assert len(climbs(world, school)) == 22
        assert 8 <= len(one) <= 14, "\n\n".join(one)
        assert len(many) <= len(one) + 2, "\n\n".join(many)
