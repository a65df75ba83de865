"""An alert in the inbox says whom to phone, where whoever reads it cannot act themselves."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.safety.test_self_harm import staff, told
from tests.inboxes import about_id
from tests.jobs.climbing import MONDAY, a_trust, after, away, fresh, tick
from tests.world import Person, School, World

PHONE = "01632 960999"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


@pytest.fixture(autouse=True)
def phone(world: World, school: School) -> None:
    world.sql("update organisation set phone = %s where id = %s", PHONE, school.id)


async def a_concern(world: World, school: School, **fields: Any) -> str:
    """A pupil in danger now."""
    fields = {"immediacy": "immediate_danger"} | fields
    child = fields.pop("child", None) or await school.child()
    return str((await told(staff(world, school), child, **fields))["id"])


async def next_of(world: World, person: Person, concern: str) -> Any:
    """Whom somebody's newest alert about a concern names."""
    found = await fresh(world, person).get("/v1/alerts?state=open")
    assert found.status_code == 200, found.text
    cards = [one for one in found.json()["items"] if about_id(one) == concern]
    assert cards, "nothing in the inbox"
    return cards[0]["call_next"]


def conflict(world: World, school: School, role: Role, child: Any) -> None:
    """Somebody is a relation of a child."""
    world.sql(
        "insert into conflict (school_id, id, staff_id, child_id, kind, created_by, created_at)"
        " values (%s, gen_random_uuid(), %s, %s, 'declared', %s, now())",
        school.id, school[role].id, child, school[Role.DSL].id,
    )  # fmt: skip


class TestCallNext:
    async def test_names_another_lead_and_the_schools_number(
        self, world: World, school: School
    ) -> None:
        concern = await a_concern(world, school)
        lead, deputy = school[Role.DSL], school[Role.DEPUTY_DSL]
        assert await next_of(world, lead, concern) == {
            "id": str(deputy.id), "name": deputy.name, "phone": PHONE
        }  # fmt: skip
        assert (await next_of(world, deputy, concern))["id"] == str(lead.id)

    async def test_names_the_head_once_all_leads_were_told(
        self, world: World, school: School
    ) -> None:
        await a_trust(world, school)
        concern = await a_concern(world, school)
        with after(minutes=11):
            await tick(world, school)
            for role in (Role.DSL, Role.DEPUTY_DSL):
                found = await next_of(world, school[role], concern)
                assert found["id"] == str(school[Role.HEADTEACHER].id)
        with after(minutes=17):
            await tick(world, school)
            found = await next_of(world, school[Role.HEADTEACHER], concern)
            assert found["id"] in {str(school[one].id) for one in (Role.DSL, Role.DEPUTY_DSL)}

    async def test_never_names_who_must_not_hear_of_it(self, world: World, school: School) -> None:
        child = await school.child()
        conflict(world, school, Role.DEPUTY_DSL, child)
        concern = await a_concern(world, school, child=child)
        found = await next_of(world, school[Role.DSL], concern)
        assert found["id"] == str(school[Role.HEADTEACHER].id)
        conflict(world, school, Role.HEADTEACHER, child)
        assert await next_of(world, school[Role.DSL], concern) is None

    async def test_names_nobody_who_is_away(self, world: World, school: School) -> None:
        concern = await a_concern(world, school)
        away(world, school, school[Role.DEPUTY_DSL].id)
        found = await next_of(world, school[Role.DSL], concern)
        assert found["id"] == str(school[Role.HEADTEACHER].id)

    async def test_says_nothing_of_what_does_not_wait(self, world: World, school: School) -> None:
        concern = await a_concern(world, school)
        lead = fresh(world, school[Role.DSL])
        [card] = [
            one
            for one in (await lead.get("/v1/alerts")).json()["items"]
            if about_id(one) == concern and one["kind"] == "concern_raised"
        ]
        assert (await lead.post(f"/v1/alerts/{card['id']}/acknowledge")).status_code == 200
        items = (await lead.get("/v1/alerts?state=ended")).json()["items"]
        assert {one["call_next"] for one in items if one["id"] == card["id"]} == {None}

    async def test_names_nobody_of_the_school_to_its_trust(
        self, world: World, school: School
    ) -> None:
        one, _ = await a_trust(world, school)
        await a_concern(world, school)
        for minutes in (10, 15, 21):
            with after(minutes=minutes):
                await tick(world, school)
        with after(minutes=22):
            inbox = (await fresh(world, one).get("/v1/alerts")).json()["items"]
        assert [card["kind"] for card in inbox] == ["school_overdue"]
        assert [card["call_next"] for card in inbox] == [None]

    async def test_leaves_out_a_number_that_nobody_told(self, world: World, school: School) -> None:
        world.sql("update organisation set phone = null where id = %s", school.id)
        concern = await a_concern(world, school)
        assert (await next_of(world, school[Role.DSL], concern))["phone"] is None
