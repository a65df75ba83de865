"""Every operation as every role, of the own school and of another, without and with an old token.

A row is one test, which names each cell that is not as the table says; the table is
`tests/security/matrix.py`, and an operation without a row fails.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Permission, Role
from app.domain.policy import BUILT_IN, SERVICE_SCOPES
from tests.sampling import drawn
from tests.security.belongings import belongings
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.rows import EVERYBODY
from tests.security.scenes import Call, Scene, a_school
from tests.world import Api, School, World

OPERATIONS = operations()
ROLES = sorted(EVERYBODY)
KNOWN = sorted(set(OPERATIONS) & set(TABLE))
GUARDED = [name for name in KNOWN if not OPERATIONS[name].is_public and not TABLE[name].by_key]
BY_KEY = [name for name in KNOWN if TABLE[name].by_key]
NAMING = [name for name in GUARDED if TABLE[name].foreign == 404 and "{" in OPERATIONS[name].path]
NOBODY = "01990000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Keys:
    """The API as a service key of each school sees it."""

    ours: Api
    theirs: Api


prepared: dict[str, tuple[Scene, Call]] = {}
out: dict[Role, Api] = {}
asked_for: dict[UUID, set[str]] = defaultdict(set)
"""The ids that people of each school have named in requests, theirs or not."""


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are asked for."""
    return await a_school(world)


@pytest.fixture(scope="module")
async def there(world: World) -> School:
    """The other school."""
    return await a_school(world)


@pytest.fixture(scope="module")
async def full(world: World, here: School) -> School:
    """The first school, with all that any operation asks for."""
    for name in GUARDED + BY_KEY:
        await ready(world, here, name)
    return here


async def ready(world: World, here: School, name: str) -> tuple[Scene, Call]:
    """A valid request by somebody who may, made once: it is sent by those who may not."""
    if name not in prepared:
        role = min(TABLE[name].roles, default=Role.STAFF)
        scene = Scene(world, here, here[role])
        prepared[name] = scene, await TABLE[name].recipe(scene)
    return prepared[name]


async def signed_out(world: World, here: School, role: Role) -> Api:
    """The API as somebody in a role whose session has ended."""
    if role not in out:
        person = await here.person(role)
        world.sql("update auth_session set revoked_at = now() where id = %s", person.session_id)
        out[role] = world.as_token(person.token)
    return out[role]


class TestTheTable:
    def test_has_a_row_for_every_operation_and_no_other(self) -> None:
        assert sorted(TABLE) == sorted(OPERATIONS)

    @pytest.mark.parametrize("name", KNOWN)
    def test_agrees_with_scope_and_policy(self, name: str) -> None:
        operation, row = OPERATIONS[name], TABLE[name]
        if operation.is_public:
            assert not row.roles
            return
        if row.by_key is not None:
            assert operation.scope == row.by_key.value
            assert row.by_key in SERVICE_SCOPES
        wanted = EVERYBODY
        if operation.scope != "signed_in":
            permission = Permission(operation.scope)
            wanted = frozenset(
                role for role in EVERYBODY if permission in BUILT_IN[role].permissions
            )
        assert row.roles < wanted if row.narrower else row.roles | row.in_trust == wanted
        assert not (row.in_trust and row.roles)


NAMES_SCHOOLS = frozenset({"list_transfer_destinations"})
"""What tells that another school is there, since it is for finding it: name, URN and authority."""
OF_SCHOOLS = {"id", "name", "urn", "local_authority"}
KEEPS_WHAT_WAS_ASKED_FOR = frozenset({"list_adult_audit", "list_incomplete_reports"})
"""The closed register's trail keeps which id a request named that it refused."""


async def asked(world: World, here: School, name: str, role: Role) -> str:
    """What somebody in a role is told: granted, refused, or what else was answered."""
    operation, row = OPERATIONS[name], TABLE[name]
    _, call = await ready(world, here, name)
    if role in row.roles and operation.method != "GET":
        call = await row.recipe(Scene(world, here, here[role]))
    answer = await operation.send(here.api(role), call)
    if role in row.roles and operation.method == "GET" and answer.status_code == 404:
        own = await row.recipe(Scene(world, here, here[role]))  # what is for one person alone
        answer = await operation.send(here.api(role), own)
    if answer.status_code in operation.good:
        return "granted"
    if answer.status_code == 403 and answer.json()["code"] == "permission_missing":
        return "refused"
    if row.hides and answer.status_code == 404:
        return "refused"
    return f"{answer.status_code} {answer.text}"


