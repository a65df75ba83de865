"""Due times are counted again when a calendar or the nation changes, whatever they are of."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.core import clock
from app.core.ids import NIL, new_id
from app.core.moments import written
from app.core.words import Role
from app.db.repositories.duty import deadlines
from app.db.repositories.duty.open_things import OPEN
from app.domain.common.deadlines.commands import calendar_of, recompute
from app.domain.common.deadlines.rules import rule_on
from tests.adults import raise_about
from tests.api.record.test_concerns import ROUTINE
from tests.inconsistency import find_inconsistent
from tests.monitoring import a_tool
from tests.security.matrix import TABLE
from tests.security.scenes import Scene
from tests.world import School, World

LATER = "17:30"


async def close_later(school: School, version: int = 0) -> None:
    """Let the school close later: every due time that ends with a day is then another."""
    answer = await school.api(Role.SCHOOL_ADMIN).patch(
        f"/v1/schools/{school.id}/calendar", {"closes": LATER}, version=version
    )
    assert answer.status_code == 200, answer.text


def clocks(world: World, thing: str) -> list[Any]:
    """The clocks of a thing, the oldest first: rule, due, ended because, calendar version."""
    return world.sql(
        "select rule_id, due_at, ended_reason_code, calendar_version, started_at, rung, round,"
        " next_at, id from deadline where thing_id = %s order by made_at, ended_at nulls last",
        thing,
    )


def row(world: World, table: str, thing: str) -> tuple[datetime, int]:
    """The due time and version of a thing."""
    found: tuple[datetime, int] = world.sql(
        f"select due_at, version from {table} where id = %s",  # noqa: S608
        thing,
    )[0]
    return found


async def check_sound(world: World, school: School) -> None:
    """Everything open has the clock that its due time came from."""
    async with world.work(school.id) as work:
        assert await find_inconsistent(await work.driver(), school.id) == []


def waiting(world: World, table: str) -> bool:
    """Whether somebody waits for a row of a table."""
    found = world.sql(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
        "and datname = current_database() and query like %s",
        f"%from {table} t%for no key update%",
    )
    return bool(found[0][0])


def closes_later(due_at: datetime) -> bool:
    """Whether something is due at the new closing time (London has two offsets a year)."""
    return due_at.strftime("%M") == "30"


def lay_clock(
    world: World, school: School, noun: str, thing: str, rule_id: str, due_at: datetime
) -> None:
    """Give a thing written by hand the clock of a rule."""
    rule = rule_on(rule_id, clock.now().date())
    world.sql(
        "insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, calendar, "
        "calendar_version, ladder, started_at, due_at, made_by, made_at, next_at) values "
        "(%s, %s, %s, %s, %s, %s, %s, 0, %s, now(), %s, %s, now(), %s)",
        school.id, new_id(), noun, thing, rule.id, rule.version, rule.limit.calendar, rule.ladder,
        due_at, NIL, due_at,
    )  # fmt: skip


@pytest.fixture
def scene(world: World, school: School) -> Scene:
    """The school as its lead works in it."""
    return Scene(world, school, school[Role.DSL])


class TestChangeOfTheCalendar:
    async def test_moves_a_concern_and_keeps_what_was(
        self, world: World, school: School, scene: Scene
    ) -> None:
        body = scene.concern_body(await scene.child()) | ROUTINE
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        before, version = row(world, "concern", concern)
        await close_later(school)
        after, version_after = row(world, "concern", concern)
        old, new = clocks(world, concern)
        assert (old[0], old[1], old[2], old[3]) == (
            "concern.acknowledge.routine", before, "recomputed", 0,
        )  # fmt: skip
        assert (new[0], new[1], new[2], new[3]) == (old[0], after, None, 1)
        assert new[4] == old[4]
        assert (before.minute, after.minute) == (0, 30)
        assert new[7] == after
        assert version_after == version + 1
        ((details, changed),) = world.sql(
            "select details, before_hash <> after_hash from trail "
            "where noun_id = %s and verb = 'deadline.recomputed'",
            concern,
        )
        assert changed
        assert details["rule"] == "concern.acknowledge.routine"
        assert (details["from"], details["to"]) == (written(before), written(after))
        await check_sound(world, school)

    async def test_moves_shares_and_referrals(
        self, world: World, school: School, scene: Scene
    ) -> None:
        share, referral = await scene.share(), await scene.referral("sent")
        await close_later(school)
        assert closes_later(row(world, "share", share)[0])
        assert closes_later(row(world, "referral", referral)[0])
        traced = world.sql(
            "select noun, child_id is not null from trail where school_id = %s "
            "and verb = 'deadline.recomputed' and noun <> 'concern' order by noun",
            school.id,
        )
        assert traced == [("referral", True), ("share", True)]
        await check_sound(world, school)

    async def test_moves_broken_glass_and_adult_concerns_each_in_its_own_trail(
        self, world: World, school: School, scene: Scene
    ) -> None:
        child = await scene.child()
        broken = await school.api(Role.PASTORAL).post(
            "/v1/access/break-glass",
            {"child_id": child, "reason": "He is missing since noon and nobody else is here."},
        )
        assert broken.status_code == 201, broken.text
        adult = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        await close_later(school)
        assert closes_later(row(world, "access_grant", broken.json()["id"])[0])
        assert closes_later(row(world, "adult_concern", adult)[0])
        seen = "select count(*) from {} where noun_id = %s and verb = 'deadline.recomputed'"
        assert world.sql(seen.format("adult_trail"), adult) == [(1,)]
        assert world.sql(seen.format("trail"), adult) == [(0,)]
        await check_sound(world, school)

    async def test_moves_notices_of_reading(self, world: World, school: School) -> None:
        due_at = clock.now().replace(microsecond=0) + timedelta(days=3)
        notice, owner = str(new_id()), school[Role.DSL].id
        world.sql(
            "insert into reading_notice (school_id, id, rule, rule_version, reader_id, since, "
            "until, measured, entries, dedupe, owner_id, due_at, created_at) values (%s, %s, "
            "'many_files', '2026-11', %s, now(), now(), '{}', '{}', 'x', %s, %s, now())",
            school.id, notice, school[Role.STAFF].id, owner, due_at,
        )  # fmt: skip
        lay_clock(world, school, "reading_notice", notice, "reading_notice.review", due_at)
        await close_later(school)
        assert closes_later(row(world, "reading_notice", notice)[0])
        await check_sound(world, school)

    async def test_moves_proposed_roles_and_monitoring_alerts(
        self, world: World, school: School, scene: Scene
    ) -> None:
        proposal = (await TABLE["get_role_proposal"].recipe(scene)).ids["proposal_id"]
        tool = await a_tool(world, school)
        alert = (await tool.sent(severity="low"))["id"]
        await close_later(school)
        assert closes_later(row(world, "role_proposal", proposal)[0])
        assert closes_later(row(world, "monitoring_alert", alert)[0])
        await check_sound(world, school)

    async def test_leaves_what_a_person_chose(
        self, world: World, school: School, scene: Scene
    ) -> None:
        action = await scene.action()
        concern = await scene.triaged()
        danger = scene.concern_body(await scene.child()) | {"immediacy": "immediate_danger"}
        urgent = (await school.staff.post("/v1/concerns", danger)).json()["id"]
        tables = {action: "action", concern: "concern", urgent: "concern"}
        before = {thing: row(world, table, thing) for thing, table in tables.items()}
        await close_later(school)
        assert {thing: row(world, table, thing) for thing, table in tables.items()} == before

    async def test_done_again_changes_nothing(
        self, world: World, school: School, scene: Scene
    ) -> None:
        share = await scene.share()
        await close_later(school)
        before = clocks(world, share)
        async with world.work(school.id) as work:
            assert await recompute(work) == 0
        assert clocks(world, share) == before

    async def test_of_an_own_limit_moves_what_the_rule_decides(
        self, world: World, school: School, scene: Scene
    ) -> None:
        share = await scene.share()
        before = row(world, "share", share)[0]
        limits = {"share.follow_up": {"calendar": "working_day", "days": 8}}
        answer = await school.lead.patch(
            f"/v1/schools/{school.id}/calendar", {"limits": limits}, version=0
        )
        assert answer.status_code == 200
        assert row(world, "share", share)[0] > before
        assert clocks(world, share)[-1][3] == 1

    async def test_touches_no_other_school(
        self, world: World, school: School, other_school: School, scene: Scene
    ) -> None:
        share = await scene.share()
        before = row(world, "share", share)
        await close_later(other_school)
        assert row(world, "share", share) == before

    async def test_keeps_ringing_what_rings_and_takes_its_alerts_along(
        self, world: World, school: School, scene: Scene
    ) -> None:
        share = await scene.share()
        alert, next_at = new_id(), clock.now() + timedelta(minutes=20)
        old = clocks(world, share)[0][8]
        world.sql(
            "update deadline set rung = 2, round = 1, next_at = %s where id = %s", next_at, old
        )
        world.sql(
            "insert into alert (school_id, id, recipient_id, kind, urgent, created_at, "
            "deadline_id, round, rung) values (%s, %s, %s, 'overdue', false, now(), %s, 1, 2)",
            school.id, alert, school[Role.DSL].id, old,
        )  # fmt: skip
        await close_later(school)
        new = clocks(world, share)[-1]
        assert (new[5], new[6], new[7]) == (2, 1, next_at)
        assert world.sql("select deadline_id from alert where id = %s", alert) == [(new[8],)]

    async def test_leaves_a_clock_whose_rule_the_book_no_longer_has(
        self, world: World, school: School, scene: Scene
    ) -> None:
        share = await scene.share()
        world.sql("update deadline set rule_version = '1066' where thing_id = %s", share)
        before = row(world, "share", share)
        await close_later(school)
        assert row(world, "share", share) == before

    @pytest.mark.parametrize("noun", sorted(OPEN))
    async def test_can_move_every_noun(self, world: World, school: School, noun: str) -> None:
        async with world.work(school.id) as work:
            driver = await work.driver()
            planned = await driver.connection.fetch(
                f"explain {deadlines.moving(noun)}", school.id, work.now, NIL, "[]"
            )
            assert planned
            moved = await deadlines.move(driver, school.id, noun, [], by=NIL, at=work.now)
        assert moved == {}


class TestChangeOfTheNation:
    async def test_makes_a_version_and_moves_what_its_bank_holidays_decide(
        self, world: World, school: School, scene: Scene
    ) -> None:
        share = await scene.share()
        async with world.work(school.id) as work:
            calendar = await calendar_of(work)
        start = calendar.at(datetime.fromisoformat("2026-11-27").date(), calendar.opens)
        rule = rule_on("share.follow_up", start.date())
        due_at = rule.due(start, calendar)
        world.sql(
            "update deadline set started_at = %s, due_at = %s where thing_id = %s",
            start, due_at, share,
        )  # fmt: skip
        world.sql("update share set due_at = %s where id = %s", due_at, share)
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.patch(f"/v1/schools/{school.id}", {"nation": "scotland"}, version=1)
        assert answer.status_code == 200
        assert row(world, "share", share)[0] == due_at + timedelta(days=3)  # Saint Andrew's Day
        found = (await school.staff.get(f"/v1/schools/{school.id}/calendar")).json()
        assert (found["version"], found["nation"]) == (1, "scotland")
        await check_sound(world, school)

    async def test_that_is_none_makes_no_version(self, school: School) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        await admin.patch(f"/v1/schools/{school.id}", {"nation": "england"}, version=1)
        found = await school.staff.get(f"/v1/schools/{school.id}/calendar")
        assert found.json()["version"] == 0


class TestRaces:
    async def test_two_changes_at_once_make_one_version_and_one_refusal(
        self, world: World, school: School
    ) -> None:
        where = f"/v1/schools/{school.id}/calendar"
        admin = school.api(Role.SCHOOL_ADMIN)
        answers = await asyncio.gather(
            *(admin.patch(where, {"opens": f"0{n}:00"}, version=0) for n in range(6, 10))
        )
        first, *others = sorted(answer.status_code for answer in answers)
        assert first == 200
        assert set(others) <= {412, 422}  # what it says may be refused before its version is
        numbers = world.sql("select number from school_calendar where school_id = %s", school.id)
        assert numbers == [(1,)]

    async def test_a_step_at_the_same_time_leaves_one_clock(
        self, world: World, school: School, scene: Scene
    ) -> None:
        found = [await scene.share() for _ in range(4)]
        await asyncio.gather(
            close_later(school),
            *(
                school.lead.post(
                    f"/v1/shares/{share}/approve", {"reason": "It protects."}, version=1
                )
                for share in found
            ),
        )
        for share in found:
            open_ = [one for one in clocks(world, share) if one[2] is None]
            assert len(open_) == 1
            assert open_[0][1] == row(world, "share", share)[0]
        await check_sound(world, school)

    async def test_things_are_locked_before_their_clocks(
        self, world: World, school: School, scene: Scene
    ) -> None:
        """As in every command, or two who do both at once would wait for each other."""
        share = await scene.share()
        url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
        with psycopg.connect(url) as holder:
            holder.execute("select from share where id = %s for update", (share,))
            changing = asyncio.create_task(close_later(school))
            while not waiting(world, "share"):  # noqa: ASYNC110 - another program's state
                await asyncio.sleep(0.05)
            world.sql("select from deadline where thing_id = %s for update nowait", share)
        await changing
        assert closes_later(row(world, "share", share)[0])

    async def test_what_began_in_the_old_calendar_is_found_when_it_is_done_again(
        self, world: World, school: School, scene: Scene
    ) -> None:
        await close_later(school)
        share = UUID(await scene.share())
        async with world.work(school.id) as work:
            old = (await calendar_of(work)).at(clock.now().date() + timedelta(days=7), _four())
        world.sql("update deadline set due_at = %s where thing_id = %s", old, share)
        world.sql("update share set due_at = %s where id = %s", old, share)
        async with world.work(school.id) as work:
            assert await recompute(work) == 1
        assert closes_later(row(world, "share", str(share))[0])


def _four() -> Any:
    return datetime.fromisoformat("2026-11-25T16:00").time()
