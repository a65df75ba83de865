"""Nobody changes what they may not open: what is sealed from a reader is sealed at every door."""

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
CHANGES = sorted(
    name
    for name, one in OPERATIONS.items()
    if one.method != "GET" and "{" in one.path and Role.DEPUTY_DSL in TABLE[name].roles
)
READS = {one.path: one for one in OPERATIONS.values() if one.method == "GET"}
CLASSED = [
    table.name
    for table in Base.metadata.tables.values()
    if {"school_id", "confidentiality"} <= {*table.columns.keys()}
]
HIDDEN: set[str] = set()
"""Changes of what was found to be hidden, as the sweep went on."""


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
        if path in READS and re.search(r"{\w+}", path):
            return await api.get(path.format(**call.ids))
    return None


@pytest.mark.parametrize("name", CHANGES)
async def test_what_is_hidden_is_not_changed(world: World, here: School, name: str) -> None:
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
    assert answer.status_code in (403, 404), answer.text


def test_the_sweep_found_what_is_hidden() -> None:
    assert len(HIDDEN) > 50
