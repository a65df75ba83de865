"""Every operation for every scope of a service key: a token opens what it was issued for alone."""

import re

import pytest

from app.core import clock
from app.core.words import Permission, Role
from app.domain.policy import SERVICE_SCOPES
from tests.sampling import drawn
from tests.security.operations import operations
from tests.world import School, World

OPERATIONS = operations()
GUARDED = sorted(name for name, one in OPERATIONS.items() if not one.is_public)
NOBODY = "01990000-0000-7000-8000-000000000000"
SCOPES = sorted(SERVICE_SCOPES)


@pytest.fixture(scope="module")
async def school(world: World) -> School:
    return await world.a_school([])


@pytest.fixture
async def tokens(world: World, school: School) -> dict[Permission, str]:
    """A key that may do everything a key can, and tokens of it narrowed to one scope each.

    Each operation has a key of its own: all scopes of all operations are more than one may ask for
    in a minute.
    """
    key_id, _ = await world.a_service_key(school.id, *SCOPES)
    return {
        scope: world.runtime.tokens.issue(
            sub=key_id, sid=key_id, org=school.id, role=Role.SERVICE_KEY.value,
            scope=(scope.value,), amr=(), auth_time=clock.now(),
        )
        for scope in SCOPES
    }  # fmt: skip


def address_of(path: str) -> str:
    """A path with some id at every place."""
    return re.sub(r"\{[^}]+\}", NOBODY, path)


@pytest.mark.parametrize("name", GUARDED)
async def test_opens_only_what_it_is_for(
    world: World, tokens: dict[Permission, str], name: str
) -> None:
    """Its own scope and two that are drawn; the nightly tries every scope there is."""
    operation = OPERATIONS[name]
    own = [scope for scope in SCOPES if scope.value == operation.scope]
    tried = {*own, *drawn(SCOPES, name, 2)}
    refused: set[str] = set()
    opened: set[str] = set()
    for scope in sorted(tried):
        token = tokens[scope]
        answer = await world.http.request(
            operation.method, address_of(operation.path),
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert answer.status_code not in (401, 429), answer.text
        assert answer.status_code < 500, answer.text
        (refused if answer.status_code == 403 else opened).add(scope.value)
    assert opened == {scope.value for scope in own}
    assert refused | opened == {scope.value for scope in tried}
