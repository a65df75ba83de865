"""`permissions` leave out what is refused because of what stands elsewhere.

Each opening is asked, then its door: what is not promised is refused, what is promised is let in.
"""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Permission, Role
from tests.api.access.test_conflicts_confirmed import judge, the_one, typed
from tests.api.record.test_concerns import raise_one
from tests.api.records import classify
from tests.exports import a_key, approve, ordered
from tests.past import Past, csv_of, row, upn
from tests.world import Api, School, World


@pytest.fixture
async def past(school: School) -> Past:
    return Past(school)


async def promised(api: Api, path: str) -> list[str]:
    """What somebody is promised of a record."""
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["permissions"]
    return found


async def related(past: Past, child: UUID, role: Role) -> None:
    body = {"child_id": str(child), "reason": "My niece."}
    answer = await past.school.api(role).post("/v1/conflicts", body)
    assert answer.status_code == 201, answer.text


class TestOfPastImports:
    async def test_approve_none_that_another_overtook(self, past: Past) -> None:
        await past.child(1)
        first = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        path = f"/v1/imports/{first['id']}"
        assert "approve_past_import" in await promised(past.lead, path)
        await past.bring(csv_of(row("1", f"upn:{upn(1)}", text="Without shoes.")))
        assert "approve_past_import" not in await promised(past.lead, path)
        assert (await past.approve(first["id"])).json()["code"] == "import_overtaken"

    async def test_approve_and_undo_none_of_a_related_child(self, past: Past) -> None:
        child, deputy = await past.child(1), past.school[Role.DEPUTY_DSL]
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        path, api = f"/v1/imports/{found['id']}", past.school.api(Role.DEPUTY_DSL)
        assert "approve_past_import" in await promised(api, path)
        await related(past, child, Role.DEPUTY_DSL)
        assert "approve_past_import" not in await promised(api, path)
        refused = await past.approve(found["id"], deputy)
        assert refused.json()["code"] == "conflict_of_interest"
        assert "approve_past_import" in await promised(past.lead, path)
        assert (await past.approve(found["id"])).status_code == 200
        await past.apply(found["id"])
        assert "undo_past_import" not in await promised(api, path)
        undo = await api.post(
            f"{path}/undo", {"reason": "Wrong."}, version=past.version(found["id"])
        )
        assert undo.json()["code"] == "conflict_of_interest"
        assert await promised(past.lead, path) == ["undo_past_import"]
        await past.undo(found["id"])


class TestOfSchoolExports:
    async def test_approve_none_where_nobody_reads_every_class(
        self, world: World, school: School
    ) -> None:
        other = Api(world, (await school.person(Role.HEADTEACHER, "Another Head")).token)
        found = await ordered(school.api(Role.HEADTEACHER))
        path = f"/v1/exports/{found['id']}"
        assert "approve_school_export" not in await promised(other, path)
        assert (await approve(other, found["id"])).json()["code"] == "sealed_not_read"
        assert "approve_school_export" in await promised(school.lead, path)
        gone = "update staff set suspended_at = now() where id = %s"
        world.sql(gone, school[Role.HEADTEACHER].id)
        assert "approve_school_export" in await promised(other, path), "as the first of two"
        first = await approve(other, found["id"])
        assert (first.status_code, len(first.json()["approvals"])) == (200, 1)
        assert "approve_school_export" in await promised(school.lead, path)
        assert (await approve(school.lead, found["id"])).json()["state"] == "approved"

    async def test_approve_none_of_a_key_of_ones_own(self, world: World, school: School) -> None:
        found = await ordered(await a_key(world, school, Permission.SCHOOL_EXPORT))
        key, maker = found["ordered_by"]["id"], school[Role.HEADTEACHER].id
        world.sql("update service_key set created_by = %s where id = %s", maker, key)
        head, path = school.api(Role.HEADTEACHER), f"/v1/exports/{found['id']}"
        (one,) = (await head.get("/v1/exports")).json()["items"]
        for offered in (one["permissions"], await promised(head, path)):
            assert "approve_school_export" not in offered
        assert (await approve(head, found["id"])).json()["code"] == "second_person_needed"
        assert "approve_school_export" in await promised(school.lead, path)
        assert (await approve(school.lead, found["id"])).status_code == 200


class TestOfConflicts:
    async def offered(self, api: Api, conflict: str) -> list[str]:
        items = (await api.get("/v1/conflicts")).json()["items"]
        (found,) = (one["permissions"] for one in items if one["id"] == conflict)
        return list(found)

    @pytest.mark.parametrize("verb", ["confirm", "end"])
    async def test_decide_none_whose_grounds_one_typed(
        self, world: World, school: School, verb: str
    ) -> None:
        child = await school.child()
        await typed(school, child, Role.DEPUTY_DSL, by=Role.DSL)
        one, head = await the_one(school, child), school.api(Role.HEADTEACHER)
        assert await self.offered(school.lead, one["id"]) == []
        refused = await judge(world, school.lead, one["id"], verb)
        assert refused == (403, "second_person_needed")
        assert await self.offered(head, one["id"]) == ["confirm_conflict", "end_conflict"]
        assert (await judge(world, head, one["id"], verb))[0] == 200

    async def test_decide_none_whose_contact_one_wrote_again(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        contact = await typed(school, child, Role.DEPUTY_DSL)
        one = await the_one(school, child)
        assert await self.offered(school.lead, one["id"]) == ["confirm_conflict", "end_conflict"]
        path = f"/v1/children/{child}/contacts/{contact}"
        assert (await school.lead.patch(path, {"kind": "mother"}, version=1)).is_success
        assert await self.offered(school.lead, one["id"]) == []
        refused = await judge(world, school.lead, one["id"])
        assert refused == (403, "second_person_needed")


class TestOfBrokenGlass:
    async def test_review_none_while_a_reader_is_left(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await classify(world, concern, "K5")
        body = {"concern_id": concern, "reason": "She is missing since noon today."}
        made = await school.api(Role.DEPUTY_DSL).post("/v1/access/break-glass", body)
        assert made.status_code == 201, made.text
        path, head = f"/v1/access/break-glass/{made.json()['id']}", school.api(Role.HEADTEACHER)
        review: dict[str, Any] = {"outcome": "justified", "note": "Yes."}
        assert "review_break_glass" not in await promised(head, path)
        refused = await head.post(f"{path}/review", review, version=1)
        assert refused.json()["code"] == "second_person_needed"
        assert "review_break_glass" in await promised(school.lead, path)
        lead = "update membership set valid_to = valid_from where staff_id = %s"
        world.sql(lead, school[Role.DSL].id)
        assert "review_break_glass" in await promised(head, path)
        assert (await head.post(f"{path}/review", review, version=1)).status_code == 200
