"""No operation of provisioning reaches what the API by hand would hold back for another person."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.words import Role
from tests.answers import described
from tests.api.scim import Provider, a_provider, user_body
from tests.provisioning import in_group, leave, map_to, proposals_of, roles_of
from tests.world import Person, School, World

Silence = Callable[[Provider, str, Person], Awaitable[httpx.Response]]
WEIGHTY = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.PASTORAL)
"""Roles that read records or grant roles: no administrator ends them by hand."""
WATCHERS = frozenset({Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS})


async def _put_off(provider: Provider, path: str, person: Person) -> httpx.Response:
    return await provider.send("PUT", path, user_body(userName=person.email, active=False))


async def _patch_off(provider: Provider, path: str, _: Person) -> httpx.Response:
    operation = {"op": "Replace", "path": "active", "value": "False"}
    return await provider.patch(path, operation)


async def _delete(provider: Provider, path: str, _: Person) -> httpx.Response:
    return await provider.send("DELETE", path)


SILENCES: dict[str, Silence] = {
    "replace_scim_user": _put_off,
    "change_scim_user": _patch_off,
    "remove_scim_user": _delete,
}
GROUPS = frozenset(
    {"add_scim_group", "replace_scim_group", "change_scim_group", "remove_scim_group"}
)
ADDS = frozenset({"add_scim_user"})
"""It gives no role and takes none: who is here already is refused by `uniqueness`."""


@pytest.fixture
async def provider(world: World, school: School) -> Provider:
    """The identity provider of the school."""
    return await a_provider(world, school)


async def path_of(provider: Provider, person: Person) -> str:
    """The address of a person as a user."""
    found = await provider.get("/Users", params={"filter": f'userName eq "{person.email}"'})
    return f"/Users/{found.json()['Resources'][0]['id']}"


def as_they_are(world: World, school: School, person: UUID) -> Any:
    """What silencing somebody would change: their entry, address, roles, sessions and login."""
    return world.sql(
        "select s.suspended_at, s.removed_at, s.email, a.email, a.disabled_at,"
        " (select array_agg((m.role, m.valid_to)::text order by m.id) from membership m"
        "  where m.school_id = s.school_id and m.staff_id = s.id),"
        " (select count(*) from auth_session x"
        "  where x.account_id = s.id and x.revoked_at is null)"
        " from staff s join account a on a.id = s.id where s.school_id = %s and s.id = %s",
        school.id, person,
    )  # fmt: skip


def told(world: World, person: UUID, kind: str = "role_kept") -> list[Any]:
    """Whether each of their alerts of a kind is urgent."""
    rows = world.sql(
        "select urgent from alert where recipient_id = %s and kind = %s order by id", person, kind
    )
    return [urgent for (urgent,) in rows]


def test_every_writing_operation_of_scim_is_tried_here() -> None:
    writing = {
        operation["operationId"]
        for operations in described()["paths"].values()
        for method, operation in operations.items()
        if method != "get" and operation.get("x-scim")
    }
    assert writing == set(SILENCES) | GROUPS | ADDS


class TestPeopleOfWeight:
    @pytest.mark.parametrize("role", WEIGHTY)
    @pytest.mark.parametrize("operation", SILENCES)
    async def test_are_not_silenced_by_a_program(
        self, world: World, provider: Provider, role: Role, operation: str
    ) -> None:
        school = provider.school
        await school.person(Role.DSL)  # so that nobody here is the last lead
        person = school[role]
        path, before = await path_of(provider, person), as_they_are(world, school, person.id)
        answer = await SILENCES[operation](provider, path, person)
        assert answer.status_code == 403, answer.text
        assert as_they_are(world, school, person.id) == before
        assert (await school.api(role).get("/v1/me")).status_code == 200
        again = await SILENCES[operation](provider, path, person)
        assert again.status_code == 403
        for watcher in WATCHERS - {role}:
            assert told(world, school[watcher].id) == [True], "told once until they have read it"

    async def test_may_go_once_somebody_who_may_has_ended_their_role(
        self, world: World, provider: Provider
    ) -> None:
        deputy = await provider.school.person(Role.DEPUTY_DSL)
        path = await path_of(provider, deputy)
        assert (await _delete(provider, path, deputy)).status_code == 403
        membership = world.sql("select id from membership where staff_id = %s", deputy.id)[0][0]
        ended = await provider.school.lead.post(
            f"/v1/staff/{deputy.id}/memberships/{membership}/end", {}, version=1
        )
        assert ended.status_code == 200, ended.text
        assert (await _patch_off(provider, path, deputy)).status_code == 200
        assert (await _delete(provider, path, deputy)).status_code == 204

    async def test_hold_a_role_of_the_schools_own(self, world: World, provider: Provider) -> None:
        await provider.school.role("wellbeing", "concern:read", classes=["K3"])
        teacher = await provider.school.person(Role.STAFF)
        world.sql("update membership set role = 'wellbeing' where staff_id = %s", teacher.id)
        path = await path_of(provider, teacher)
        for silence in SILENCES.values():
            assert (await silence(provider, path, teacher)).status_code == 403

    async def test_keep_a_role_that_begins_later(self, world: World, provider: Provider) -> None:
        deputy = await provider.school.person(Role.DEPUTY_DSL)
        world.sql(
            "update membership set valid_from = current_date + 30 where staff_id = %s", deputy.id
        )
        path = await path_of(provider, deputy)
        assert (await _delete(provider, path, deputy)).status_code == 403

    @pytest.mark.parametrize("role", WEIGHTY)
    @pytest.mark.parametrize("operation", sorted(GROUPS - {"add_scim_group"}))
    async def test_keep_a_role_whose_group_is_taken_away(
        self, world: World, provider: Provider, role: Role, operation: str
    ) -> None:
        user, group, staff_id = await in_group(provider, "staff")
        world.sql("update membership set role = %s where staff_id = %s", role.value, staff_id)
        path = f"/Groups/{group['id']}"
        if operation == "remove_scim_group":
            await provider.send("DELETE", path)
        elif operation == "change_scim_group":
            await provider.patch(path, leave(user))
        else:
            body = {"schemas": group["schemas"], "displayName": "Empty", "members": []}
            await provider.send("PUT", path, body)
        assert roles_of(world, staff_id) == {role.value}


class TestNobodyHelpsThemselves:
    async def test_whoever_maps_a_group_is_given_nothing_by_it(
        self, world: World, provider: Provider
    ) -> None:
        admin = provider.school[Role.SCHOOL_ADMIN]
        path = await path_of(provider, admin)
        group = await provider.group(None, path.removeprefix("/Users/"))
        await map_to(provider.school, group, "staff")
        assert roles_of(world, admin.id) == {"school_admin"}
        assert proposals_of(world, admin.id) == [("staff", "proposed")]

    async def test_nor_by_joining_it_afterwards(self, world: World, provider: Provider) -> None:
        admin = provider.school[Role.SCHOOL_ADMIN]
        group = await provider.group()
        await map_to(provider.school, group, "staff")
        member = {"value": (await path_of(provider, admin)).removeprefix("/Users/")}
        join = {"op": "Add", "path": "members", "value": [member]}
        assert (await provider.patch(f"/Groups/{group['id']}", join)).status_code == 204
        assert roles_of(world, admin.id) == {"school_admin"}
        assert proposals_of(world, admin.id) == [("staff", "proposed")]

    async def test_nor_whoever_made_the_key(self, world: World, provider: Provider) -> None:
        group = await provider.group()
        await map_to(provider.school, group, "staff")
        maker = provider.school[Role.PASTORAL]
        world.sql("update service_key set created_by = %s where id = %s", maker.id, provider.key_id)
        member = {"value": (await path_of(provider, maker)).removeprefix("/Users/")}
        join = {"op": "Add", "path": "members", "value": [member]}
        assert (await provider.patch(f"/Groups/{group['id']}", join)).status_code == 204
        assert roles_of(world, maker.id) == {"pastoral"}
        assert proposals_of(world, maker.id) == [("staff", "proposed")]

    async def test_nobody_has_a_group_give_what_they_could_not(
        self, world: World, provider: Provider
    ) -> None:
        """By hand: `grant_exceeds_own`."""
        school = provider.school
        await school.role("registrar", "staff:change", "school:read")
        clerk = await school.holder("registrar")
        group = await provider.group()
        path = f"/v1/scim-groups/{group['id']}"
        api = world.as_token(clerk.token)
        tag = (await api.get(path)).headers["etag"]
        answer = await api.request(
            "PUT", f"{path}/role", json={"role": "staff"}, headers={"If-Match": tag}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "grant_exceeds_own")

    async def test_an_administrator_does_not_end_their_own_role_by_a_group(
        self, world: World, provider: Provider
    ) -> None:
        """By hand: `own_admin_membership`."""
        school = provider.school
        admin = await school.person(Role.SCHOOL_ADMIN)
        group = await provider.group(None, (await path_of(provider, admin))[len("/Users/") :])
        await map_to(school, group, "school_admin")
        world.sql(
            "update membership set group_member_id ="
            " (select id from scim_group_member where staff_id = %s) where staff_id = %s",
            admin.id, admin.id,
        )  # fmt: skip
        api = world.as_token(admin.token)
        path = f"/v1/scim-groups/{group['id']}"
        tag = (await api.get(path)).headers["etag"]
        answer = await api.request(
            "PUT", f"{path}/role", json={"role": None}, headers={"If-Match": tag}
        )
        assert answer.status_code == 200, answer.text
        assert roles_of(world, admin.id) == {"school_admin"}
