"""Brothers and sisters in one stream, each child by its own rules."""

from typing import Any
from uuid import UUID

from app.core.words import Role
from tests.api.record.test_concerns import ROUTINE, raise_one
from tests.monitoring import in_conflict
from tests.world import Api, School, World


async def family(school: School, *, year: str = "9") -> tuple[UUID, UUID]:
    """Two children who are brother and sister by the word of a lead."""
    child = await school.child("Nadia", "Okafor")
    other = await school.child("Robin", "Okafor", year_group=year)
    body = {"other_child_id": str(other), "kind": "half_sibling"}
    tied = await school.lead.post(f"/v1/children/{child}/relationships", body)
    assert tied.status_code == 201, tied.text
    return child, other


async def read(api: Api, child: UUID, query: str = "") -> dict[str, Any]:
    answer = await api.get(f"/v1/children/{child}/family-chronology{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestFamilyChronology:
    async def test_is_one_stream_with_the_child_of_each_entry(self, school: School) -> None:
        child, other = await family(school)
        stranger = await school.child("Kim", "Dale")
        raised = [
            (await raise_one(school.staff, one, **ROUTINE))["id"]
            for one in (child, other, child, stranger)
        ]
        for whom in (child, other):
            items = (await read(school.lead, whom))["items"]
            assert [one["about"]["id"] for one in items] == raised[2::-1]
            assert [one["child"]["name"] for one in items] == [
                "Nadia Okafor", "Robin Okafor", "Nadia Okafor",
            ]  # fmt: skip

    async def test_goes_on_from_page_to_page_without_loss(self, school: School) -> None:
        child, other = await family(school)
        raised = [
            (await raise_one(school.staff, one, **ROUTINE))["id"]
            for one in (child, other, other, other, child, child, other)
        ]
        for order, expected in (("newest", raised[::-1]), ("oldest", raised)):
            seen, query = [], f"?limit=2&order={order}"
            page = await read(school.lead, child, query)
            while page["next"]:
                seen += [one["about"]["id"] for one in page["items"]]
                page = await read(school.lead, child, f"{query}&cursor={page['next']}")
            seen += [one["about"]["id"] for one in page["items"]]
            assert seen == expected

    async def test_leaves_out_a_child_whom_the_reader_may_not_reach(
        self, world: World, school: School
    ) -> None:
        child, other = await family(school)
        for one in (child, other):
            await raise_one(school.staff, one, **ROUTINE)
        in_conflict(school, school[Role.DEPUTY_DSL].id, other)
        items = (await read(school.api(Role.DEPUTY_DSL), child))["items"]
        assert {one["child"]["id"] for one in items} == {str(child)}
        refused = await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{other}/family-chronology")
        assert refused.status_code == 403

    async def test_stands_in_the_access_log_of_every_child_who_was_shown(
        self, world: World, school: School
    ) -> None:
        child, other = await family(school)
        await raise_one(school.staff, other, **ROUTINE)
        await read(school.lead, child)
        traced = world.sql(
            "select child_id from trail where verb = 'chronology.read' and child_id = any(%s)",
            [child, other],
        )
        assert {one for (one,) in traced} == {child, other}