def doing(name: str) -> list[Role]:
    """The roles that do it on this run: a drawn one, or all where the table is narrower.

    A role may do what its permissions say, which `TestTheTable` compares with the table for all
    of them; where the code is narrower than that, only doing it shows it. The nightly tries all.
    """
    row = TABLE[name]
    return sorted(row.roles) if row.narrower else drawn(sorted(row.roles), name)


def not_doing(name: str) -> list[Role]:
    """The roles refused it on this run: three drawn ones, or all where the table is narrower.

    Which roles the policy refuses is compared with the table for all of them, as for `doing`.
    """
    row = TABLE[name]
    refused: list[Role] = sorted(EVERYBODY - row.roles)
    return refused if row.narrower or row.hides or row.in_trust else drawn(refused, name, 3)


@pytest.mark.parametrize("name", GUARDED)
class TestInTheOwnSchool:
    async def test_every_role(self, world: World, here: School, name: str) -> None:
        refused = not_doing(name)
        tried = {*doing(name), *refused}
        found = {role.value: await asked(world, here, name, role) for role in sorted(tried)}
        assert found == {role.value: "refused" if role in refused else "granted" for role in tried}


WITHIN = [name for name in GUARDED if TABLE[name].foreign is None]
TELL_NO_IDS = {
    "add_referral_variant": "a form", "get_referral_kind": "a form", "list_referral_kinds": "forms",
    "list_concern_categories": "words",
    "list_referral_variants": "forms", "list_clock_rules": "rules", "list_permissions": "words",
    "count_linked_concerns": "numbers",
    "get_roster_digests": "numbers", "get_year_groups": "numbers",
    "get_lead_availability": "times", "acknowledge_alerts": "those that were sent",
    "send_attendance_marks": "a number", "end_other_sessions": "a number",
    "list_seal_keys": "the server's keys", "rotate_transfer_keys": "a key",
    "enrol_totp": "a secret", "prove_consistency": "hashes",
    "list_my_identities": "of accounts, which are of no school", "list_passkeys": "the same",
    "list_my_invitations": "of other schools than the one asked in",
    "list_transfer_destinations": "other schools",
    "stream_events": "none since now: exchange/test_events.py, property/test_event_sight.py",
}  # fmt: skip
"""What even the own school is told no id of its own by, and what is told instead."""


@pytest.mark.parametrize("name", WITHIN)
class TestWhatIsLookedFor:
    async def test_is_found_where_it_may_be_told(
        self, world: World, full: School, name: str
    ) -> None:
        """Else the search for it in the answers to another school proves nothing."""
        row, operation = TABLE[name], OPERATIONS[name]
        told: set[str] = set()
        for role in sorted(row.roles):
            if not told:
                call = await row.recipe(Scene(world, full, full[role]))
                told = belongings(world, full, await operation.send(full.api(role), call))
        assert (told == set()) == (name in TELL_NO_IDS), told


@pytest.mark.parametrize("name", GUARDED)
class TestFromAnotherSchool:
    async def test_finds_nothing(
        self, world: World, here: School, there: School, name: str
    ) -> None:
        operation, row = OPERATIONS[name], TABLE[name]
        answers = []
        for role in doing(name):
            scene, call = await ready(world, here, name)
            if row.once:
                call = await row.recipe(scene)
            answer = await operation.send(there.api(role), call)
            if row.foreign is None:
                assert answer.status_code in operation.good, answer.text
            else:
                assert answer.status_code == row.foreign, f"{role}: {answer.text}"
            asked_for[there.id] |= set(call.ids.values())
            answers.append(answer)
        told = belongings(world, here, *answers)
        if name in KEEPS_WHAT_WAS_ASKED_FOR:
            told -= asked_for[there.id]
        if name in NAMES_SCHOOLS:
            assert told <= {str(here.id)}
            for answer in answers:
                assert all(set(one) == OF_SCHOOLS for one in answer.json()["items"])
        else:
            assert told == set()


