"""One box for a reference, a number or a name; what somebody may not see is not found."""

from typing import Any

import pytest

from app.core.words import Role
from tests.api.record.test_concerns import ROUTINE, raise_one
from tests.owners import Plot
from tests.world import Api, School, World

UPN = "B801200005001"


async def found(api: Api, text: str) -> list[tuple[str, str, str]]:
    """Kind, id and what it was found by."""
    answer = await api.post("/v1/look-up", {"q": text})
    assert answer.status_code == 200, answer.text
    return [(one["kind"], one["id"], one["found_by"]) for one in answer.json()["items"]]


async def with_number(school: School, value: str, system: str = "upn", **fields: Any) -> str:
    child = await school.child("Nadia", "Okafor")
    body = {"system": system, "value": value} | fields
    added = await school.lead.post(f"/v1/children/{child}/identifiers", body)
    assert added.status_code == 201, added.text
    return str(child)


class TestLookUp:
    async def test_finds_a_concern_by_its_reference_however_it_is_typed(
        self, school: School
    ) -> None:
        raised = await raise_one(school.staff, await school.child(), **ROUTINE)
        for text in (raised["reference"], f" {raised['reference'].lower()} "):
            assert await found(school.lead, text) == [("concern", raised["id"], "reference")]

    async def test_finds_nothing_that_the_reader_may_not_read(
        self, world: World, school: School
    ) -> None:
        raised = await raise_one(school.staff, await school.child(), **ROUTINE)
        world.sql("update concern set confidentiality = 'K5' where id = %s", raised["id"])
        assert await found(school.api(Role.DEPUTY_DSL), raised["reference"]) == []
        assert await found(school.api(Role.SCHOOL_ADMIN), raised["reference"]) == []
        other = await world.a_school()
        assert await found(other.lead, raised["reference"]) == []

    async def test_knows_no_references_of_another_school(
        self, world: World, school: School
    ) -> None:
        """What came with a file has a number there, which may be one of ours here."""
        plot = Plot(world, school, await school.child())
        plot.plant("incoming_transfer", school[Role.DSL].id)
        record = plot.plant("received_record", school[Role.DSL].id)
        raised = await raise_one(school.staff, plot.child, **ROUTINE)
        world.sql(
            "update received_record set reference = %s where id = %s", raised["reference"], record
        )
        assert await found(school.lead, raised["reference"]) == [
            ("concern", raised["id"], "reference")
        ]

    @pytest.mark.parametrize("text", [UPN, UPN.lower(), "B801 2000 05001"])
    async def test_finds_a_child_by_a_number_with_or_without_spaces(
        self, school: School, text: str
    ) -> None:
        child = await with_number(school, UPN)
        assert await found(school.staff, text) == [("child", child, "number")]

    async def test_finds_a_child_by_a_number_that_has_ended(
        self, world: World, school: School
    ) -> None:
        child = await with_number(school, "MIS-77", "mis_id")
        world.sql("update child_identifier set valid_to = now() where child_id = %s", child)
        assert await found(school.lead, "MIS-77") == [("child", child, "number")]

    async def test_shows_a_suppressed_number_only_to_those_who_see_it(self, school: School) -> None:
        child = await with_number(school, "MIS-88", "mis_id", suppressed=True)
        assert await found(school.lead, "MIS-88") == [("child", child, "number")]
        assert await found(school.staff, "MIS-88") == []

    async def test_finds_children_by_name_and_leaves_the_trace_of_a_search(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Nadia", "Okafor")
        assert await found(school.staff, "okafor") == [("child", str(child), "name")]
        await found(school.staff, "C-2026-999999")
        entries = (await school.lead.get("/v1/audit?verb=child.searched")).json()["items"]
        assert [one["details"]["children"] for one in entries] == [[str(child)]]

    async def test_names_a_child_as_people_say_it(self, school: School) -> None:
        await school.child("Nadia", "Okafor")
        answer = await school.staff.post("/v1/look-up", {"q": "Okafor"})
        assert answer.json()["items"][0]["title"] == "Nadia Okafor"
