"""A declared change is refused once the record has ended, by whatever change it ended."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.kinds import KINDS
from app.domain.steps import Step
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import Call, Scene, a_school
from tests.world import School, World

OPERATIONS = operations()
STEPS = sorted(
    (one for kind in KINDS.values() for one in kind.steps), key=lambda step: str(step.name)
)


@pytest.fixture(scope="module")
async def here(world: World) -> School:
    """The school whose records are ended."""
    return await a_school(world)


def ending(step: Step[Any, Any]) -> str:
    """A change that ends such a record: another one, where there is another."""
    names = [one.name for one in step.kind.steps if one.ends is not None]
    return next((name for name in names if name != step.name), step.name)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
async def test_a_record_that_has_ended_takes_no_change(
    world: World, here: School, step: Step[Any, Any]
) -> None:
    role = min(TABLE[step.name].roles)
    scene, api = Scene(world, here, here[role]), here.api(role)
    call: Call = await TABLE[step.name].recipe(scene)
    last = await TABLE[ending(step)].recipe(scene)
    last = replace(last, ids={**last.ids, **call.ids}, version=call.version)
    done = await OPERATIONS[ending(step)].send(api, last)
    assert done.status_code in OPERATIONS[ending(step)].good, done.text
    version = int(done.headers["etag"].strip('"'))
    refused = await OPERATIONS[step.name].send(api, replace(call, version=version))
    assert (refused.status_code, refused.json()["code"]) == (409, step.kind.ended.code)


def test_the_sweep_sees_every_declared_change() -> None:
    assert len(STEPS) >= 14
