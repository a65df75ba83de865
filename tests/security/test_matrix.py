"""Every operation as every role, of the own school and of another, without and with an old token.

A cell is one test; the table is `tests/security/matrix.py`, and an operation without a row fails.
"""

from datetime import timedelta

import pytest

from app.core import clock
from app.core.words import Permission, Role
from app.domain.policy import permissions_of
from tests.security.matrix import EVERYBODY, TABLE
from tests.security.operations import operations
from tests.security.scenes import Call, Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
ROLES = sorted(EVERYBODY)
KNOWN = sorted(set(OPERATIONS) & set(TABLE))
GUARDED = [name for name in KNOWN if not OPERATIONS[name].is_public]
NAMING = [name for name in GUARDED if TABLE[name].foreign == 404 and "{" in OPERATIONS[name].path]
NOBODY = "01990000-0000-7000-8000-000000000000"
prepared: dict[str, tuple[Scene, Call]] = {}


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are asked for."""
    return await a_school(world)


@pytest.fixture(scope="module")
async def there(world: World) -> School:
    """The other school."""
    return await a_school(world)


async def ready(world: World, here: School, name: str) -> tuple[Scene, Call]:
    """A valid request by somebody who may, made once: it is sent by those who may not."""
    if name not in prepared:
        role = min(TABLE[name].roles, default=Role.STAFF)
        scene = Scene(world, here, here[role])
        prepared[name] = scene, await TABLE[name].recipe(scene)
    return prepared[name]


class TestTheTable:
    def test_has_a_row_for_every_operation_and_no_other(self) -> None:
        assert sorted(TABLE) == sorted(OPERATIONS)

    @pytest.mark.parametrize("name", KNOWN)
    def test_agrees_with_scope_and_policy(self, name: str) -> None:
        operation, row = OPERATIONS[name], TABLE[name]
        if operation.is_public:
            assert not row.roles
            return
        wanted = EVERYBODY
        if operation.scope != "signed_in":
            permission = Permission(operation.scope)
            wanted = frozenset(role for role in EVERYBODY if permission in permissions_of(role))
        assert row.roles < wanted if row.narrower else row.roles == wanted


@pytest.mark.parametrize("name", GUARDED)
class TestInTheOwnSchool:
    @pytest.mark.parametrize("role", ROLES)
    async def test_a_role(self, world: World, here: School, name: str, role: Role) -> None:
        operation, row = OPERATIONS[name], TABLE[name]
        if role in row.roles:
            scene = Scene(world, here, here[role])
            answer = await operation.send(here.api(role), await row.recipe(scene))
            assert answer.status_code in operation.good, answer.text
        else:
            _, call = await ready(world, here, name)
            answer = await operation.send(here.api(role), call)
            assert answer.status_code == 403, answer.text
            assert answer.json()["code"] == "permission_missing"


@pytest.mark.parametrize("name", GUARDED)
class TestFromAnotherSchool:
    async def test_finds_nothing(
        self, world: World, here: School, there: School, name: str
    ) -> None:
        operation, row = OPERATIONS[name], TABLE[name]
        for role in sorted(row.roles):
            scene, call = await ready(world, here, name)
            answer = await operation.send(there.api(role), call)
            if row.foreign is None:
                assert answer.status_code in operation.good, answer.text
                assert not [id_ for id_ in scene.made if id_ in answer.text]
                assert str(here.id) not in answer.text
            else:
                assert answer.status_code == row.foreign, f"{role}: {answer.text}"


@pytest.mark.parametrize("name", NAMING)
class TestARecordOfAnotherSchool:
    async def test_is_answered_like_an_unknown_id(
        self, world: World, here: School, there: School, name: str
    ) -> None:
        """Nothing tells a record of another school from one that never was."""
        operation, row = OPERATIONS[name], TABLE[name]
        role = min(row.roles)
        _, call = await ready(world, here, name)
        unknown = Call(**{**vars(call), "ids": dict.fromkeys(call.ids, NOBODY)})
        found = [await operation.send(there.api(role), one) for one in (call, unknown)]
        assert [answer.status_code for answer in found] == [404, 404]
        bodies = [{**answer.json(), "instance": ""} for answer in found]
        assert bodies[0] == bodies[1]


class TestWithoutARight:
    @pytest.mark.parametrize("name", GUARDED)
    async def test_no_token(self, world: World, here: School, name: str) -> None:
        _, call = await ready(world, here, name)
        answer = await OPERATIONS[name].send(world.anybody, call)
        assert answer.status_code == 401
        assert answer.json()["code"] == "sign_in_needed"

    @pytest.mark.parametrize("name", GUARDED)
    async def test_an_expired_token(self, world: World, here: School, name: str) -> None:
        _, call = await ready(world, here, name)
        role = min(TABLE[name].roles)
        with clock.shifted(timedelta(minutes=30)):
            answer = await OPERATIONS[name].send(here.api(role), call)
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_invalid"

    @pytest.mark.parametrize("name", GUARDED)
    async def test_an_ended_session(self, world: World, here: School, name: str) -> None:
        _, call = await ready(world, here, name)
        person = await here.person(min(TABLE[name].roles))
        world.sql("update auth_session set revoked_at = now() where id = %s", person.session_id)
        answer = await OPERATIONS[name].send(world.as_token(person.token), call)
        assert answer.status_code == 401
        assert answer.json()["code"] == "session_over"


class TestAPublicOperation:
    @pytest.mark.parametrize("name", [name for name in KNOWN if OPERATIONS[name].is_public])
    async def test_needs_no_token(self, world: World, here: School, name: str) -> None:
        scene = Scene(world, here, await here.person(Role.STAFF))
        answer = await OPERATIONS[name].send(world.anybody, await TABLE[name].recipe(scene))
        assert answer.status_code in OPERATIONS[name].good, answer.text
