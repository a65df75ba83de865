"""When a ladder may ring: quiet hours, nights of a clock change, weekends and holidays."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.jobs.climbing import MONDAY, climbs, deadline, ids, overdue, rings, tick
from tests.world import School, World


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def set_clock(world: World, school: School, ladder: str, due: datetime) -> None:
    """Let what is open fall due at a moment, on a ladder."""
    world.sql(
        "update deadline set ladder = %s, due_at = %s, next_at = %s "
        "where school_id = %s and ended_at is null",
        ladder, due, due, school.id,
    )  # fmt: skip
    world.sql("update concern set due_at = %s where school_id = %s", due, school.id)


def set_calendar(world: World, school: School, **content: object) -> None:
    """A version of the school's calendar."""
    world.sql(
        "insert into school_calendar (school_id, id, number, content, made_by, made_at) "
        "values (%s, %s, 1, %s, %s, now())",
        school.id, new_id(), orjson.dumps(content).decode(), school[Role.DSL].id,
    )  # fmt: skip


async def first_ring(world: World, school: School, ladder: str, due: datetime) -> datetime:
    """When what falls due at a moment rings, in a world that ticks when it has to."""
    with clock.frozen(MONDAY):
        await overdue(school)
    set_clock(world, school, ladder, due)
    moment = due
    for _ in range(12):
        with clock.frozen(moment):
            await tick(world, school)
        if found := rings(world, school):
            return found[0][2]
        moment = deadline(world, school)["next_at"]
    raise AssertionError("it never rang")


class TestQuietHours:
    async def test_do_not_count_in_immediate_danger_at_three_in_the_morning(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(at("2026-12-01T02:45:00")):
            await overdue(school)
        for text, told in (
            ("03:00", ids(school, Role.DSL)),
            ("03:05", ids(school, Role.DSL, Role.DEPUTY_DSL)),
            ("03:15", ids(school, Role.HEADTEACHER)),
        ):
            with clock.frozen(at(f"2026-12-01T{text}:00")):
                await tick(world, school)
            assert climbs(world, school)[-1][1] == told

    @pytest.mark.parametrize(
        ("due", "rings_at"),
        [
            ("2026-12-01T18:59:00", "2026-12-01T18:59:00"),
            ("2026-12-01T19:00:00", "2026-12-02T07:00:00"),
            ("2026-12-02T06:59:00", "2026-12-02T07:00:00"),
            ("2026-12-05T09:00:00", "2026-12-05T09:00:00"),  # a Saturday
            ("2026-12-25T09:00:00", "2026-12-25T09:00:00"),
            ("2026-10-24T20:00:00", "2026-10-25T07:00:00"),  # the night clocks go back
            ("2026-10-24T05:59:00", "2026-10-24T06:00:00"),
            ("2027-03-27T23:00:00", "2027-03-28T06:00:00"),  # the night clocks go forward
        ],
    )
    async def test_put_off_what_needs_somebody_today(
        self, world: World, school: School, due: str, rings_at: str
    ) -> None:
        assert await first_ring(world, school, "today", at(due)) == at(rings_at)

    @pytest.mark.parametrize(
        ("due", "rings_at"),
        [
            ("2026-12-04T20:00:00", "2026-12-07T07:00:00"),  # Friday evening
            ("2026-12-06T12:00:00", "2026-12-07T07:00:00"),  # Sunday
            ("2026-12-24T19:30:00", "2026-12-29T07:00:00"),  # Christmas and its substitute day
            ("2027-03-25T20:00:00", "2027-03-30T06:00:00"),  # Easter, and clocks go forward
        ],
    )
    async def test_and_free_days_put_off_what_is_routine(
        self, world: World, school: School, due: str, rings_at: str
    ) -> None:
        assert await first_ring(world, school, "routine", at(due)) == at(rings_at)

    async def test_are_the_schools_own(self, world: World, school: School) -> None:
        set_calendar(world, school, quiet_from="16:30", quiet_until="08:15")
        found = await first_ring(world, school, "today", at("2026-12-01T17:00:00"))
        assert found == at("2026-12-02T08:15:00")

    @pytest.mark.parametrize(
        ("due", "rings_at"),
        [
            ("2026-10-25T00:10:00", "2026-10-25T00:30:00"),
            ("2026-10-25T01:10:00", "2026-10-25T01:30:00"),  # the hour comes twice
            ("2027-03-28T00:50:00", "2027-03-28T01:30:00"),  # their end is skipped
        ],
    )
    async def test_that_end_in_the_changed_hour_end_once(
        self, world: World, school: School, due: str, rings_at: str
    ) -> None:
        set_calendar(world, school, quiet_from="20:00", quiet_until="01:30")
        assert await first_ring(world, school, "today", at(due)) == at(rings_at)

    async def test_put_off_the_next_rung_too(self, world: World, school: School) -> None:
        due = at("2026-12-01T18:45:00")
        assert await first_ring(world, school, "today", due) == due
        assert deadline(world, school)["next_at"] == at("2026-12-02T07:00:00")


class TestSchoolHolidays:
    async def test_do_not_put_off_what_is_routine(self, world: World, school: School) -> None:
        set_calendar(
            world, school,
            terms=[
                {"name": "Autumn", "starts_on": "2026-09-01", "ends_on": "2026-10-23"},
                {"name": "Autumn 2", "starts_on": "2026-11-02", "ends_on": "2026-12-18"},
            ],
        )  # fmt: skip
        due = at("2026-10-28T10:00:00")
        assert await first_ring(world, school, "routine", due) == due


class TestBeingPutOff:
    async def test_writes_the_time_and_nothing_else(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            await overdue(school)
        set_clock(world, school, "today", at("2026-12-01T22:00:00"))
        before = world.sql("select count(*) from trail where school_id = %s", school.id)
        with clock.frozen(at("2026-12-01T22:00:05")):
            done = await tick(world, school)
            assert (done.escalated, done.put_off) == (0, 1)
            assert (await tick(world, school)).put_off == 0
        assert world.sql("select count(*) from trail where school_id = %s", school.id) == before
        kept = deadline(world, school)
        assert (kept["rung"], kept["round"]) == (0, 0)
        assert kept["next_at"] == at("2026-12-02T07:00:00")
        assert timedelta() < kept["next_at"] - kept["due_at"]
