"""Whom a concern names is nobody's adult because of it: not chosen, not given, not told."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.safety.test_reintegrations import day
from tests.api.safety.test_self_harm_pupils import told
from tests.check_ins import MONDAY, keep, of_child, say
from tests.jobs.climbing import fresh
from tests.world import Api, School, World


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


async def naming(world: World, school: School, person: UUID) -> tuple[UUID, str]:
    """A pupil, and the concern in which they speak of a member of staff."""
    child = await school.child()
    api = fresh(world, school[Role.STAFF])
    return child, await told(api, (child, "subject"), staff_named=[str(person)])


async def back(api: Api, child: UUID, concern: str, **fields: object) -> int:
    """Write down that the pupil is back today."""
    body = {"concern_id": concern, "returned_on": day(), **fields}
    return (await api.post(f"/v1/children/{child}/reintegrations", body)).status_code


def told_of_check_ins(world: World, person: UUID) -> list[tuple[str]]:
    """Alerts of check-ins and of what follows from them."""
    return world.sql(
        "select kind from alert where recipient_id = %s"
        " and kind in ('work_handed_over', 'task_set')", person,
    )  # fmt: skip


class TestAReturn:
    async def test_takes_nobody_whom_its_concern_names(self, world: World, school: School) -> None:
        adult = await school.person(Role.STAFF)
        child, concern = await naming(world, school, adult.id)
        lead = fresh(world, school[Role.DSL])
        body = {"concern_id": concern, "returned_on": day(), "adult_id": str(adult.id)}
        refused = await lead.post(f"/v1/children/{child}/reintegrations", body)
        assert refused.json()["code"] == "reintegration_adult_unsuitable"
        assert await back(lead, child, concern, adult_id=str(school[Role.STAFF].id)) == 201
        assert told_of_check_ins(world, adult.id) == []

    async def test_gives_its_first_days_to_no_lead_whom_its_concern_names(
        self, world: World, school: School
    ) -> None:
        named = school[Role.DSL].id
        child, concern = await naming(world, school, named)
        deputy = fresh(world, school[Role.DEPUTY_DSL])
        assert await back(deputy, child, concern) == 201
        rows = world.sql("select owner_id, cover_id from check_in where child_id = %s", child)
        assert len(rows) == 5
        assert named not in {person for row in rows for person in row}
        for minutes in (61, 100):
            with clock.frozen(MONDAY + timedelta(hours=2, minutes=minutes)):
                await keep(world, school)
        owners = world.sql(
            "select owner_id from task where child_id = %s and kind = 'check_in_missed'", child
        )
        assert owners
        assert (named,) not in owners
        assert told_of_check_ins(world, named) == []


class TestStandingIn:
    async def test_is_asked_of_nobody_whom_the_concern_names(
        self, world: World, school: School
    ) -> None:
        adult = await school.person(Role.STAFF)
        child, concern = await naming(world, school, adult.id)
        assert await back(fresh(world, school[Role.DSL]), child, concern) == 201
        first = (await of_child(school, child))[0]
        command = {"owner_id": str(adult.id), "cover_id": str(school[Role.DEPUTY_DSL].id)}
        given = await say(fresh(world, school[Role.DSL]), first, "assign", command)
        assert given.status_code == 422, given.text
        assert given.json()["code"] == "check_in_person_unsuitable"


class TestASupportPlan:
    async def test_takes_nobody_whom_its_concern_names(self, world: World, school: School) -> None:
        adult = await school.person(Role.STAFF)
        child, concern = await naming(world, school, adult.id)
        body = {
            "adult_id": str(adult.id), "cover_id": str(school[Role.DSL].id), "concern_id": concern,
        }  # fmt: skip
        lead = fresh(world, school[Role.DSL])
        refused = await lead.post(f"/v1/children/{child}/support-plan", body)
        assert refused.json().get("code") == "support_plan_person_unsuitable", refused.text
