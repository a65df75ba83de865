"""Notices of unusual reading: which reading is noticed, who is told, who looks at it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.core.words import Role
from app.domain.access.reading_notices import rules
from app.domain.access.reading_notices.commands import NobodyToLook, notice_reading
from app.domain.access.reading_notices.rules import Opening
from app.domain.duty.hand_over.commands import settle_school
from app.jobs.access import tell_of_nobody
from tests.api.access.test_conflicts import live
from tests.api.access.test_conflicts_confirmed import judge
from tests.api.record.test_concerns import raise_one
from tests.api.records import a_contact
from tests.deadlines import keep_clocks
from tests.jobs.climbing import a_trust
from tests.world import School, World

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMITS = {"files": 3, "minutes": 10}


async def scan(world: World, school: School) -> int:
    """Look until everything written so far was looked at; the number of new notices."""
    wanted = world.sql("select count(*) from trail where school_id = %s", school.id)[0][0]
    made = 0
    for _ in range(100):
        async with world.work(school.id) as work:
            _, more = await notice_reading(work)
            made += more
        left = world.sql(
            "select count(*) from trail t join reading_scan s using (school_id) "
            "where t.school_id = %s and (t.xid, t.seq) <= (s.xid, s.seq)", school.id,
        )[0][0]  # fmt: skip
        if left >= wanted:
            return made
        await asyncio.sleep(0.05)
    raise AssertionError("the trail was never read to its end")


async def notices(school: School, role: Role = Role.HEADTEACHER, **asked: str) -> list[Any]:
    answer = await school.api(role).get("/v1/access/notices", params=asked)
    assert answer.status_code == 200, answer.text
    rows: list[Any] = answer.json()["items"]
    return rows


def openings(reader: UUID, *minutes: float) -> list[Opening]:
    """One child's file opened at each of the minutes."""
    return [Opening(new_id(), NOW + timedelta(minutes=one), reader, new_id()) for one in minutes]


class TestManyFiles:
    def test_needs_enough_children_within_the_window(self) -> None:
        reader = new_id()
        for minutes, fires in (((0, 5, 10), True), ((0, 5, 10.1), False), ((0, 1), False)):
            listed = openings(reader, *minutes)
            ids = frozenset(one.id for one in listed)
            assert bool(rules.many_files(listed, LIMITS, ids)) is fires, minutes

    def test_counts_children_and_not_looks(self) -> None:
        reader, child = new_id(), new_id()
        listed = [Opening(new_id(), NOW, reader, child) for _ in range(9)]
        assert rules.many_files(listed, LIMITS, frozenset(one.id for one in listed)) == []

    def test_takes_each_reader_alone(self) -> None:
        listed = openings(new_id(), 0, 1) + openings(new_id(), 0, 1)
        assert rules.many_files(listed, LIMITS, frozenset(one.id for one in listed)) == []

    def test_judges_no_old_window_again(self) -> None:
        assert rules.many_files(openings(new_id(), 0, 1, 2), LIMITS, frozenset()) == []

    def test_takes_a_schools_own_numbers_and_no_nonsense(self) -> None:
        own = {"many_files": {"files": 5, "minutes": -1, "more": 3}}
        assert rules.limits_of(rules.MANY_FILES, own) == {"files": 5, "minutes": 60}
        assert rules.limits_of(rules.MANY_FILES, {"many_files": "x"})["files"] == 30

    async def test_tells_a_lead_and_the_head_and_never_the_reader(
        self, world: World, school: School
    ) -> None:
        world.sql(
            """update organisation set settings = '{"reading_notices": {"many_files":
            {"files": 3, "minutes": 5}}}' where id = %s""", school.id,
        )  # fmt: skip
        for number in range(3):
            child = await school.child(f"Child{number}")
            await raise_one(school.staff, child)
            await school.lead.get(f"/v1/children/{child}")
        assert await scan(world, school) == 1
        (one,) = await notices(school)
        assert (one["rule"], one["measured"]["opened"], one["number"]) == ("many_files", 3, 3)
        assert one["words"].startswith("One person opened the files of at least 3 children")
        assert await notices(school, Role.DSL) == []
        told = world.sql(
            "select recipient_id, noun, thing_id::text from alert where school_id = %s"
            " and kind = 'reading_noticed'", school.id,
        )  # fmt: skip
        assert told == [(school[Role.HEADTEACHER].id, "reading_notice", one["id"])]
        assert one["owner"]["id"] == str(school[Role.HEADTEACHER].id)
        assert one["due_at"]
        verbs = world.sql("select verb from trail where noun_id = %s", one["id"])
        assert verbs == [("reading.noticed",)]
        assert await scan(world, school) == 0


