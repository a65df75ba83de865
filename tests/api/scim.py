"""Speaks SCIM to the API as a school's identity provider does."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.core.ids import new_id
from app.core.words import Permission
from tests.world import School, World

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MEDIA_TYPE = "application/scim+json"


@dataclass
class Provider:
    """One identity provider with a service key of one school."""

    world: World
    school: School
    key_id: UUID
    token: str

    async def send(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> httpx.Response:
        """One request below `/scim/v2`, as `application/scim+json`."""
        headers: dict[str, str] = {"Content-Type": MEDIA_TYPE} if body is not None else {}
        headers.update(options.pop("headers", {}))
        if body is not None:
            options["json"] = body
        api = self.world.as_token(self.token)
        return await api.request(method, f"/scim/v2{path}", headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return await self.send("GET", path, **options)

    async def user(self, **attributes: Any) -> Any:
        """A provisioned user, as it was answered."""
        answer = await self.send("POST", "/Users", user_body(**attributes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def group(self, name: str | None = None, *members: str) -> Any:
        """A group with some members, as it was answered."""
        body = {
            "schemas": [GROUP],
            "displayName": name or f"Group {new_id().hex[-9:]}",
            "members": [{"value": one} for one in members],
        }
        answer = await self.send("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def patch(self, path: str, *operations: Any, **options: Any) -> httpx.Response:
        """PATCH with some operations."""
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return await self.send("PATCH", path, body, **options)

    def staff_id(self, resource_id: str) -> UUID:
        """The member of staff behind a user."""
        rows = self.world.sql("select staff_id from scim_user where id = %s", resource_id)
        found: UUID = rows[0][0]
        return found

    def verbs(self, staff_id: Any) -> set[str]:
        """What the trail says this key did to a noun."""
        rows = self.world.sql(
            "select verb from trail where noun_id = %s and actor_id = %s"
            " and actor_role = 'service_key'",
            staff_id,
            self.key_id,
        )
        return {verb for (verb,) in rows}


async def a_provider(world: World, school: School) -> Provider:
    """A new key of the school that may provision."""
    key_id, token = await world.a_service_key(school.id, Permission.STAFF_PROVISION)
    return Provider(world, school, key_id, token)


def user_body(**attributes: Any) -> dict[str, Any]:
    """A body that adds a user; attributes replace those given here, None leaves one out."""
    name = f"jo.{new_id().hex[-10:]}@example.org"
    body: dict[str, Any] = {
        "schemas": [USER],
        "userName": name,
        "displayName": "Jo Reed",
        "emails": [{"value": name, "type": "work", "primary": True}],
        "active": True,
    }
    body.update(attributes)
    return {field: value for field, value in body.items() if value is not None}


def refused(answer: httpx.Response, status: int, scim_type: str | None = None) -> bool:
    """Whether an answer is a SCIM error of this status and keyword, and nothing more."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = answer.json()
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type, body
    assert set(body) <= {"schemas", "status", "scimType", "detail"}
    return True
