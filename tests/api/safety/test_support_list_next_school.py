"""A pupil on the support list moves: the leads of both schools are asked to speak on day one."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Role
from app.domain.sharing.received_files.commands import asks_for_call
from tests.api.planning import in_use
from tests.api.records import a_concern
from tests.check_ins import tasks
from tests.transfers import approved, prepared, step_of, work_off
from tests.world import School, World

OUT, IN = "plan_to_next_school", "plan_from_school"


def to(child: UUID, there: School, **fields: Any) -> dict[str, Any]:
    """A transfer to another school of this Cairn."""
    destination = {"kind": "school", "school_id": str(there.id)}
    return {
        "child_id": str(child),
        "reason_code": "left_in_year",
        "destination": destination,
    } | fields


async def moved(world: World, here: School, there: School, child: UUID) -> dict[str, Any]:
    """The transfer, delivered, and accepted there for a new child."""
    transfer = await prepared(here, to(child, there))
    await approved(here, transfer["id"])
    await work_off(world, here)
    await work_off(world, there)
    listed = (await there.lead.get("/v1/incoming-transfers?state=waiting")).json()["items"]
    await step_of(there.lead, "incoming-transfers", listed[0]["id"], "accept", {"new_child": True})
    await work_off(world, there)
    await work_off(world, here)
    return transfer


class TestTheSchoolTheyLeave:
    async def test_is_asked_to_telephone_as_soon_as_the_file_is_prepared(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        await in_use(school, child)
        assert not tasks(world, school, OUT)
        await prepared(school, to(child, other_school))
        ((owner, due, _),) = tasks(world, school, OUT)
        assert owner == school[Role.DSL].id
        assert due is not None

    async def test_is_asked_nothing_for_a_pupil_who_is_not_on_the_list(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        await a_concern(school, child)
        await prepared(school, to(child, other_school))
        assert not tasks(world, school, OUT)

    async def test_is_asked_nothing_where_no_school_is_next(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await in_use(school, child)
        nowhere = {"kind": "unknown"}
        body = {
            "child_id": str(child),
            "reason_code": "elective_home_education",
            "destination": nowhere,
        }
        answer = await school.lead.post("/v1/transfers", body)
        assert answer.status_code == 201, answer.text
        assert not tasks(world, school, OUT)

    async def test_has_the_pupil_until_somebody_has_spoken(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await in_use(school, child)
        await moved(world, school, other_school, child)
        ((owner, _, _),) = tasks(world, school, OUT)
        assert owner == school[Role.DSL].id


class TestTheSchoolTheyCome:
    async def test_is_asked_to_telephone_where_a_plan_came(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await in_use(school, child)
        await moved(world, school, other_school, child)
        ((owner, due, _),) = tasks(world, other_school, IN)
        assert owner == other_school[Role.DSL].id
        assert due is not None
        listed = (await other_school.lead.get(f"/v1/tasks?kind={IN}")).json()["items"]
        assert [one["about"]["kind"] for one in listed] == ["incoming_transfer"]

    async def test_is_asked_to_telephone_where_what_was_told_is_not_closed(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child, self_harm={"kind": "thoughts_of_self_harm"})
        await moved(world, school, other_school, child)
        assert len(tasks(world, other_school, IN)) == 1

    async def test_is_asked_nothing_for_any_other_file(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        await moved(world, school, other_school, child)
        assert not tasks(world, other_school, IN)


class TestAFile:
    @pytest.mark.parametrize(
        ("one", "asks"),
        [
            ({"kind": "safety_record", "content": {"record": "safety_plan"}}, True),
            ({"kind": "safety_record", "content": {"record": "support_note"}}, False),
            ({"kind": "concern", "content": {"self_harm": {"state": "settled"}}}, True),
            ({"kind": "concern", "content": {"self_harm": {"state": "closed"}}}, False),
            ({"kind": "concern", "content": {"self_harm": None}}, False),
            ({"kind": "note", "content": {"record": ["safety_plan"]}}, False),
            ({"kind": "safety_record", "content": {"record": {"a": 1}}}, False),
        ],
    )
    def test_asks_for_a_call_by_what_it_holds(self, one: dict[str, Any], asks: bool) -> None:
        assert asks_for_call({"records": [one]}) is asks
