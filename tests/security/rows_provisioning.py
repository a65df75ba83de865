"""Who may provision staff, map groups to roles, and decide on what groups propose."""

from collections.abc import Awaitable, Callable
from typing import Any

from app.core.ids import new_id
from app.core.words import Permission
from tests.api.scim import GROUP, MEDIA_TYPE, PATCH, a_provider, user_body
from tests.security.rows import ADMIN, SIGNERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

NOBODY: frozenset[Any] = frozenset()
PROVISION = Permission.STAFF_PROVISION
RENAME = {
    "schemas": [PATCH],
    "Operations": [{"op": "replace", "path": "displayName", "value": f"{SENTINEL} Reed"}],
}


def _user() -> dict[str, Any]:
    name = f"{SENTINEL}.{new_id().hex[-10:]}@example.org"
    return user_body(
        userName=name, displayName=SENTINEL, title=SENTINEL, externalId=SENTINEL,
        emails=[{"value": name, "type": "work"}],
    )  # fmt: skip


def _group() -> dict[str, Any]:
    return {"schemas": [GROUP], "displayName": f"{SENTINEL} {new_id().hex[-9:]}"}


async def _add_user(_scene: Scene) -> Call:
    return Call(json=_user())


async def _add_group(_scene: Scene) -> Call:
    return Call(json=_group())


Body = Callable[[], dict[str, Any]]


def _known(noun: str, name: str, make: Body, body: Body | None = None) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        provider = await a_provider(scene.world, scene.school)
        made = (await provider.send("POST", noun, make())).json()
        scene.made.add(made["id"])
        headers = {"Content-Type": MEDIA_TYPE} if body else {}
        return Call({name: made["id"]}, body() if body else None, headers=headers)

    return recipe


def _on_user(body: Body | None = None) -> Recipe:
    return _known("/Users", "user_id", _user, body)


def _on_group(body: Body | None = None) -> Recipe:
    return _known("/Groups", "group_id", _group, body)


def _of_key(recipe: Callable[[Scene], Awaitable[Call]], foreign: int | None = 404) -> Row:
    return Row(NOBODY, recipe, foreign=foreign, by_key=PROVISION)


async def _group_of(scene: Scene) -> str:
    """A group with nobody in it."""
    provider = await a_provider(scene.world, scene.school)
    found = str((await provider.send("POST", "/Groups", _group())).json()["id"])
    scene.made.add(found)
    return found


async def _mapped(scene: Scene) -> Call:
    return Call({"group_id": await _group_of(scene)})


async def _map(scene: Scene) -> Call:
    return Call({"group_id": await _group_of(scene)}, {"role": "staff"}, version=1)


async def _proposal(scene: Scene, *, versioned: bool = True) -> Call:
    """A pastoral role that a group proposes for a newcomer; leads and heads hold all of it."""
    provider = await a_provider(scene.world, scene.school)
    user = (await provider.send("POST", "/Users", _user())).json()
    group = await provider.group(f"{SENTINEL} {new_id().hex[-9:]}", user["id"])
    path = f"/v1/scim-groups/{group['id']}/role"
    admin = scene.by(R.SCHOOL_ADMIN)
    mapped = await admin.request("PUT", path, json={"role": "pastoral"}, version=1)
    assert mapped.status_code == 200, mapped.text
    rows = scene.world.sql("select id from role_proposal where group_id = %s", group["id"])
    scene.made.add(str(rows[0][0]))
    return Call({"proposal_id": str(rows[0][0])}, version=1 if versioned else None)


async def _seen_proposal(scene: Scene) -> Call:
    return await _proposal(scene, versioned=False)


USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
ROWS = {
    "list_scim_users": _of_key(plain(), None),
    "read_scim_user": _of_key(_on_user()),
    "add_scim_user": _of_key(_add_user, None),
    "replace_scim_user": _of_key(_on_user(_user)),
    "change_scim_user": _of_key(_on_user(lambda: RENAME)),
    "remove_scim_user": _of_key(_on_user()),
    "list_scim_provider_groups": _of_key(plain(), None),
    "read_scim_provider_group": _of_key(_on_group()),
    "add_scim_group": _of_key(_add_group, None),
    "replace_scim_group": _of_key(_on_group(_group)),
    "change_scim_group": _of_key(_on_group(lambda: RENAME)),
    "remove_scim_group": _of_key(_on_group()),
    "read_scim_provider_config": _of_key(plain(), None),
    "list_scim_resource_types": _of_key(plain(), None),
    "read_scim_resource_type": _of_key(plain(type_id="User"), None),
    "list_scim_schemas": _of_key(plain(), None),
    "read_scim_schema": _of_key(plain(schema_id=USER_SCHEMA), None),
    "list_scim_groups": Row(ADMIN, plain(), foreign=None),
    "get_scim_group": Row(ADMIN, _mapped),
    "set_scim_group_role": Row(ADMIN, _map),
    "list_role_proposals": Row(SIGNERS, plain(), foreign=None),
    "get_role_proposal": Row(SIGNERS, _seen_proposal),
    "confirm_role_proposal": Row(SIGNERS, _proposal),
    "refuse_role_proposal": Row(SIGNERS, _proposal),
}
