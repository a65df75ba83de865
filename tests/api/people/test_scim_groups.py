"""Groups as a provider keeps them by SCIM."""

import pytest

from app.core.ids import new_id
from tests.api.scim import GROUP, Provider, a_provider, refused
from tests.provisioning import leave
from tests.world import School, World


@pytest.fixture
async def provider(world: World, school: School) -> Provider:
    """The identity provider of the school."""
    return await a_provider(world, school)


class TestGroups:
    async def test_are_kept_with_their_members(self, provider: Provider) -> None:
        one, two = await provider.user(), await provider.user()
        group = await provider.group("Teachers", one["id"])
        assert group["displayName"] == "Teachers"
        assert group["meta"]["location"].endswith(f"/scim/v2/Groups/{group['id']}")
        assert [member["value"] for member in group["members"]] == [one["id"]]
        path = f"/Groups/{group['id']}"
        body = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": two["id"]}]}
        replaced = (await provider.send("PUT", path, body)).json()
        assert replaced["id"] == group["id"]
        assert [member["value"] for member in replaced["members"]] == [two["id"]]
        shown = (await provider.get(f"/Users/{two['id']}")).json()["groups"]
        assert [(one["value"], one["display"]) for one in shown] == [(group["id"], "Staff")]
        assert (await provider.send("DELETE", path)).status_code == 204
        assert refused(await provider.get(path), 404)
        verbs = {"scim_group.added", "scim_group.changed", "scim_group.removed"}
        assert verbs <= provider.verbs(group["id"])

    async def test_change_by_patch_without_a_body_in_the_answer(self, provider: Provider) -> None:
        one, two = await provider.user(), await provider.user()
        group = await provider.group(None, one["id"])
        path = f"/Groups/{group['id']}"

        async def members() -> list[str]:
            return [one["value"] for one in (await provider.get(path)).json().get("members", [])]

        joined = await provider.patch(
            path, {"op": "Add", "path": "members", "value": [{"value": two["id"]}]}
        )
        assert (joined.status_code, joined.content) == (204, b"")
        assert await members() == [one["id"], two["id"]]
        await provider.patch(path, leave(one))
        assert await members() == [two["id"]]
        await provider.patch(path, {"op": "remove", "path": 'members[value eq ""]'})
        await provider.patch(path, {"op": "Remove", "path": "members", "value": []})
        assert await members() == [two["id"]]
        await provider.patch(path, {"op": "remove", "path": f'members[value eq "{two["id"]}"]'})
        assert await members() == []

    async def test_leave_members_out_where_asked(self, provider: Provider) -> None:
        user = await provider.user()
        group = await provider.group(None, user["id"])
        hidden = {"excludedAttributes": "members"}
        assert "members" not in (await provider.get(f"/Groups/{group['id']}", params=hidden)).json()
        asked = {**hidden, "filter": f'displayName eq "{group["displayName"]}"'}
        found = (await provider.get("/Groups", params=asked)).json()["Resources"]
        assert [one["id"] for one in found] == [group["id"]]
        assert "members" not in found[0]
        by_member = {"filter": f'members.value eq "{user["id"]}"'}
        assert (await provider.get("/Groups", params=by_member)).json()["totalResults"] == 1

    async def test_take_no_member_of_another_school(
        self, world: World, provider: Provider, other_school: School
    ) -> None:
        stranger = await (await a_provider(world, other_school)).user()
        for member in (stranger["id"], str(new_id()), "nonsense"):
            body = {"schemas": [GROUP], "displayName": "G", "members": [{"value": member}]}
            assert refused(await provider.send("POST", "/Groups", body), 400, "invalidValue")

    async def test_know_a_stale_version(self, provider: Provider) -> None:
        group = await provider.group()
        path, stale = f"/Groups/{group['id']}", {"If-Match": 'W/"7"'}
        rename = {"op": "replace", "value": {"id": group["id"], "displayName": "New"}}
        assert refused(await provider.patch(path, rename, headers=stale), 412)
        assert (await provider.patch(path, rename)).status_code == 204
        assert (await provider.get(path)).json()["displayName"] == "New"
