"""Sending a request again: the kept answer for who sees the record still, and for nobody else."""

from dataclasses import replace

import pytest

from app.api.seen_again import OPENINGS, openings_of
from app.core.ids import new_id
from app.core.words import Role
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import Scene, a_school
from tests.world import Person, School, World

OPERATIONS = operations()
SECRET = frozenset({"make_referral_link", "renew_share_code", "send_share"})
"""Their answers hold a secret that is shown once, and are not kept."""
WRITING = sorted(
    name
    for name, operation in OPERATIONS.items()
    if operation.method != "GET"
    and openings_of(operation.path)
    and TABLE[name].roles
    and name not in SECRET
    and not operation.path.endswith("/passphrase")
)
"""What is written to a record that is opened, by somebody who signs in."""
OF_A_CHILD = (
    "/v1/children/", "/v1/concerns/", "/v1/shares/", "/v1/referrals/", "/v1/tasks/",
    "/v1/check-ins/", "/v1/safety-plans/", "/v1/reviews/", "/v1/transfers/", "/v1/actions/",
)  # fmt: skip
"""Whoever is locked out from the child opens none of these."""
OWN = frozenset({"concern:amend", "attendance:send"})
"""Whoever reported goes on with their own words, and who sends marks is told of nothing."""


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are written to."""
    return await a_school(world)


def lock_out(world: World, person: Person, ids: set[str]) -> None:
    """Somebody is related to every child among some ids."""
    world.sql(
        "insert into conflict (school_id, id, staff_id, child_id, kind, created_by, created_at)"
        " select k.school_id, gen_random_uuid(), %s, k.id, 'declared', %s, now() from child k"
        " where k.school_id = %s and k.id::text = any(%s)",
        person.id, person.id, person.school_id, sorted(ids),
    )  # fmt: skip


def test_an_opening_is_known_by_its_path() -> None:
    assert {"/v1/concerns/{concern_id}", "/v1/shares/{share_id}", "/v1/tasks/{task_id}"} <= {
        *OPENINGS
    }
    assert openings_of("/v1/children/{child_id}/needs-notes/{record_id}/amend") == [
        "/v1/children/{child_id}/needs-notes/{record_id}",
        "/v1/children/{child_id}",
    ]


@pytest.mark.parametrize("name", WRITING)
class TestReplay:
    async def test_is_for_who_sees_the_record_still(
        self, world: World, here: School, name: str
    ) -> None:
        operation, role = OPERATIONS[name], min(TABLE[name].roles)
        person = await here.person(role)
        school = replace(here, people={**here.people, role: person})
        scene, key = Scene(world, school, person), new_id().hex
        call, api = await TABLE[name].recipe(scene), school.api(role)
        first = await operation.send(api, call, key=key)
        assert first.status_code in operation.good, first.text
        again = await operation.send(api, call, key=key)
        assert again.content == first.content, again.text
        lock_out(world, person, scene.made | {*call.ids.values()})
        later = await operation.send(api, call, key=key)
        if operation.path.startswith(OF_A_CHILD) and operation.scope not in OWN:
            assert later.status_code in (403, 404), later.text
        assert later.status_code in (first.status_code, 403, 404), later.text


class TestReplayInTheAdultRegister:
    @pytest.mark.parametrize("name", ["add_adult_note", "acknowledge_adult_concern"])
    async def test_tells_nothing_to_who_has_been_locked_out_since(
        self, world: World, here: School, name: str
    ) -> None:
        role = Role.HEADTEACHER
        scene, key = Scene(world, here, here[role]), new_id().hex
        call, api = await TABLE[name].recipe(scene), here.api(role)
        first = await OPERATIONS[name].send(api, call, key=key)
        assert first.status_code in OPERATIONS[name].good, first.text
        world.sql(
            "update adult_concern set locked_out = locked_out || %s where id = %s",
            here[role].id, call.ids["concern_id"],
        )  # fmt: skip
        later = await OPERATIONS[name].send(api, call, key=key)
        assert later.json()["code"] == "adult_concern_not_found", later.text


class TestWhatIsUndone:
    async def test_a_replay_leaves_no_trace_of_an_opening(
        self, world: World, school: School
    ) -> None:
        child = str(await school.child())
        path, body = f"/v1/children/{child}/contacts", {"kind": "father", "name": "Kim Marsh"}
        for _ in range(2):
            answer = await school.api(Role.DSL).post(path, body, key="once")
            assert answer.status_code == 201, answer.text
        rows = world.sql("select verb from trail where child_id = %s order by seq", child)
        assert [verb for (verb,) in rows if verb.endswith("opened")] == []
