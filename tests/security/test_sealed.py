"""What is sealed from a reader is sealed at every door: who may not open it reads no part of it

and changes nothing.
"""

import re

import httpx
import pytest

from app.core.words import Role
from app.db.models import Base
from tests.security.matrix import TABLE
from tests.security.operations import Operation, operations
from tests.security.scenes import Call, Scene, a_school
from tests.world import Api, School, World

OPERATIONS = operations()
NAMED = sorted(
    name
    for name, one in OPERATIONS.items()
    if "{" in one.path and Role.DEPUTY_DSL in TABLE[name].roles
)
EMPTY = {"list_support_plan_versions": "a list of the child's, which leaves out what is sealed"}
"""What answers beside a sealed record, and why."""
READS = {one.path: one for one in OPERATIONS.values() if one.method == "GET"}
CLASSED = [
    table.name
    for table in Base.metadata.tables.values()
    if {"school_id", "confidentiality"} <= {*table.columns.keys()}
]
HIDDEN: set[str] = set()
"""Operations on what was found to be hidden, as the sweep went on."""


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are sealed."""
    return await a_school(world)


def seal(world: World, school: School) -> None:
    """Give everything in the school the class that deputies do not read."""
    for table in CLASSED:
        world.sql(
            f"update {table} set confidentiality = 'K5'"  # noqa: S608
            " where school_id = %s and confidentiality in ('K2', 'K3', 'K4')", school.id,
        )  # fmt: skip


async def opened(api: Api, operation: Operation, call: Call) -> httpx.Response | None:
    """What the deepest record or list says that the address goes through."""
    parts = operation.path.split("/")
    for length in range(len(parts), 3, -1):
        path = "/".join(parts[:length])
        if path in READS and READS[path] is not operation and re.search(r"{\w+}", path):
            return await api.get(path.format(**call.ids))
    return None


@pytest.mark.parametrize("name", NAMED)
async def test_what_is_hidden_is_neither_read_nor_changed(
    world: World, here: School, name: str
) -> None:
    operation = OPERATIONS[name]
    call = await TABLE[name].recipe(Scene(world, here, here[Role.DSL]))
    before = await opened(here.lead, operation, call)
    seal(world, here)
    deputy = world.as_token((await here.person(Role.DEPUTY_DSL)).token)
    after = await opened(deputy, operation, call)
    if before is None or after is None or before.status_code != 200 or after.status_code != 404:
        return
    HIDDEN.add(name)
    answer = await operation.send(deputy, call)
    if name in EMPTY:
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    else:
        assert answer.status_code in (403, 404), answer.text


def test_the_sweep_found_what_is_hidden() -> None:
    assert len(HIDDEN) > 100


FOR_READING = sorted(
    name
    for name in NAMED
    if re.search(r"/(support-plan|reintegrations|safety-plans)\b.*", OPERATIONS[name].path)
    and "if-match" in str(OPERATIONS[name].described.get("parameters")).lower()
)
"""Changes of how a child is kept safe, by hand."""
GRANT = """
insert into access_grant (school_id, id, kind, staff_id, child_id, classes, reason, granted_by,
                          valid_from, valid_to, created_at)
select school_id, gen_random_uuid(), 'grant', %s, id, '{K2,K3,K4,K5}', 'x', %s,
       now() - interval '1 hour', now() + interval '1 hour', now()
from child where school_id = %s
"""


@pytest.mark.parametrize("name", FOR_READING)
async def test_a_grant_is_for_reading(world: World, here: School, name: str) -> None:
    operation, person = OPERATIONS[name], await here.person(Role.DEPUTY_DSL)
    call = await TABLE[name].recipe(Scene(world, here, here[Role.DSL]))
    seal(world, here)
    world.sql(GRANT, person.id, here[Role.DSL].id, here.id)
    deputy = world.as_token(person.token)
    seen = await opened(deputy, operation, call)
    assert seen is not None
    assert seen.status_code == 200, seen.text
    body = seen.json()
    offered = {verb for row in body.get("items", [body]) for verb in row["permissions"]}
    assert name not in offered
    answer = await operation.send(deputy, call)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing"), answer.text


def test_the_changes_of_keeping_safe_are_found() -> None:
    assert {"change_support_plan", "update_reintegration", "agree_plan"} <= {*FOR_READING}
