"""Replays what Microsoft Entra and Okta send, in their order and in their own spelling."""

from typing import Any

import pytest

from app.core.ids import new_id
from tests.api.scim import ENTERPRISE, GROUP, PATCH, USER, Provider, a_provider
from tests.world import School, World

ENTRA_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


@pytest.fixture
async def provider(world: World, school: School) -> Provider:
    """The identity provider of the school."""
    return await a_provider(world, school)


class TestEntra:
    async def test_provisions_a_person_and_a_group(self, provider: Provider) -> None:
        probe = await provider.get("/Users", params={"filter": f'userName eq "{new_id()}"'})
        assert (probe.status_code, probe.json()["totalResults"]) == (200, 0)
        user = await self.add_user(provider)
        path = f"/Users/{user['id']}"
        await self.change_user(provider, path)
        group = await self.add_group(provider)
        await self.fill_group(provider, group, user)
        disabled = await provider.patch(path, {"op": "Replace", "path": "active", "value": "False"})
        assert disabled.json()["active"] is False
        assert (await provider.send("DELETE", f"/Groups/{group['id']}")).status_code == 204
        assert (await provider.send("DELETE", path)).status_code == 204
        assert (await provider.get(path)).status_code == 404

    @staticmethod
    async def add_user(provider: Provider) -> Any:
        name = f"pat.{new_id().hex[-8:]}@school.example"
        body = {
            "schemas": [USER, ENTERPRISE],
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": name,
            "active": True,
            "displayName": "Pat Stone",
            "addresses": [],
            "emails": [{"primary": True, "type": "work", "value": name}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Pat Stone", "familyName": "Stone", "givenName": "Pat"},
            "roles": [],
            ENTERPRISE: {"department": "Science", "manager": {"value": "7"}},
        }
        answer = await provider.send("POST", "/Users", body)
        assert answer.status_code == 201, answer.text
        user = answer.json()
        assert user[ENTERPRISE] == {"department": "Science"}
        for text in (
            f'externalId eq "{body["externalId"]}"',
            f'emails[type eq "work"].value eq "{name}"',
        ):
            found = (await provider.get("/Users", params={"filter": text})).json()
            assert [one["id"] for one in found["Resources"]] == [user["id"]]
        return user

    @staticmethod
    async def change_user(provider: Provider, path: str) -> None:
        answer = await provider.patch(
            path,
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "p@school.example"},
            {"op": "Add", "path": 'emails[type eq "other"].value', "value": "o@school.example"},
            {"op": "Replace", "path": "name.familyName", "value": "Flint"},
            {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Maths"},
            {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
        )
        assert answer.status_code == 200, answer.text
        user = answer.json()
        assert {one["type"]: one["value"] for one in user["emails"]} == {
            "work": "p@school.example", "other": "o@school.example",
        }  # fmt: skip
        assert user["name"]["familyName"] == "Flint"
        assert user[ENTERPRISE] == {"department": "Maths"}

    @staticmethod
    async def add_group(provider: Provider) -> Any:
        name = f"Science {new_id().hex[-9:]}"
        body = {
            "schemas": [GROUP, ENTRA_GROUP],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": name,
            "meta": {"resourceType": "Group"},
        }
        answer = await provider.send("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        group = answer.json()
        assert group["schemas"] == [GROUP]
        asked = {"excludedAttributes": "members", "filter": f'displayName eq "{name}"'}
        found = (await provider.get("/Groups", params=asked)).json()
        assert [one["id"] for one in found["Resources"]] == [group["id"]]
        return group

    @staticmethod
    async def fill_group(provider: Provider, group: Any, user: Any) -> None:
        """Removing one member by value must not remove the other."""
        path, other = f"/Groups/{group['id']}", await provider.user()
        both = [{"value": user["id"]}, {"value": other["id"]}]
        added = await provider.patch(path, {"op": "Add", "path": "members", "value": both})
        assert added.status_code == 204
        gone = await provider.patch(
            path, {"op": "Remove", "path": "members", "value": [{"value": user["id"]}]}
        )
        assert gone.status_code == 204
        members = (await provider.get(path)).json()["members"]
        assert [one["value"] for one in members] == [other["id"]]


class TestOkta:
    async def test_provisions_a_person_and_a_group(self, provider: Provider) -> None:
        probe = await provider.get("/Users", params={"startIndex": 1, "count": 2})
        assert probe.json()["itemsPerPage"] == len(probe.json()["Resources"]) == 2
        name = f"lee.{new_id().hex[-8:]}@school.example"
        looked = {"filter": f'userName eq "{name}"', "startIndex": 1, "count": 100}
        assert (await provider.get("/Users", params=looked)).json()["Resources"] == []
        body = self.body(name)
        user = (await provider.send("POST", "/Users", body)).json()
        path = f"/Users/{user['id']}"
        whole = {**user, "name": {"givenName": "Lee", "familyName": "Oak"}, "password": "x"}
        put = await provider.send("PUT", path, whole)
        assert put.status_code == 200, put.text
        assert put.json()["name"]["familyName"] == "Oak"
        assert put.json()["id"] == user["id"]
        off = await provider.send("PUT", path, {**put.json(), "active": False})
        assert off.json()["active"] is False
        on = await provider.patch(path, {"op": "replace", "value": {"active": True}})
        assert on.json()["active"] is True
        await self.push_group(provider, user)

    @staticmethod
    def body(name: str) -> dict[str, Any]:
        return {
            "schemas": [USER],
            "userName": name,
            "name": {"givenName": "Lee", "familyName": "Ash"},
            "emails": [{"primary": True, "value": name, "type": "work"}],
            "displayName": "Lee Ash",
            "locale": "en-GB",
            "externalId": "00ujl29u0le5T6Aj10h7",
            "groups": [],
            "password": "1mz050nq",
            "active": True,
        }

    @staticmethod
    async def push_group(provider: Provider, user: Any) -> None:
        body = {"schemas": [GROUP], "displayName": "Okta", "members": []}
        group = (await provider.send("POST", "/Groups", body)).json()
        path = f"/Groups/{group['id']}"
        member = {"value": user["id"], "display": user["userName"]}
        sent = {
            "schemas": [PATCH],
            "Operations": [
                {"op": "replace", "value": {"id": group["id"], "displayName": "Okta staff"}},
                {"op": "remove", "path": 'members[value eq ""]'},
                {"op": "add", "path": "members", "value": [member]},
            ],
        }
        assert (await provider.send("PATCH", path, sent)).status_code == 204
        found = (await provider.get(path)).json()
        assert found["displayName"] == "Okta staff"
        assert [one["value"] for one in found["members"]] == [user["id"]]
        assert (await provider.send("PUT", path, {**found, "members": []})).status_code == 200
        assert "members" not in (await provider.get(path)).json()