def end_roles(world: World, school: School, *roles: Role) -> None:
    """Nobody of a school holds some roles any more."""
    for role in roles:
        world.sql("delete from membership where staff_id = %s", school[role].id)


async def reads_all(world: World, school: School, reader: Role = Role.DSL) -> None:
    """Somebody opens the files of three children, which are many here."""
    world.sql(
        """update organisation set settings = '{"reading_notices": {"many_files":
        {"files": 3, "minutes": 5}}}' where id = %s""", school.id,
    )  # fmt: skip
    for number in range(3):
        child = await school.child(f"Child{number}")
        await raise_one(school.staff, child)
        assert (await school.api(reader).get(f"/v1/children/{child}")).status_code == 200


def owners_of(world: World, school: School) -> list[UUID]:
    rows = world.sql("select owner_id from reading_notice where school_id = %s", school.id)
    return [owner for (owner,) in rows]


class TestNobodyToLook:
    async def test_never_goes_to_a_deputy_who_may_not_look(
        self, world: World, school: School
    ) -> None:
        end_roles(world, school, Role.HEADTEACHER)
        await reads_all(world, school)
        assert await scan(world, school) == 1
        assert owners_of(world, school) == [school[Role.SCHOOL_ADMIN].id], "who can appoint"
        keep_clocks(world, school.id, "reading_notice")

    async def test_waits_is_told_to_the_trust_and_goes_to_who_comes(
        self, world: World, school: School
    ) -> None:
        trust, _ = await a_trust(world, school)
        end_roles(world, school, Role.SCHOOL_ADMIN)
        world.sql(
            "update membership set valid_to = valid_from + 1 where staff_id = %s",
            school[Role.HEADTEACHER].id,
        )
        await reads_all(world, school)
        assert await scan(world, school) == 1
        assert owners_of(world, school) == [school[Role.HEADTEACHER].id], "who was head last"
        for _ in range(2):
            async with world.work(school.id) as work:
                assert (await settle_school(work)).heard
        told = "select kind, about_id from alert where recipient_id = %s order by created_at, id"
        assert world.sql(told, trust.id) == [("nobody_to_own", school.id)]
        kinds = {kind for kind, _ in world.sql(told, school[Role.DSL].id)}
        assert not kinds & {"nobody_to_own", "reading_noticed"}, "not to the reader"
        head = await school.person(Role.HEADTEACHER)
        async with world.work(school.id) as work:
            assert not (await settle_school(work)).stuck
        assert owners_of(world, school) == [head.id]
        (one,) = (await world.as_token(head.token).get("/v1/access/notices")).json()["items"]
        assert one["owner"]["id"] == str(head.id)

    async def test_is_not_told_to_the_head_whose_reading_it_is(
        self, world: World, school: School
    ) -> None:
        trust, _ = await a_trust(world, school)
        world.sql(
            "update membership set role = 'staff' where school_id = %s and role <> 'headteacher'",
            school.id,
        )
        await reads_all(world, school, Role.HEADTEACHER)
        with pytest.raises(NobodyToLook):
            await scan(world, school)
        assert owners_of(world, school) == []
        for _ in range(2):
            await tell_of_nobody(world.runtime.database, school.id)
        told = "select kind, about_id from alert where recipient_id = %s"
        assert world.sql(told, trust.id) == [("nobody_to_own", school.id)]
        assert "nobody_to_own" not in {
            kind for kind, _ in world.sql(told, school[Role.HEADTEACHER].id)
        }
        lead = await school.person(Role.DSL)
        assert await scan(world, school) == 1, "what was not looked at stayed to be looked at"
        assert owners_of(world, school) == [lead.id]