@pytest.mark.parametrize("name", NAMING)
class TestARecordOfAnotherSchool:
    async def test_is_answered_like_an_unknown_id(
        self, world: World, here: School, there: School, name: str
    ) -> None:
        """Nothing tells a record of another school from one that never was."""
        operation, row = OPERATIONS[name], TABLE[name]
        role = min(row.roles)
        _, call = await ready(world, here, name)
        ids = {name: one if one.isdecimal() else NOBODY for name, one in call.ids.items()}
        unknown = Call(**{**vars(call), "ids": ids})
        found = [await operation.send(there.api(role), one) for one in (call, unknown)]
        assert [answer.status_code for answer in found] == [404, 404]
        own = {"instance": "", "saved_as": ""}  # ids of the two answers, made for each
        bodies = [{**answer.json(), **own} for answer in found]
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
        role = min(TABLE[name].roles, default=Role.STAFF)
        with clock.shifted(timedelta(minutes=30)):
            answer = await OPERATIONS[name].send(here.api(role), call)
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_invalid"

    @pytest.mark.parametrize("name", GUARDED)
    async def test_an_ended_session(self, world: World, here: School, name: str) -> None:
        _, call = await ready(world, here, name)
        role = min(TABLE[name].roles, default=Role.STAFF)
        ended = await signed_out(world, here, role)
        answer = await OPERATIONS[name].send(ended, call)
        assert answer.status_code == 401
        assert answer.json()["code"] == "session_over"


@pytest.fixture(scope="module")
async def keys(world: World, here: School, there: School) -> Keys:
    """Keys of both schools with every scope there is, and one of the first with the wrong one."""
    _, ours = await world.a_service_key(here.id, *SERVICE_SCOPES)
    _, theirs = await world.a_service_key(there.id, *SERVICE_SCOPES)
    return Keys(world.as_token(ours), world.as_token(theirs))


@pytest.mark.parametrize("name", BY_KEY)
class TestAnOperationOfServiceKeys:
    async def test_is_done_by_a_key_with_the_scope(
        self, world: World, here: School, keys: Keys, name: str
    ) -> None:
        call = await TABLE[name].recipe(Scene(world, here, here[Role.SCHOOL_ADMIN]))
        answer = await OPERATIONS[name].send(keys.ours, call)
        assert answer.status_code in OPERATIONS[name].good, answer.text

    async def test_is_refused_to_a_key_with_every_other_scope(
        self, world: World, here: School, name: str
    ) -> None:
        others = SERVICE_SCOPES - {TABLE[name].by_key}
        _, token = await world.a_service_key(here.id, *others)
        _, call = await ready(world, here, name)
        answer = await OPERATIONS[name].send(world.as_token(token), call)
        assert answer.status_code == 403, answer.text

    async def test_is_refused_to_everybody(self, world: World, here: School, name: str) -> None:
        _, call = await ready(world, here, name)
        found = {
            role.value: (await OPERATIONS[name].send(here.api(role), call)).status_code
            for role in ROLES
        }
        assert found == {role.value: 403 for role in EVERYBODY}

    async def test_finds_nothing_from_another_school(
        self, world: World, here: School, keys: Keys, name: str
    ) -> None:
        _, call = await ready(world, here, name)
        answer = await OPERATIONS[name].send(keys.theirs, call)
        assert belongings(world, here, answer) == set()
        foreign = TABLE[name].foreign
        if foreign is not None:
            assert answer.status_code == foreign, answer.text
            return
        assert answer.status_code in OPERATIONS[name].good, answer.text

    async def test_needs_a_token_that_is_good(self, world: World, here: School, name: str) -> None:
        _, call = await ready(world, here, name)
        assert (await OPERATIONS[name].send(world.anybody, call)).status_code == 401
        key_id, token = await world.a_service_key(here.id, *SERVICE_SCOPES)
        with clock.shifted(timedelta(minutes=30)):
            late = await OPERATIONS[name].send(world.as_token(token), call)
        assert late.status_code == 401
        world.sql("update service_key set revoked_at = now() where id = %s", key_id)
        revoked = await OPERATIONS[name].send(world.as_token(token), call)
        assert revoked.status_code == 401


class TestAPublicOperation:
    @pytest.mark.parametrize("name", [name for name in KNOWN if OPERATIONS[name].is_public])
    async def test_needs_no_token(self, world: World, here: School, name: str) -> None:
        scene = Scene(world, here, await here.person(Role.STAFF))
        answer = await OPERATIONS[name].send(world.anybody, await TABLE[name].recipe(scene))
        assert answer.status_code in OPERATIONS[name].good, answer.text
