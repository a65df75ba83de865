"""Whoever asks again with the ETag of an answer is told that nothing changed, where it says so."""

import pytest

from app.core.words import Role
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
SAYING = sorted(
    name
    for name, one in OPERATIONS.items()
    if "304" in one.described["responses"] and not one.described.get("x-scim")
)


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are read."""
    return await a_school(world)


@pytest.mark.parametrize("name", SAYING)
async def test_is_answered_304_to_who_has_it(world: World, here: School, name: str) -> None:
    row, operation = TABLE[name], OPERATIONS[name]
    role = min(row.roles, default=Role.DSL)
    call, api = await row.recipe(Scene(world, here, here[role])), here.api(role)
    if row.by_key and not row.roles:
        _, token = await world.a_service_key(here.id, row.by_key)
        api = world.as_token(token)
    first = await operation.send(api, call)
    assert first.status_code == 200, first.text
    again = await operation.send(api, call, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_the_sweep_sees_every_record() -> None:
    assert len(SAYING) > 50
