"""A school with nobody who could be given anything: what is owed waits, rings and is not lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.behind import ANYONE
from app.core.words import Permission, Role
from app.domain.duty.hand_over.commands import Looked, settle_school
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.errors import ServiceUnavailable
from app.jobs.orphans import settle_one
from tests.check_ins import a_plan
from tests.jobs.climbing import a_trust, after, tick
from tests.world import Person, School, World

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
WHO = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


def disable(world: World, school: School, *but: Role) -> None:
    """Nobody of a school can sign in any more, but for some."""
    world.sql(
        "update account set disabled_at = now() where id in"
        " (select m.staff_id from membership m where m.school_id = %s and m.role <> all(%s))",
        school.id, [role.value for role in but],
    )  # fmt: skip


async def settle(world: World, school: School) -> Looked:
    """What the job does in a school."""
    async with world.work(school.id) as work:
        return await settle_school(work)


async def by_job(world: World, school: School, **fields: Any) -> UUID:
    """The owner of a task that a job sets."""
    async with world.work(school.id) as work:
        task = await set_task(work, SetTask("other", **fields))
    assert task is not None
    owner: UUID = task.owner_id
    return owner


async def absent(world: World, school: School, child: UUID) -> Any:
    """The program of registration says that a pupil is absent."""
    _, token = await world.a_service_key(school.id, Permission.ATTENDANCE_SEND)
    mark = {"child_id": str(child), "on": "2026-11-30", "session": "am", "mark": "absent"}
    return await world.as_token(token).post("/v1/attendance-marks", {"marks": [mark]})


def calls(world: World, child: UUID) -> list[UUID]:
    """Who is to phone about a pupil."""
    rows = world.sql(
        "select owner_id from task where child_id = %s and kind = 'absence_call'"
        " and ended_at is null", child,
    )  # fmt: skip
    return [owner for (owner,) in rows]


def told(world: World, person: Person) -> list[tuple[str, UUID | None, Any]]:
    """What stands in somebody's inbox: kind, school and counts."""
    return world.sql(
        "select kind, about_id, counts from alert where recipient_id = %s"
        " order by created_at, id", person.id,
    )  # fmt: skip


class TestNobodyHere:
    async def test_an_absence_waits_is_told_to_the_trust_and_goes_to_who_comes(
        self, world: World, school: School
    ) -> None:
        one, another = await a_trust(world, school)
        child = UUID((await a_plan(school))["child_id"])
        disable(world, school)
        answer = await absent(world, school, child)
        assert (answer.status_code, answer.json()["taken"]) == (200, 1), answer.text
        assert calls(world, child) == [school[Role.DSL].id]
        assert (await settle(world, school)).heard
        assert (await settle(world, school)).heard
        for lead in (one, another):
            assert told(world, lead) == [("nobody_to_own", school.id, None)]
        with after(minutes=31):
            await tick(world, school)
        assert {kind for kind, *_ in told(world, one)} == {"nobody_to_own", "school_overdue"}
        lead = await school.person(Role.DSL)
        assert not (await settle(world, school)).stuck
        assert calls(world, child) == [lead.id]
        assert "work_handed_over" in {kind for kind, *_ in told(world, lead)}

    async def test_each_school_of_a_trust_is_told_of_by_itself(
        self, world: World, school: School, other_school: School
    ) -> None:
        lead, _ = await a_trust(world, school)
        world.sql(
            "update organisation set parent_id ="
            " (select parent_id from organisation where id = %s) where id = %s",
            school.id, other_school.id,
        )  # fmt: skip
        for here in (school, other_school):
            await a_plan(here)
            disable(world, here)
            assert (await settle(world, here)).heard
        assert {about for _, about, _ in told(world, lead)} == {school.id, other_school.id}
        for here in (school, other_school):
            await here.person(Role.DSL)
            assert not (await settle(world, here)).stuck

    async def test_without_a_trust_the_operator_reads_it(
        self, world: World, school: School, capsys: pytest.CaptureFixture[str]
    ) -> None:
        child = await school.child()
        disable(world, school)
        assert await by_job(world, school, child_id=child) == school[Role.DSL].id
        assert not (await settle(world, school)).heard
        await settle_one(world.runtime.database, school.id)
        said = "".join(capsys.readouterr())
        assert any("owners.nobody" in line and str(school.id) in line for line in said.splitlines())
        await school.person(Role.DSL)
        assert not (await settle(world, school)).stuck

    async def test_never_waits_with_whom_it_must_not(self, world: World, school: School) -> None:
        child = await school.child()
        disable(world, school)
        barred = [school[Role.DSL].id]
        owner = await by_job(world, school, child_id=child, barred=barred)
        assert owner == school[Role.DEPUTY_DSL].id
        world.sql(
            "insert into conflict (school_id, id, staff_id, child_id, kind, created_by,"
            " created_at) select %s, gen_random_uuid(), %s, %s, 'declared', %s, now()",
            school.id, school[Role.DEPUTY_DSL].id, child, school[Role.DSL].id,
        )  # fmt: skip
        owner = await by_job(world, school, child_id=child, barred=barred)
        assert owner == school[Role.HEADTEACHER].id
        await school.person(Role.DSL)
        assert not (await settle(world, school)).stuck

    @pytest.mark.parametrize("confidentiality", ["K3", "K5", ANYONE])
    async def test_an_administrator_has_it_where_nobody_else_is_here(
        self, world: World, school: School, confidentiality: str
    ) -> None:
        disable(world, school, Role.SCHOOL_ADMIN, Role.STAFF)
        child = await school.child()
        owner = await by_job(world, school, child_id=child, confidentiality=confidentiality)
        assert owner == school[Role.SCHOOL_ADMIN].id
        await school.person(Role.DSL)
        await settle(world, school)

    async def test_is_refused_to_be_sent_again_where_it_could_not_even_wait(
        self, world: World, school: School
    ) -> None:
        child = UUID((await a_plan(school))["child_id"])
        world.sql("update membership set role = 'staff' where school_id = %s", school.id)
        refused = await absent(world, school, child)
        assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
        assert "phone" in refused.json()["detail"]
        assert "retry-after" in refused.headers
        with pytest.raises(ServiceUnavailable):
            await by_job(world, school, child_id=child)
        lead = await school.person(Role.DSL)
        again = await absent(world, school, child)
        assert again.status_code == 200, again.text
        assert calls(world, child) == [lead.id]
        await settle(world, school)
