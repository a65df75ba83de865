"""Groups of a directory, the roles they stand for, and who is in them."""

from typing import Any

from app.core.words import Role
from tests.api.scim import Provider
from tests.world import School, World


async def map_to(school: School, group: Any, role: str | None) -> Any:
    """Have the administrator say which role a group stands for."""
    admin = school.api(Role.SCHOOL_ADMIN)
    path = f"/v1/scim-groups/{group['id']}"
    tag = (await admin.get(path)).headers["etag"]
    answer = await admin.request(
        "PUT", f"{path}/role", json={"role": role}, headers={"If-Match": tag}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def roles_of(world: World, staff_id: Any) -> set[str]:
    """Roles that hold or will."""
    rows = world.sql(
        "select role from membership where staff_id = %s"
        " and (valid_to is null or valid_to > current_date)",
        staff_id,
    )
    return {role for (role,) in rows}


def proposals_of(world: World, staff_id: Any) -> list[tuple[str, str]]:
    """Role and state of each proposal, oldest first."""
    found: list[tuple[str, str]] = world.sql(
        "select role, state from role_proposal where staff_id = %s order by created_at", staff_id
    )
    return found


async def in_group(provider: Provider, role: str) -> tuple[Any, Any, Any]:
    """A user in a group that stands for a role: user, group and staff id."""
    user = await provider.user()
    group = await provider.group(None, user["id"])
    await map_to(provider.school, group, role)
    return user, group, provider.staff_id(user["id"])


def leave(user: Any) -> dict[str, Any]:
    """The operation with which Entra takes somebody out of a group."""
    return {"op": "Remove", "path": "members", "value": [{"value": user["id"]}]}
