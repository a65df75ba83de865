"""Who may do what with service keys."""

from typing import Any

from app.core.words import Role
from tests.security.rows import ADMIN, Row, plain
from tests.security.scenes import Call, Recipe, Scene


def a_key() -> dict[str, Any]:
    """A body that adds a key."""
    return {"name": "Roster", "scopes": ["roster:import"], "networks": ["198.51.100.0/24"]}


async def _add(_scene: Scene) -> Call:
    return Call(json=a_key())


def _key(body: Any = None, *, versioned: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        admin = scene.by(Role.SCHOOL_ADMIN)
        made = await scene.made_by(admin, "/v1/service-keys", a_key())
        return Call({"key_id": str(made["id"])}, body, version=1 if versioned else None)

    return recipe


ROWS = {
    "list_service_keys": Row(ADMIN, plain(), foreign=None),
    "create_service_key": Row(ADMIN, _add, foreign=None),
    "get_service_key": Row(ADMIN, _key(versioned=False)),
    "update_service_key": Row(ADMIN, _key({"name": "SIS"})),
    "rotate_service_key": Row(ADMIN, _key({"overlap_minutes": 5})),
    "revoke_service_key": Row(ADMIN, _key()),
}
