"""Relationships of a child: added, confirmed, ended."""

import asyncio

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import Relationship
from tests.around_children import a_pastoral_member, created, listed, verbs
from tests.world import School, World


class TestAddRelationship:
    async def test_shows_from_both_children(self, world: World, school: School) -> None:
        one, other = await school.child("Ann", "Reed"), await school.child("Bo", "Reed")
        path = f"/v1/children/{one}/relationships"
        made = await created(
            school.lead, path, {"other_child_id": str(other), "kind": "sibling", "note": "Twin?"}
        )
        assert made["other_child"] == {"id": str(other), "name": "Bo Reed"}
        assert made["stated_from"] == "this_child"
        assert made["confirmed_by"]["id"] == str(school[Role.DSL].id)
        mirrored = (await listed(school.lead, f"/v1/children/{other}/relationships"))[0]
        assert mirrored["other_child"] == {"id": str(one), "name": "Ann Reed"}
        assert mirrored["stated_from"] == "other_child"
        assert verbs(world, made["id"]) == ["relationship.added"]

    async def test_refuses_the_same_pair_and_kind_from_either_side(self, school: School) -> None:
        one, other = await school.child("Ann"), await school.child("Bo")
        body = {"other_child_id": str(other), "kind": "sibling"}
        made = await created(school.lead, f"/v1/children/{one}/relationships", body)
        for here, there in ((one, other), (other, one)):
            answer = await school.lead.post(
                f"/v1/children/{here}/relationships",
                {"other_child_id": str(there), "kind": "sibling"},
            )
            assert (answer.status_code, answer.json()["code"]) == (409, "relationship_exists")
        await created(
            school.lead, f"/v1/children/{one}/relationships", {**body, "kind": "household"}
        )
        end = f"/v1/children/{other}/relationships/{made['id']}/end"
        assert (await school.lead.post(end, version=1)).status_code == 200
        await created(school.lead, f"/v1/children/{one}/relationships", body)

    async def test_tells_who_is_alleged_to_have_harmed_whom(self, school: School) -> None:
        one, other = await school.child("Ann"), await school.child("Bo")
        for here, there in ((one, other), (other, one)):
            await created(
                school.lead,
                f"/v1/children/{here}/relationships",
                {"other_child_id": str(there), "kind": "alleged_source_of_harm"},
            )
        rows = await listed(school.lead, f"/v1/children/{one}/relationships")
        assert [row["stated_from"] for row in rows] == ["this_child", "other_child"]

    async def test_hides_an_allegation_from_the_pastoral_team(
        self, world: World, school: School
    ) -> None:
        one, other = await school.child(year_group="7"), await school.child("Bo")
        path = f"/v1/children/{one}/relationships"
        pastoral = await a_pastoral_member(world, school, "7")
        place = (await pastoral.get("/v1/changes")).json()["next"]
        for kind in ("alleged_source_of_harm", "peer"):
            await created(school.lead, path, {"other_child_id": str(other), "kind": kind})
        (shown,) = await listed(pastoral, path)
        assert shown["kind"] == "peer"
        told = (await pastoral.get(f"/v1/changes?since={place}")).json()["items"]
        of = [one["about"]["id"] for one in told if one["about"]["kind"] == "relationship"]
        assert of == [shown["id"]], "an event tells of what the list shows, and no more"

    async def test_refuses_the_same_child_and_another_schools(
        self, school: School, other_school: School
    ) -> None:
        one, foreign = await school.child(), await other_school.child()
        for other, code in ((one, "same_child"), (foreign, "child_not_found")):
            answer = await school.lead.post(
                f"/v1/children/{one}/relationships",
                {"other_child_id": str(other), "kind": "peer"},
            )
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == code

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        one, other = await school.child(), await school.child("Bo")
        path = f"/v1/children/{one}/relationships"
        body = {"other_child_id": str(other), "kind": "peer"}
        for role in (Role.STAFF, Role.SCHOOL_ADMIN, Role.HEADTEACHER):
            assert (await school.api(role).post(path, body)).status_code == 403
        assert (await other_school.lead.post(path, body)).status_code == 404
        assert (await school.api(Role.SCHOOL_ADMIN).get(path)).status_code == 403

    async def test_keeps_one_of_many_stated_at_once(self, school: School) -> None:
        one, other = await school.child("Ann"), await school.child("Bo")
        pairs = [(one, other), (other, one)] * 2
        answers = await asyncio.gather(
            *(
                school.lead.post(
                    f"/v1/children/{here}/relationships",
                    {"other_child_id": str(there), "kind": "sibling"},
                )
                for here, there in pairs
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


class TestConfirmRelationship:
    async def found_in_a_roster(self, world: World, school: School) -> tuple[str, str]:
        one, other = await school.child("Ann"), await school.child("Bo")
        id_ = new_id()
        async with world.work(school.id) as work:
            work.children.add(
                Relationship(
                    school_id=school.id, id=id_, child_id=one, other_child_id=other,
                    kind="shared_address", source="roster", version=1, created_at=clock.now(),
                )
            )  # fmt: skip
            work.record(AuditEvent.RELATIONSHIP_ADDED, "relationship", id_)
        return f"/v1/children/{other}/relationships", str(id_)

    async def test_confirms_once(self, world: World, school: School) -> None:
        path, id_ = await self.found_in_a_roster(world, school)
        row = (await listed(school.lead, path))[0]
        assert row["permissions"] == ["confirm_relationship", "end_relationship"]
        answer = await school.lead.post(f"{path}/{id_}/confirm", version=1)
        assert answer.json()["confirmed_by"]["id"] == str(school[Role.DSL].id)
        assert answer.headers["etag"] == '"2"'
        assert verbs(world, id_)[-1] == "relationship.confirmed"
        assert (await school.lead.post(f"{path}/{id_}/confirm", version=2)).status_code == 409

    async def test_refuses_stale_missing_and_forbidden(
        self, world: World, school: School, other_school: School
    ) -> None:
        path, id_ = await self.found_in_a_roster(world, school)
        assert (await school.lead.post(f"{path}/{id_}/confirm", version=9)).status_code == 412
        assert (await school.staff.post(f"{path}/{id_}/confirm", version=1)).status_code == 403
        assert (await school.lead.post(f"{path}/{new_id()}/confirm", version=1)).status_code == 404
        answer = await other_school.lead.post(f"{path}/{id_}/confirm", version=1)
        assert answer.status_code == 404


class TestEndRelationship:
    async def test_ends_once(self, world: World, school: School) -> None:
        one, other = await school.child("Ann"), await school.child("Bo")
        path = f"/v1/children/{one}/relationships"
        made = await created(school.lead, path, {"other_child_id": str(other), "kind": "peer"})
        own = f"{path}/{made['id']}/end"
        ended = await school.lead.post(own, version=1)
        assert ended.json()["valid_to"] == clock.now().date().isoformat()
        assert (await school.lead.post(own, version=2)).status_code == 409
        assert verbs(world, made["id"]) == ["relationship.added", "relationship.ended"]
