"""Sending a request again: the kept answer for who sees the record still, and for nobody else."""

from dataclasses import replace

import pytest

from app.api.seen_again import OPENINGS, opening_of_made, openings_of
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Role
from app.main import build_app
from tests.routes import api_routes
from tests.sampling import sampled
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import Scene, a_school
from tests.security.test_sealed import seal
from tests.world import Person, School, World

OPERATIONS = operations()
DOORS = {route.name: route for _, route in api_routes(build_app(Settings(log_level="error")).app)}
WRITING = sorted(
    name for name, one in OPERATIONS.items() if one.method != "GET" and TABLE[name].roles
)
"""Whatever somebody who signs in may write: keys of programs and recipients of links are locked

out from nothing by being related to a child, and `public` operations keep no answers.
"""
SECRET = frozenset(name for name in WRITING if getattr(DOORS[name], "secret", False))
"""Their answers are not kept: they hold a secret that is shown once, or are of a search."""
OF_A_CHILD = (
    "/v1/children/{", "/v1/concerns/", "/v1/shares/", "/v1/referrals/", "/v1/tasks/",
    "/v1/check-ins/", "/v1/safety-plans/", "/v1/reviews/", "/v1/transfers/", "/v1/actions/",
)  # fmt: skip
"""Whoever is locked out from the child opens none of these."""
OWN = frozenset({"concern:amend", "attendance:send"})
"""Whoever reported goes on with their own words, and who sends marks is told of nothing."""
ADULT = [
    name for name in WRITING
    if OPERATIONS[name].path.startswith("/v1/adult-concerns/{")
    and name != "amend_adult_concern"  # whoever reported goes on with their own words
]  # fmt: skip
TOLD_AGAIN = {
    "import_roster_children": "only ids that were sent, with ours",
    "add_child": "only what was sent, with an id",
    "begin_mandatory_report": "the law has whoever saw it report it, related or not",
    "update_mandatory_report": "the same", "record_mandatory_report_sent": "the same",
    "withdraw_mandatory_report": "the same",
    "declare_conflict": "what locks one out is told to whoever says it",
    "confirm_conflict": "about somebody's being related, not about the child",
    "end_conflict": "the same",
    "lock_out_named_staff": "the same", "raise_concern": "only what was sent, with an id",
    "acknowledge_alert": "their own alert, which names the concern by its id alone",
    "end_grant": "ends somebody's sight, and says whose of what",
    "create_child_group": "only what was sent, with an id",
    "cancel_job": "only that it was cancelled: what it made is opened elsewhere",
}  # fmt: skip
"""Who names a child in their answer and is answered again, though locked out, and why."""
GONE = frozenset({"move_concern"})
"""What takes a record out of the sender's sight: sent again it tells nothing."""


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are written to."""
    return await a_school(world)


def lock_out(world: World, person: Person, ids: set[str]) -> None:
    """Somebody is related to every child among some ids."""
    world.sql(
        "insert into conflict (school_id, id, staff_id, child_id, kind, created_by, created_at)"
        " select k.school_id, gen_random_uuid(), %s, k.id, 'declared', %s, now() from child k"
        " where k.school_id = %s and k.id::text = any(%s) and not exists (select from conflict c"
        " where c.school_id = k.school_id and c.child_id = k.id and c.staff_id = %s)",
        person.id, person.id, person.school_id, sorted(ids), person.id,
    )  # fmt: skip


def children_in(world: World, school: School, text: str) -> set[str]:
    """The children of a school whose ids stand in a text, or those of concerns about them."""
    rows = world.sql(
        "select id, id from child where school_id = %s union all"
        " select id, child_id from concern_child where school_id = %s",
        school.id, school.id,
    )  # fmt: skip
    return {str(child) for named, child in rows if str(named) in text}


def test_an_opening_is_known_by_its_path() -> None:
    assert {"/v1/concerns/{concern_id}", "/v1/shares/{share_id}", "/v1/tasks/{task_id}"} <= {
        *OPENINGS
    }
    assert openings_of("/v1/children/{child_id}/records/{record_id}/amend") == [
        "/v1/children/{child_id}/records/{record_id}",
        "/v1/children/{child_id}",
    ]


@pytest.mark.parametrize(
    ("path", "opening"),
    [
        ("/v1/referrals", "/v1/referrals/{referral_id}"),
        ("/v1/children/{child_id}/safety-plans", "/v1/safety-plans/{plan_id}"),
        (
            "/v1/children/{child_id}/records",
            "/v1/children/{child_id}/records/{record_id}",
        ),
        ("/v1/shares/{share_id}/approve", None),
    ],
)
def test_the_opening_of_what_is_made_is_known_by_its_noun(path: str, opening: str | None) -> None:
    assert opening_of_made(path) == opening


@pytest.mark.parametrize("name", sampled(sorted({*WRITING} - SECRET), 2))
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
        if name in GONE:
            assert again.status_code == 404
            return
        assert again.content == first.content, again.text
        assert "idempotency-replayed" in again.headers
        named = children_in(world, school, first.text)
        lock_out(world, person, scene.made | {*call.ids.values()} | named)
        later = await operation.send(api, call, key=key)
        of_a_child = operation.path.startswith(OF_A_CHILD) and operation.scope not in OWN
        if of_a_child or (named and name not in TOLD_AGAIN):
            assert later.status_code in (403, 404), later.text
        if name in TOLD_AGAIN:
            assert (named, later.content) != (set(), first.content), "no reason is needed"
        assert later.status_code in (first.status_code, 403, 404), later.text


PARTS = (
    "mark_significant", "add_status", "update_status", "agree_support_plan", "change_support_plan",
    "review_support_plan",
)  # fmt: skip
"""Operations that make or change a part of a child's file that has no address of its own."""


@pytest.mark.parametrize("name", PARTS)
async def test_a_replay_tells_nothing_of_a_part_that_was_sealed_since(
    world: World, name: str
) -> None:
    """The child is open to a deputy as before."""
    school = await a_school(world)
    scene, key = Scene(world, school, school[Role.DEPUTY_DSL]), new_id().hex
    call, api = await TABLE[name].recipe(scene), school.api(Role.DEPUTY_DSL)
    first = await OPERATIONS[name].send(api, call, key=key)
    assert first.status_code in OPERATIONS[name].good, first.text
    again = await OPERATIONS[name].send(api, call, key=key)
    assert again.content == first.content
    seal(world, school)
    assert (await api.get(f"/v1/children/{call.ids['child_id']}")).status_code == 200
    later = await OPERATIONS[name].send(api, call, key=key)
    assert later.status_code == 404, later.text


@pytest.mark.parametrize("name", sorted(SECRET))
class TestASecret:
    async def test_is_not_told_again(self, world: World, here: School, name: str) -> None:
        operation, role = OPERATIONS[name], min(TABLE[name].roles)
        person = await here.person(role)
        school = replace(here, people={**here.people, role: person})
        call, key = await TABLE[name].recipe(Scene(world, school, person)), new_id().hex
        first, again = [await operation.send(school.api(role), call, key=key) for _ in range(2)]
        assert first.status_code in operation.good, first.text
        assert "idempotency-replayed" not in again.headers


class TestReplayInTheAdultRegister:
    @pytest.mark.parametrize("name", ADULT)
    async def test_tells_nothing_to_who_has_been_locked_out_since(
        self, world: World, here: School, name: str
    ) -> None:
        role = min(TABLE[name].roles)
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
