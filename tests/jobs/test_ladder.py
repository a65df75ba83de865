"""The ladder: each rung in its order and time, and who is left out or stands in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.core import clock
from app.core.pointers import pointer
from app.core.words import Role
from tests.jobs.climbing import (
    LEADS,
    MONDAY,
    a_trust,
    acknowledge,
    after,
    alerts,
    away,
    climbs,
    deadline,
    ids,
    overdue,
    rings,
    tick,
)
from tests.world import School, World

K3 = ["K3"]


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


class TestRungs:
    async def test_follow_one_another_in_time(self, world: World, school: School) -> None:
        await a_trust(world, school)
        await overdue(school)
        for minutes in (0, 14):
            with after(minutes=minutes):
                await tick(world, school)
        assert climbs(world, school) == []
        for minutes in (15, 16, 19, 20, 21, 29, 30, 31, 44, 45, 46):
            with after(minutes=minutes):
                await tick(world, school)
        owner = ids(school, Role.DSL)
        assert rings(world, school) == [
            ("owner", owner, MONDAY + timedelta(minutes=15)),
            ("leads", ids(school, *LEADS), MONDAY + timedelta(minutes=20)),
            ("head", ids(school, Role.HEADTEACHER), MONDAY + timedelta(minutes=30)),
            ("trust", set(), MONDAY + timedelta(minutes=45)),
        ]

    async def test_ring_a_person_again_and_never_make_a_second_alert(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        for minutes in (15, 20):
            with after(minutes=minutes):
                await tick(world, school)
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        assert alerts(world, school) == [(lead, 1, 2, False), (deputy, 1, 2, False)]
        verbs = world.sql(
            "select t.verb from trail t join alert a on a.school_id = t.school_id "
            "and a.id = t.noun_id where a.recipient_id = %s and a.kind = 'overdue' order by t.seq",
            lead,
        )
        assert verbs == [("alert.raised",), ("alert.rang",)]
        jobs = world.sql(
            "select count(*) from procrastinate_jobs j join alert a "
            "on a.id = (j.args->>'alert_id')::uuid where a.recipient_id = %s "
            "and a.kind = 'overdue' and j.task_name = 'alert.send_one'",
            lead,
        )
        assert jobs == [(2,)]

    async def test_ring_the_highest_again_and_never_stop(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        with after(days=3):
            for minutes in (0, 5, 15, 30, 90, 150, 210):
                with after(minutes=minutes):
                    await tick(world, school)
        head = ids(school, Role.HEADTEACHER)
        assert climbs(world, school)[2:] == [("head", head)] * 5
        with after(days=30):
            await tick(world, school)
        assert len(climbs(world, school)) == 8

    async def test_begin_in_the_trail_with_what_was_missed(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        for minutes in (15, 20):
            with after(minutes=minutes):
                await tick(world, school)
        rows = world.sql(
            "select verb, noun, noun_id, details->>'noun', actor_role from trail "
            "where school_id = %s and verb like 'deadline.%%' order by seq",
            school.id,
        )
        clock_id = deadline(world, school)["id"]
        assert rows == [
            ("deadline.missed", "deadline", clock_id, "concern", "system"),
            ("deadline.climbed", "deadline", clock_id, "concern", "system"),
        ]

    async def test_catch_up_one_at_a_time_after_an_outage(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        with after(hours=5):
            for _ in range(4):
                await tick(world, school)
            assert [name for name, _ in climbs(world, school)] == ["owner"]
            with after(minutes=5):
                await tick(world, school)
            assert [name for name, _ in climbs(world, school)] == ["owner", "leads"]


class TestWhoIsTold:
    async def test_is_who_stands_in_for_an_owner_who_is_away(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        second = await school.person(Role.DEPUTY_DSL)
        away(world, school, school[Role.DSL].id, second.id)
        for minutes in (15, 20):
            with after(minutes=minutes):
                await tick(world, school)
        assert climbs(world, school) == [
            ("owner", {second.id}),
            ("leads", {second.id, school[Role.DEPUTY_DSL].id}),
        ]

    async def test_skips_a_rung_with_nobody_at_once(self, world: World, school: School) -> None:
        await overdue(school)
        away(world, school, school[Role.DSL].id)
        away(world, school, school[Role.DEPUTY_DSL].id)
        with after(minutes=15):
            await tick(world, school)
        assert climbs(world, school) == [("head", ids(school, Role.HEADTEACHER))]

    @pytest.mark.parametrize(
        "statement",
        [
            "update staff set suspended_at = now() where id = %s",
            "update staff set removed_at = now() where id = %s",
            "update staff set accepted_at = null where id = %s",
            "update account set disabled_at = now() where id = %s",
            "update membership set valid_to = '2026-11-30' where staff_id = %s",
        ],
    )
    async def test_is_nobody_who_cannot_sign_in(
        self, world: World, school: School, statement: str
    ) -> None:
        await overdue(school)
        world.sql(statement, school[Role.DSL].id)
        with after(minutes=15):
            await tick(world, school)
        assert climbs(world, school) == [("leads", ids(school, Role.DEPUTY_DSL))]

    async def test_is_nobody_with_a_conflict_of_interest(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await overdue(school, child=child)
        body = {"child_id": str(child), "reason": "My nephew."}
        for role in (Role.HEADTEACHER, Role.DEPUTY_DSL):
            assert (await school.api(role).post("/v1/conflicts", body)).status_code == 201
        with after(hours=1):
            for minutes in (0, 5, 15):
                with after(minutes=minutes):
                    await tick(world, school)
        lead = ids(school, Role.DSL)
        assert climbs(world, school) == [("owner", lead), ("leads", lead), ("leads", lead)]

    async def test_is_only_who_may_open_what_is_sealed(self, world: World, school: School) -> None:
        concern = await overdue(school)
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        with after(hours=1):
            for minutes in (0, 5, 15):
                with after(minutes=minutes):
                    await tick(world, school)
        lead = ids(school, Role.DSL)
        assert climbs(world, school) == [("owner", lead), ("leads", lead), ("leads", lead)]

    async def test_is_a_member_of_staff_who_owns_an_action(
        self, world: World, school: School
    ) -> None:
        concern = await overdue(school)
        teacher = school[Role.STAFF].id
        body = {
            "what": "Ring home", "owner_id": str(teacher),
            "due_at": (MONDAY + timedelta(minutes=5)).isoformat(),
        }  # fmt: skip
        answer = await school.lead.post(f"/v1/concerns/{concern}/actions", body)
        assert answer.status_code == 201, answer.text
        with after(minutes=5):
            await tick(world, school)
            assert climbs(world, school) == [("owner", {teacher})]
            (card, *_) = (await school.staff.get("/v1/alerts?state=open")).json()["items"]
        assert card["about"] == pointer("action", answer.json()["id"])
        assert (card["kind"], card["rung"], card["state"]) == ("overdue", 1, "open")

    async def test_is_the_administrators_where_nobody_else_is(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        for role in (*LEADS, Role.HEADTEACHER):
            world.sql("update staff set suspended_at = now() where id = %s", school[role].id)
        with after(minutes=15):
            await tick(world, school)
        admin = school[Role.SCHOOL_ADMIN]
        assert climbs(world, school) == [("nobody", {admin.id})]
        (kept,) = world.sql(
            "select concern_id, action_id from alert where kind = 'nobody_to_tell' "
            "and school_id = %s",
            school.id,
        )
        assert kept == (None, None)
        with after(hours=2):
            await tick(world, school)
        assert climbs(world, school) == [("nobody", {admin.id})] * 2

    async def test_goes_on_for_an_administrator_who_acknowledges(
        self, world: World, school: School
    ) -> None:
        """They cannot act: they only mark their alert."""
        await overdue(school)
        for role in (*LEADS, Role.HEADTEACHER):
            world.sql("update staff set suspended_at = now() where id = %s", school[role].id)
        with after(minutes=15):
            await tick(world, school)
            answer = await acknowledge(world, school[Role.SCHOOL_ADMIN], "nobody_to_tell")
        assert answer.json()["acknowledged_at"] is not None
        assert deadline(world, school)["acknowledged_at"] is None
        new = await school.person(Role.DSL)
        with after(minutes=76):
            await tick(world, school)
        assert climbs(world, school)[1:] == [("leads", {new.id})]
        assert deadline(world, school)["round"] == 1

    async def test_is_everybody_where_all_are_said_to_be_away(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        await school.role("duty", "concern:raise", "concern:read", "concern:comment", classes=K3)
        stand_in = (await school.holder("duty")).id
        for role in (*LEADS, Role.HEADTEACHER):
            away(world, school, school[role].id, stand_in)
        for minutes in (15, 20, 30):
            with after(minutes=minutes):
                await tick(world, school)
        assert climbs(world, school) == [
            ("owner", {stand_in}),
            ("leads", ids(school, *LEADS) | {stand_in}),
            ("head", ids(school, Role.HEADTEACHER) | {stand_in}),
        ]

    async def test_is_the_absent_where_nobody_is_there(self, world: World, school: School) -> None:
        await overdue(school)
        for role in (*LEADS, Role.HEADTEACHER):
            away(world, school, school[role].id)
        with after(minutes=15):
            await tick(world, school)
        told = ids(school, Role.DSL, Role.SCHOOL_ADMIN)
        assert climbs(world, school) == [("owner", told)]

    async def test_is_a_lead_who_came_at_last(self, world: World, school: School) -> None:
        await overdue(school)
        for role in (*LEADS, Role.HEADTEACHER):
            world.sql("update staff set suspended_at = now() where id = %s", school[role].id)
        with after(minutes=15):
            await tick(world, school)
        new = await school.person(Role.DSL)
        with after(hours=2):
            await tick(world, school)
        assert climbs(world, school)[1:] == [("leads", {new.id})]

    async def test_is_nobody_twice_where_nobody_can_be_told_at_all(
        self, world: World, school: School, capfd: pytest.CaptureFixture[str]
    ) -> None:
        await overdue(school)
        world.sql("update staff set suspended_at = now() where school_id = %s", school.id)
        with after(minutes=15):
            await tick(world, school)
        assert climbs(world, school) == [("nobody", set())]
        assert deadline(world, school)["next_at"] == MONDAY + timedelta(minutes=75)
