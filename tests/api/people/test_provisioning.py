"""What groups of a directory give by themselves, and what they only propose."""

from typing import Any

import pytest

from app.core.words import Role
from tests.api.record.test_concerns import raise_one
from tests.api.scim import Provider, a_provider
from tests.api.staffing import end
from tests.provisioning import in_group, leave, map_to, proposals_of, roles_of
from tests.world import School, World


@pytest.fixture
async def provider(world: World, school: School) -> Provider:
    """The identity provider of the school."""
    return await a_provider(world, school)


class TestEverydayRoles:
    async def test_follow_the_group_at_once(self, world: World, provider: Provider) -> None:
        user, group, staff_id = await in_group(provider, "staff")
        assert roles_of(world, staff_id) == {"staff"}
        assert proposals_of(world, staff_id) == []
        await provider.patch(f"/Groups/{group['id']}", leave(user))
        assert roles_of(world, staff_id) == set()

    async def test_end_when_the_group_stands_for_none_or_is_gone(
        self, world: World, provider: Provider
    ) -> None:
        _, group, staff_id = await in_group(provider, "governor")
        await map_to(provider.school, group, None)
        assert roles_of(world, staff_id) == set()
        await map_to(provider.school, group, "governor")
        assert roles_of(world, staff_id) == {"governor"}
        await provider.send("DELETE", f"/Groups/{group['id']}")
        assert roles_of(world, staff_id) == set()

    async def test_stay_where_a_person_gave_them(self, world: World, provider: Provider) -> None:
        teacher = provider.school[Role.STAFF]
        found = await provider.get("/Users", params={"filter": f'userName eq "{teacher.email}"'})
        user = found.json()["Resources"][0]
        group = await provider.group(None, user["id"])
        await map_to(provider.school, group, "staff")
        await provider.patch(f"/Groups/{group['id']}", leave(user))
        assert roles_of(world, teacher.id) == {"staff"}

    async def test_are_mapped_by_administrators_alone(self, provider: Provider) -> None:
        group = await provider.group()
        path = f"/v1/scim-groups/{group['id']}/role"
        for role in (Role.DSL, Role.STAFF):
            answer = await provider.school.api(role).request(
                "PUT", path, json={"role": "staff"}, version=1
            )
            assert answer.status_code == 403
        admin = provider.school.api(Role.SCHOOL_ADMIN)
        unknown = await admin.request("PUT", path, json={"role": "service_key"}, version=1)
        assert unknown.status_code == 422


