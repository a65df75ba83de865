"""Who is told that two children are connected: by one rule, through whichever door they come."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Role
from tests.api.record.test_concerns import ROUTINE, raise_one
from tests.api.record.test_next_steps import steps
from tests.api.referring import an_agency
from tests.around_children import a_pastoral_member, created, listed
from tests.bereavement import opened
from tests.monitoring import in_conflict
from tests.transfers import prepared, to_school
from tests.world import Api, School, World

AT_HOME = {**ROUTINE, "categories": ["physical_abuse"], "alleged_source_of_harm": "parent_carer"}


async def siblings(school: School, kind: str = "sibling") -> tuple[UUID, UUID, str]:
    """Two children of two years, each with a concern, and how they are connected."""
    child = await school.child("Nadia", "Okafor", year_group="7")
    other = await school.child("Robin", "Vale", year_group="9")
    body = {"other_child_id": str(other), "kind": kind}
    deputy = school.api(Role.DEPUTY_DSL)
    made = await created(deputy, f"/v1/children/{child}/relationships", body)
    return child, other, str(made["id"])


async def place(api: Api) -> str:
    """Where a reader of changes stands now."""
    return str((await api.get("/v1/changes")).json()["next"])


async def heard(api: Api, since: str) -> list[str]:
    """The relationships that changes since then tell of."""
    items = (await api.get(f"/v1/changes?since={since}")).json()["items"]
    return [one["about"]["id"] for one in items if one["about"]["kind"] == "relationship"]


async def items_of(api: Api, path: str, **asked: Any) -> list[dict[str, Any]]:
    answer = await api.get(path, params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


class TestSomebodyRelatedToOneOfTheTwo:
    """The lead has an interest in the second child and works with the first."""

    @pytest.fixture
    async def tied(self, school: School) -> tuple[UUID, UUID, str]:
        found = await siblings(school)
        in_conflict(school, school[Role.DSL].id, found[1])
        return found

    async def test_finds_it_in_no_list(self, school: School, tied: tuple[UUID, UUID, str]) -> None:
        child, _, id_ = tied
        path = f"/v1/children/{child}/relationships"
        assert await listed(school.lead, path) == []
        (seen,) = await listed(school.api(Role.DEPUTY_DSL), path)
        assert seen["id"] == id_

    @pytest.mark.parametrize("step", ["confirm", "end"])
    async def test_finds_none_to_change(
        self, school: School, tied: tuple[UUID, UUID, str], step: str
    ) -> None:
        child, _, id_ = tied
        answer = await school.lead.post(
            f"/v1/children/{child}/relationships/{id_}/{step}", version=1
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "relationship_not_found")

    async def test_reads_of_it_in_no_log(
        self, school: School, tied: tuple[UUID, UUID, str]
    ) -> None:
        child, other, id_ = tied
        log = await items_of(school.lead, "/v1/audit")
        assert str(other) not in str(log)
        assert id_ not in str(log)
        assert str(child) in str(log), "the rest of the first child's entries stay"
        path = f"/v1/children/{child}/access-log"
        assert id_ not in str(await items_of(school.lead, path))
        assert id_ in str(await items_of(school.api(Role.HEADTEACHER), path))

    async def test_is_told_of_no_event(self, school: School) -> None:
        child, other, id_ = await siblings(school)
        since = await place(school.lead)
        in_conflict(school, school[Role.DSL].id, other)
        end = f"/v1/children/{child}/relationships/{id_}/end"
        assert (await school.api(Role.DEPUTY_DSL).post(end, version=1)).status_code == 200
        assert await heard(school.lead, since) == []

    async def test_is_told_of_no_brother_or_sister(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, other, _ = await siblings(school)
        await raise_one(school.staff, other, **ROUTINE)
        concern = (await raise_one(school.staff, child, **AT_HOME))["id"]
        agency = await an_agency(school)
        draft = {
            "child_id": str(child), "agency_id": agency, "kind": "childrens_social_care",
            "urgency": "routine", "name_others": {"decided": True, "reason": "One home."},
        }  # fmt: skip
        assert "siblings" in await steps(school.lead, f"/v1/concerns/{concern}")
        assert "Robin" in (await school.lead.post("/v1/referrals", draft)).text
        transfer = await prepared(school, to_school(child, other_school))
        assert [one["child_id"] for one in transfer["siblings"]] == [str(other)]
        in_conflict(school, school[Role.DSL].id, other)
        assert "siblings" not in await steps(school.lead, f"/v1/concerns/{concern}")
        again = await school.lead.post("/v1/referrals", draft)
        assert (again.status_code, "Robin" in again.text) == (201, False)
        now = await school.lead.get(f"/v1/transfers/{transfer['id']}")
        assert now.json()["siblings"] == []
        family = await items_of(school.lead, f"/v1/children/{child}/family-chronology")
        assert {one["child"]["id"] for one in family} == {str(child)}


async def test_a_closed_file_leaves_the_chronology_of_a_family_open(
    world: World, school: School
) -> None:
    """Somebody who opens no file of a pupil who has died reads on about the brother."""
    pastoral = await a_pastoral_member(world, school, "7")
    child, other = await school.child(year_group="7"), await school.child("Bo", year_group="7")
    body = {"other_child_id": str(other), "kind": "sibling"}
    await created(school.lead, f"/v1/children/{child}/relationships", body)
    ids = [(await raise_one(school.staff, one, **ROUTINE))["id"] for one in (child, other)]
    world.sql("update concern set confidentiality = 'K2' where id::text = any(%s)", ids)
    path = f"/v1/children/{child}/family-chronology"
    both = await items_of(pastoral, path)
    assert {one["child"]["id"] for one in both} == {str(child), str(other)}
    await opened(school, other)
    left = await items_of(pastoral, path)
    assert {one["child"]["id"] for one in left} == {str(child)}


class TestSomebodyOfOneCohort:
    """They open the record of one of the two, and the connection is part of both records."""

    @pytest.mark.parametrize("year", ["7", "9"])
    async def test_sees_it_from_the_child_they_work_with(
        self, world: World, school: School, year: str
    ) -> None:
        pastoral = await a_pastoral_member(world, school, year)
        since = await place(pastoral)
        *children, id_ = await siblings(school)
        own, strange = children if year == "7" else children[::-1]
        (seen,) = await listed(pastoral, f"/v1/children/{own}/relationships")
        assert (seen["id"], seen["other_child"]["id"]) == (id_, str(strange))
        answer = await pastoral.get(f"/v1/children/{strange}/relationships")
        assert answer.status_code == 403
        assert await heard(pastoral, since) == [id_]

    async def test_hears_of_none_between_two_others(self, world: World, school: School) -> None:
        pastoral = await a_pastoral_member(world, school, "8")
        since = await place(pastoral)
        await siblings(school)
        assert await heard(pastoral, since) == []
