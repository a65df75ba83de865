"""Every id that a request's body names has to be there: one of nobody, or of another school, is

refused, and never kept. The list is taken from the description, so that a new field joins itself.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.answers import described
from tests.security.matrix import TABLE
from tests.security.operations import Operation, operations
from tests.security.scenes import Call, Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
JSON = ("application/json", "application/merge-patch+json")
OWN = "/id"
"""The id of what is made, which the client may choose."""
REFUSED = frozenset({404, 422})
SMOKE = ("declare_conflict", "decide_on_parents", "draft_share", "add_action")
"""What `make test` looks at; the nightly looks at every operation."""


@dataclass(frozen=True)
class Place:
    """One field of one operation's body that takes an id; `*` is any item of a list."""

    operation: str
    path: tuple[str, ...]
    chain: tuple[dict[str, Any], ...]

    @property
    def pointer(self) -> str:
        return "".join(f"/{part}" for part in self.path)

    def __str__(self) -> str:
        return f"{self.operation}{self.pointer}"


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = described()["components"]["schemas"][name]
    return schema


def choices(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema, or each of those of which one has to fit, but for null."""
    schema = resolved(schema)
    several = [one for name in ("anyOf", "oneOf", "allOf") for one in schema.get(name, ())]
    if not several:
        return [schema]
    found = [part for one in several for part in choices(one)]
    return [one for one in found if one.get("type") != "null"]


def id_paths(
    schema: dict[str, Any], path: tuple[str, ...] = (), chain: tuple[dict[str, Any], ...] = ()
) -> Iterator[tuple[tuple[str, ...], tuple[dict[str, Any], ...]]]:
    """Where a body takes ids, and the schemas on the way."""
    for one in choices(schema):
        if any(one is before for before in chain):
            continue
        if one.get("format") == "uuid":
            yield path, chain
        for name, part in one.get("properties", {}).items():
            yield from id_paths(part, (*path, name), (*chain, one))
        if isinstance(one.get("items"), dict):
            yield from id_paths(one["items"], (*path, "*"), (*chain, one))


def places() -> list[Place]:
    found: dict[tuple[str, tuple[str, ...]], Place] = {}
    for name, operation in OPERATIONS.items():
        content = operation.described.get("requestBody", {}).get("content", {})
        for kind in JSON:
            if kind in content:
                for path, chain in id_paths(content[kind]["schema"]):
                    found.setdefault((name, path), Place(name, path, chain))
    return [one for one in found.values() if one.pointer != OWN]


PLACES = places()
NOT_NEEDED = "names who goes on with what is open: looked at where anything is, and never kept"
AT_APPROVAL = "a draft: what is not there, or not for this reader, is told apart at approval"
NEVER_REFUSED = "what somebody reports in an emergency is taken whatever else is wrong with it"
CHOSEN_ONLY = "read where `choice` is `chosen`, refused there, and not kept otherwise"
EXCUSED: dict[tuple[str, str], str] = {
    **{(name, "/hand_over_to"): NOT_NEEDED for name in
       ("update_role", "end_cover", "end_membership", "end_role")},
    **{(one.operation, one.pointer): NOT_NEEDED for one in PLACES
       if one.operation == "hand_over_work"},
    ("acknowledge_alerts", "/alert_ids/*"): "each alert has an answer of its own",
    ("update_referral", "/chronology/entries/*"): CHOSEN_ONLY,
    ("draft_referral", "/chronology/entries/*"): CHOSEN_ONLY,
    ("update_transfer", "/items/*/id"): AT_APPROVAL,
    ("prepare_transfer", "/items/*/id"): AT_APPROVAL,
    ("record_emergency", "/child_ids/*"): NEVER_REFUSED,
    ("record_with_adult", "/staff_id"): NEVER_REFUSED,
    ("raise_concern", "/completes"): NEVER_REFUSED,
    ("send_attendance_marks", "/marks/*/child_id"): "each line has an answer of its own",
    ("switch_role", "/organisation_id"): "403 `membership_missing`, for a school of nobody, too",
}  # fmt: skip
"""Fields of which such an id is not refused, each with the reason; none lets anything be seen."""


def least(schema: dict[str, Any]) -> Any:  # noqa: PLR0911 - one answer for each kind of value
    """The smallest value that a schema takes."""
    one = choices(schema)[0]
    if "const" in one:
        return one["const"]
    if "enum" in one:
        return one["enum"][0]
    if "discriminator" in one:
        return least(one["oneOf"][0])
    match one.get("type"):
        case "object":
            needed = {name: one["properties"][name] for name in one.get("required", ())}
            return {name: least(part) for name, part in needed.items()}
        case "array":
            return [least(one["items"])] * one.get("minItems", 0)
        case "boolean":
            return True
        case "integer" | "number":
            return one.get("minimum", 1)
    formats = {"uuid": str(new_id()), "date-time": clock.now().isoformat()}
    formats["date"] = clock.now().date().isoformat()
    return formats.get(one.get("format", ""), "Zyxglorp")


def put(body: Any, place: Place, value: str) -> Any:
    """The body with an id at a place; what is missing on the way is made as small as can be."""
    body = copy.deepcopy(body) if body is not None else {}
    here = body
    for part, schema, following in zip(
        place.path, place.chain, (*place.chain[1:], None), strict=True
    ):
        new = value if following is None else None
        if part == "*":
            if not here:
                here.append(least(schema["items"]))
            if following is None:
                here[0] = value
                break
            here = here[0]
            continue
        if following is None:
            here[part] = value
            break
        if here.get(part) is None or not fits(here[part], following):
            here[part] = new or least(following)
        here = here[part]
    return body


def fits(value: Any, schema: dict[str, Any]) -> bool:
    if schema.get("type") == "array":
        return isinstance(value, list)
    known = schema.get("properties", {})
    return isinstance(value, dict) and all(
        value.get(name) == part["const"] for name, part in known.items() if "const" in part
    )


def taken(body: Any, place: Place) -> str | None:
    """The id that stands at a place of a body, if any."""
    for part in place.path:
        if isinstance(body, list):
            body = body[0] if body else None
        elif isinstance(body, dict):
            body = body.get(part)
    return body if isinstance(body, str) else None


async def scene_of(world: World, school: School, place: Place) -> tuple[Scene, Role]:
    """A scene for whoever may, a lead where one may."""
    roles = TABLE[place.operation].roles
    role = Role.DSL if Role.DSL in roles else max(roles, default=Role.STAFF)
    return Scene(world, school, school[role] if roles else await school.person(role)), role


async def sent(world: World, school: School, place: Place, id_: str) -> httpx.Response:
    operation: Operation = OPERATIONS[place.operation]
    row = TABLE[place.operation]
    scene, role = await scene_of(world, school, place)
    api = school.api(role) if row.roles else world.anybody
    if row.by_key is not None:
        api = world.as_token((await world.a_service_key(school.id, row.by_key))[1])
    call: Call = await row.recipe(scene)
    world.sql("delete from rate_limit")
    return await operation.send(api, call, json=put(call.json, place, id_))


async def foreign(world: World, school: School, place: Place) -> str | None:
    """An id of the right kind in another school, where the recipe names one."""
    scene, _ = await scene_of(world, school, place)
    return taken((await TABLE[place.operation].recipe(scene)).json, place)


@pytest.fixture(scope="module")
async def schools(world: World) -> tuple[School, School]:
    return await a_school(world), await a_school(world)


class TestTheList:
    def test_names_every_field(self) -> None:
        assert len(PLACES) > 150
        assert {"/contact_id", "/staff_id"} <= {
            one.pointer for one in PLACES if one.operation == "declare_conflict"
        }

    def test_has_a_recipe_for_each(self) -> None:
        assert {one.operation for one in PLACES} <= set(TABLE)

    def test_excuses_only_what_there_is(self) -> None:
        assert set(EXCUSED) <= {(one.operation, one.pointer) for one in PLACES}


def refused(answer: httpx.Response, place: Place) -> None:
    if (place.operation, place.pointer) in EXCUSED:
        assert answer.status_code < 500, answer.text
        return
    assert answer.status_code in REFUSED, f"{place}: {answer.status_code} {answer.text[:300]}"


async def of_nobody(world: World, school: School, place: Place) -> None:
    refused(await sent(world, school, place, str(new_id())), place)


async def of_another_school(world: World, schools: tuple[School, School], place: Place) -> None:
    school, other = schools
    if (id_ := await foreign(world, other, place)) is not None:
        refused(await sent(world, school, place, id_), place)


SOME = [one for one in PLACES if one.operation in SMOKE]


class TestSmoke:
    @pytest.mark.parametrize("place", SOME, ids=str)
    async def test_refuses_an_id_of_nobody_or_of_another_school(
        self, world: World, schools: tuple[School, School], place: Place
    ) -> None:
        await of_nobody(world, schools[0], place)
        await of_another_school(world, schools, place)


@pytest.mark.long
class TestEveryField:
    @pytest.mark.parametrize("place", [one for one in PLACES if one not in SOME], ids=str)
    async def test_refuses_an_id_of_nobody(
        self, world: World, schools: tuple[School, School], place: Place
    ) -> None:
        await of_nobody(world, schools[0], place)

    @pytest.mark.parametrize("place", [one for one in PLACES if one not in SOME], ids=str)
    async def test_refuses_an_id_of_another_school(
        self, world: World, schools: tuple[School, School], place: Place
    ) -> None:
        await of_another_school(world, schools, place)