class TestSafeguardingRoles:
    @pytest.mark.parametrize(
        "role", ["pastoral", "deputy_dsl", "dsl", "headteacher", "school_admin"]
    )
    async def test_are_never_given_by_provisioning_alone(
        self, world: World, provider: Provider, role: str
    ) -> None:
        user, group, staff_id = await in_group(provider, role)
        assert roles_of(world, staff_id) == set()
        assert proposals_of(world, staff_id) == [(role, "proposed")]
        await provider.patch(f"/Users/{user['id']}", {"op": "replace", "value": {"title": "X"}})
        await provider.patch(
            f"/Groups/{group['id']}",
            {"op": "replace", "path": "members", "value": [{"value": user["id"]}]},
        )
        assert roles_of(world, staff_id) == set()
        assert len(proposals_of(world, staff_id)) == 1

    async def test_wait_for_somebody_with_a_due_time(
        self, world: World, provider: Provider
    ) -> None:
        _, _, staff_id = await in_group(provider, "deputy_dsl")
        lead = provider.school[Role.DSL]
        rows = world.sql(
            "select owner_id, due_at > created_at from role_proposal where staff_id = %s", staff_id
        )
        assert rows == [(lead.id, True)]
        inbox = (await provider.school.lead.get("/v1/alerts")).json()["items"]
        listed = (await provider.school.lead.get("/v1/role-proposals?state=proposed")).json()
        about = ("role_proposed", listed["items"][0]["id"])
        assert about in [(one["kind"], (one.get("about") or {}).get("id")) for one in inbox]
        assert [one["person"]["id"] for one in listed["items"]] == [str(staff_id)]
        assert "confirm_role_proposal" in listed["items"][0]["permissions"]

    async def test_are_given_by_who_holds_all_of_them(
        self, world: World, provider: Provider
    ) -> None:
        _, _, staff_id = await in_group(provider, "deputy_dsl")
        answer = await decide(provider, staff_id, Role.DSL, "confirm")
        assert answer.json()["state"] == "confirmed"
        assert roles_of(world, staff_id) == {"deputy_dsl"}
        again = await decide(provider, staff_id, Role.DSL, "refuse")
        assert again.json()["code"] == "proposal_decided"

    async def test_are_not_given_by_who_holds_less(self, world: World, provider: Provider) -> None:
        _, _, staff_id = await in_group(provider, "headteacher")
        answer = await decide(provider, staff_id, Role.DSL, "confirm")
        assert answer.status_code == 403
        assert roles_of(world, staff_id) == set()

    async def test_are_never_given_to_oneself(self, world: World, provider: Provider) -> None:
        head = provider.school[Role.HEADTEACHER]
        found = await provider.get("/Users", params={"filter": f'userName eq "{head.email}"'})
        group = await provider.group(None, found.json()["Resources"][0]["id"])
        await map_to(provider.school, group, "pastoral")
        answer = await decide(provider, head.id, Role.HEADTEACHER, "confirm")
        assert answer.json()["code"] == "second_person_needed"

    async def test_that_were_refused_wait_for_the_next_joining(
        self, world: World, provider: Provider
    ) -> None:
        user, group, staff_id = await in_group(provider, "pastoral")
        await decide(provider, staff_id, Role.DSL, "refuse")
        path = f"/Groups/{group['id']}"
        await provider.patch(path, {"op": "add", "path": "externalId", "value": "x"})
        await map_to(provider.school, group, "pastoral")
        assert proposals_of(world, staff_id) == [("pastoral", "refused")]
        await provider.patch(path, leave(user))
        await provider.patch(
            path, {"op": "Add", "path": "members", "value": [{"value": user["id"]}]}
        )
        assert proposals_of(world, staff_id) == [("pastoral", "refused"), ("pastoral", "proposed")]

    async def test_are_withdrawn_on_leaving_before_anybody_decided(
        self, world: World, provider: Provider
    ) -> None:
        user, group, staff_id = await in_group(provider, "pastoral")
        await provider.patch(f"/Groups/{group['id']}", leave(user))
        assert proposals_of(world, staff_id) == [("pastoral", "withdrawn")]

    @pytest.mark.parametrize("role", ["pastoral", "deputy_dsl", "dsl"])
    async def test_are_ended_by_people_and_never_by_a_group(
        self, world: World, provider: Provider, role: str
    ) -> None:
        user, group, staff_id = await in_group(provider, role)
        await decide(provider, staff_id, Role.DSL, "confirm")
        await provider.patch(f"/Groups/{group['id']}", leave(user))
        await map_to(provider.school, group, None)
        assert roles_of(world, staff_id) == {role}
        kept = world.sql(
            "select counts from alert where kind = 'role_kept' and recipient_id = %s",
            provider.school[Role.DSL].id,
        )
        assert kept == [({"roles_to_end": 1},)]
        assert (await end(provider.school, staff_id, Role(role), Role.DSL)).status_code == 200

    async def test_name_no_head_and_no_chair(self, world: World, provider: Provider) -> None:
        for role in ("headteacher", "chair_of_governors"):
            _, _, staff_id = await in_group(provider, role)
            for by in (Role.DSL, Role.HEADTEACHER):
                answer = await decide(provider, staff_id, by, "confirm")
                assert (answer.status_code, answer.json()["missing"][-1]) == (403, "operator")
                listed = await provider.school.api(by).get("/v1/role-proposals")
                assert listed.json()["items"][0]["permissions"] == ["refuse_role_proposal"]
            assert roles_of(world, staff_id) == set()

    async def test_end_on_leaving_but_never_with_open_work(
        self, world: World, provider: Provider
    ) -> None:
        user, group, staff_id = await in_group(provider, "deputy_dsl")
        await decide(provider, staff_id, Role.DSL, "confirm")
        concern = await raise_one(provider.school.staff, await provider.school.child())
        world.sql("update concern set owner_id = %s where id = %s", staff_id, concern["id"])
        await provider.patch(f"/Groups/{group['id']}", leave(user))
        assert roles_of(world, staff_id) == {"deputy_dsl"}
        kept = world.sql(
            "select counts from alert where kind = 'role_kept' and recipient_id = %s",
            provider.school[Role.DSL].id,
        )
        assert kept == [({"open_concerns": 1, "roles_to_end": 1},)]
        world.sql("update concern set owner_id = %s where id = %s",
                  provider.school[Role.DSL].id, concern["id"])  # fmt: skip
        await map_to(provider.school, group, None)
        member = {"op": "Add", "path": "members", "value": [{"value": user["id"]}]}
        await provider.patch(f"/Groups/{group['id']}", member)
        await map_to(provider.school, group, "staff")
        assert roles_of(world, staff_id) == {"staff", "deputy_dsl"}


async def decide(provider: Provider, staff_id: Any, role: Role, verb: str) -> Any:
    """Confirm or refuse the newest proposal about somebody."""
    rows = provider.world.sql(
        "select id, version from role_proposal where staff_id = %s order by created_at desc",
        staff_id,
    )
    path = f"/v1/role-proposals/{rows[0][0]}/{verb}"
    return await provider.school.api(role).post(path, version=rows[0][1])