class TestNoWorkingReason:
    @pytest.mark.parametrize(
        ("why", "fires"), [(set(), True), ({"recent_concern"}, False), ({"granted"}, False)]
    )
    def test_fires_without_any_reason(self, why: set[str], fires: bool) -> None:
        (one,) = openings(new_id(), 0)
        found = rules.without_reason(
            [one], {(one.reader_id, one.child_id): why}, frozenset(), {"days": 90}
        )
        assert bool(found) is fires

    def test_notices_a_colleagues_child_without_own_work(self) -> None:
        (one,) = openings(new_id(), 0)
        pair, children = (one.reader_id, one.child_id), frozenset({one.child_id})
        for why, rule in (
            ({"recent_concern"}, "own_colleagues_child"), ({"recent_concern", "alerted"}, None),
        ):  # fmt: skip
            found = rules.without_reason([one], {pair: why}, children, {"days": 90})
            assert [noticed.rule.id for noticed in found] == ([rule] if rule else [])

    async def test_notices_a_file_nobody_works_on(self, world: World, school: School) -> None:
        quiet, busy = await school.child("Quiet"), await school.child("Busy")
        await raise_one(school.staff, busy)
        for child in (quiet, busy):
            await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}")
            await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}/chronology")
        assert await scan(world, school) == 1
        (one,) = await notices(school, Role.DSL)
        assert (one["rule"], one["child"]["id"]) == ("no_working_reason", str(quiet))
        assert one["reader"]["id"] == str(school[Role.DEPUTY_DSL].id)
        assert one["number"] == 2

    async def test_is_one_notice_for_a_reader_and_a_day(self, world: World, school: School) -> None:
        for number in range(5):
            child = await school.child(f"Quiet{number}")
            await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}")
        await scan(world, school)
        child = await school.child("Quiet again")
        await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}")
        assert await scan(world, school) == 0
        (one,) = await notices(school, Role.DSL)
        assert (one["number"], one["child"]) == (6, None)
        told = world.sql(
            "select count(*), count(distinct recipient_id) from alert where school_id = %s "
            "and kind = 'reading_noticed'", school.id,
        )  # fmt: skip
        assert told == [(2, 2)]

    async def test_lets_a_cohort_and_a_grant_be(self, world: World, school: School) -> None:
        mine, granted = await school.child(), await school.child(year_group="9")
        world.sql(
            """update membership set cohort = '{"year_groups": ["7"]}' where staff_id = %s""",
            school[Role.PASTORAL].id,
        )
        taken = {"child_id": str(granted), "reason": "Nobody knows where he is now."}
        await school.api(Role.PASTORAL).post("/v1/access/break-glass", taken)
        for child in (mine, granted):
            answer = await school.api(Role.PASTORAL).get(f"/v1/children/{child}")
            assert answer.status_code == 200
        assert await scan(world, school) == 0

    async def test_notices_a_colleagues_child(self, world: World, school: School) -> None:
        child, colleague = await school.child(), school[Role.STAFF]
        await a_contact(world, school, child, kind="father", email=colleague.email)
        await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/children/{child}/contacts", {"kind": "mother", "name": "Somebody Else"}
        )
        (found,) = await live(school, child_id=child)
        assert await judge(world, school.lead, found["id"]) == (200, "in_force")
        await raise_one(school.lead, child)
        await school.api(Role.HEADTEACHER).get(f"/v1/children/{child}")
        await scan(world, school)
        rows = await notices(school, Role.DSL)
        assert [(one["rule"], one["reader"]["id"]) for one in rows] == [
            ("own_colleagues_child", str(school[Role.HEADTEACHER].id))
        ]


class TestReview:
    async def path(self, world: World, school: School) -> str:
        child = await school.child("Quiet")
        await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}")
        await scan(world, school)
        (one,) = await notices(school, Role.DSL)
        return f"/v1/access/notices/{one['id']}"

    async def test_shows_the_rows_that_made_it_fire(self, world: World, school: School) -> None:
        answer = await school.lead.get(await self.path(world, school))
        assert answer.status_code == 200
        (entry,) = answer.json()["entries"]
        assert (entry["verb"], entry["role"]) == ("child.opened", "deputy_dsl")
        assert answer.json()["permissions"] == ["review_notice"]

    async def test_closes_it_with_an_outcome(self, world: World, school: School) -> None:
        path = await self.path(world, school)
        body = {"outcome": "explained", "note": "She prepared the move to another school."}
        answer = await school.lead.post(f"{path}/review", body, version=1)
        assert answer.json()["outcome"] == "explained"
        assert await notices(school, Role.DSL, state="open") == []
        assert len(await notices(school, Role.DSL, state="reviewed")) == 1
        again = await school.lead.post(f"{path}/review", body, version=2)
        assert again.json()["code"] == "state_conflict"
        verbs = world.sql(
            "select verb from trail where noun_id = %s order by seq", path.rpartition("/")[2]
        )
        assert verbs == [("reading.noticed",), ("reading.reviewed",)]

    async def test_is_never_by_the_reader(self, world: World, school: School) -> None:
        child = await school.child("Quiet")
        await school.lead.get(f"/v1/children/{child}")
        await scan(world, school)
        (one,) = await notices(school)
        path = f"/v1/access/notices/{one['id']}"
        assert (await school.lead.get(path)).status_code == 404
        body = {"outcome": "expected", "note": "Mine."}
        assert (await school.lead.post(f"{path}/review", body, version=1)).status_code == 404

    async def test_finds_none_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        path = await self.path(world, other_school)
        assert (await school.lead.get(path)).status_code == 404
