"""What `permissions` of a member of staff promise is what the doors of their roles let in."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.world import Api, Person, School, World

ROLES = ("add_membership", "end_membership")
GIVABLE = ("governor", "staff", "pastoral", "deputy_dsl", "dsl", "school_admin")
BY: tuple[Role, ...] = (Role.STAFF, Role.SCHOOL_ADMIN, Role.DEPUTY_DSL, Role.DSL, Role.HEADTEACHER,
      Role.CHAIR_OF_GOVERNORS)  # fmt: skip


async def promised(api: Api, person: Person) -> set[str]:
    """What somebody is promised of a person's roles."""
    answer = await api.get(f"/v1/staff/{person.id}")
    assert answer.status_code == 200, answer.text
    return set(answer.json()["permissions"]) & set(ROLES)


def put_back(world: World, school: School, before: list[Any]) -> None:
    """Undo what a door let in: no new membership stays, none has ended, no session is over."""
    kept = [row[0] for row in before]
    world.sql("delete from membership where school_id = %s and id <> all(%s)", school.id, kept)
    for id_, valid_to in before:
        world.sql("update membership set valid_to = %s where id = %s", valid_to, id_)
    world.sql("update auth_session set revoked_at = null where organisation_id = %s", school.id)


async def let_in(world: World, school: School, api: Api, person: Person) -> set[str]:
    """What the doors let somebody do with a person's roles."""
    before = world.sql("select id, valid_to from membership where school_id = %s", school.id)
    done, coming = set(), (clock.now().date() + timedelta(days=400)).isoformat()
    for role in GIVABLE:
        body = {"id": str(new_id()), "role": role, "valid_from": coming}
        answer = await api.post(f"/v1/staff/{person.id}/memberships", body)
        if answer.status_code == 201:
            done.add("add_membership")
            break
    put_back(world, school, before)
    held = world.sql(
        "select id from membership where staff_id = %s and valid_to is null", person.id
    )
    for (id_,) in held:
        path = f"/v1/staff/{person.id}/memberships/{id_}/end"
        answer = await api.post(path, {}, version=world.version("membership", str(id_)))
        if answer.status_code == 200:
            done.add("end_membership")
        put_back(world, school, before)
    return done


class TestOfRoles:
    @pytest.mark.parametrize("by", BY)
    async def test_promise_what_the_doors_let_in(
        self, world: World, school: School, by: Role
    ) -> None:
        people = {str(role): one for role, one in sorted(school.people.items())}
        people["another lead"] = await school.person(Role.DSL)
        asked = {who: await promised(school.api(by), one) for who, one in people.items()}
        found = {
            who: await let_in(world, school, school.api(by), one) for who, one in people.items()
        }
        assert asked == found

    @pytest.mark.parametrize("by", BY)
    async def test_promise_so_of_the_last_lead_and_of_people_without_a_role(
        self, world: World, school: School, by: Role
    ) -> None:
        nobody = await school.person(Role.STAFF)
        world.sql(
            "update membership set valid_to = valid_from where staff_id = %s and school_id = %s",
            nobody.id, school.id,
        )  # fmt: skip
        for person in (school[Role.DSL], nobody):
            asked = await promised(school.api(by), person)
            assert asked == await let_in(world, school, school.api(by), person)

    async def test_promise_so_of_roles_that_the_school_defined(
        self, world: World, school: School
    ) -> None:
        await school.role("reader_of_all", "concern:read", "child:open", classes=["K3"])
        await school.role("gate_keeper", "child:search")
        for slug in ("reader_of_all", "gate_keeper"):
            person = await school.holder(slug)
            for by in BY:
                asked = await promised(school.api(by), person)
                assert asked == await let_in(world, school, school.api(by), person), (slug, by)
