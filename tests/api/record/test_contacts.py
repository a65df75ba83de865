"""Contacts of a child: added, opened, changed, ended."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from tests.around_children import a_pastoral_member, created, listed, verbs
from tests.world import School, World

TODAY = clock.now().date()


class TestAddContact:
    async def test_adds_a_contact_who_may_be_told_by_responsibility(
        self, world: World, school: School
    ) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        contact = await created(
            school.lead,
            path,
            {"kind": "mother", "name": "Jo Marsh", "parental_responsibility": "yes"},
        )
        assert contact["may_be_told"] == {
            "value": True, "derived": True, "reason_code": "parental_responsibility",
            "reason": None,
        }  # fmt: skip
        assert verbs(world, contact["id"]) == ["contact.added"]
        assert await listed(school.lead, path) == [contact]

    async def test_never_merges_two_of_the_same_name(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        for _ in range(2):
            await created(school.lead, path, {"kind": "father", "name": "Sam Marsh"})
        assert len(await listed(school.lead, path)) == 2

    async def test_derives_from_an_order_in_force(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        order = {"kind": "prohibited_steps", "summary": "No steps.", "forbids_telling": True}
        contact = await created(
            school.lead,
            path,
            {
                "kind": "father",
                "name": "Sam",
                "parental_responsibility": "yes",
                "court_orders": [{**order, "ends_on": (TODAY + timedelta(days=9)).isoformat()}],
            },
        )
        assert contact["may_be_told"]["reason_code"] == "court_order"
        assert contact["court_orders"][0]["made_on"] is None

    async def test_lets_an_administrator_add_all_but_the_safeguarding_side(
        self, school: School
    ) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        admin = school.api(Role.SCHOOL_ADMIN)
        contact = await created(admin, path, {"kind": "mother", "name": "Jo"})
        hidden = {
            "may_be_told", "alleged_source_of_harm", "restriction", "court_orders",
            "contact_allowed",
        }  # fmt: skip
        assert not hidden & set(contact)
        assert not hidden & set((await listed(admin, path))[0])
        for field, value in {
            "alleged_source_of_harm": True,
            "contact_allowed": "no",
            "restriction": "x",
            "court_orders": [],
            "may_be_told": None,
        }.items():
            answer = await admin.post(path, {"kind": "mother", "name": "Jo", field: value})
            assert answer.status_code == 403, field

    async def test_needs_a_reason_for_who_may_be_told(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        body = {"kind": "mother", "name": "Jo", "may_be_told": False}
        answer = await school.lead.post(path, body)
        assert answer.json()["errors"][0]["pointer"] == "/may_be_told_reason"
        contact = await created(
            school.lead, path, {**body, "may_be_told_reason": "Asked us not to."}
        )
        assert contact["may_be_told"] == {
            "value": False, "derived": False, "reason_code": "set_by_a_person",
            "reason": "Asked us not to.",
        }  # fmt: skip

    @pytest.mark.parametrize("wrong", [{"kind": "x"}, {"is_parent": "yes"}, {"priority": "1"}])
    async def test_refuses_a_wrong_field(self, school: School, wrong: dict[str, Any]) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        answer = await school.lead.post(path, {"kind": "mother", "name": "Jo", **wrong})
        assert answer.status_code == 422

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        body = {"kind": "mother", "name": "Jo"}
        for role in (Role.STAFF, Role.PASTORAL, Role.HEADTEACHER, Role.GOVERNOR):
            assert (await school.api(role).post(path, body)).status_code == 403
        assert (await other_school.lead.post(path, body)).status_code == 404


class TestOpenContacts:
    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        child = await school.child()
        await listed(school.lead, f"/v1/children/{child}/contacts")
        assert verbs(world, child)[-1] == "child.opened"

    async def test_keeps_to_the_cohort(self, world: World, school: School) -> None:
        path = f"/v1/children/{await school.child(year_group='7')}/contacts"
        assert await listed(await a_pastoral_member(world, school, "7"), path) == []
        other = await a_pastoral_member(world, school, "8")
        assert (await other.get(path)).status_code == 403

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        assert (await school.staff.get(path)).status_code == 403
        assert (await other_school.lead.get(path)).status_code == 404


class TestChangeContact:
    async def test_changes_what_was_sent(self, world: World, school: School) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        contact = await created(
            school.lead,
            path,
            {"kind": "father", "name": "Sam", "parental_responsibility": "yes", "phone": "1"},
        )
        own = f"{path}/{contact['id']}"
        changed = await school.lead.patch(
            own, {"alleged_source_of_harm": True, "phone": None}, version=1
        )
        assert changed.headers["etag"] == changed.json()["etag"] == '"2"'
        assert changed.json()["may_be_told"]["reason_code"] == "alleged_source_of_harm"
        assert changed.json()["phone"] is None
        told = await school.lead.patch(
            own, {"may_be_told": True, "may_be_told_reason": "Agreed with police."}, version=2
        )
        assert told.json()["may_be_told"]["derived"] is False
        back = await school.lead.patch(own, {"may_be_told": None}, version=3)
        assert back.json()["may_be_told"]["derived"] is True
        assert verbs(world, contact["id"]) == ["contact.added", *["contact.changed"] * 3]

    async def test_refuses_stale_foreign_and_forbidden_changes(
        self, school: School, other_school: School
    ) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        contact = await created(school.lead, path, {"kind": "father", "name": "Sam"})
        own = f"{path}/{contact['id']}"
        assert (await school.lead.patch(own, {"phone": "1"})).status_code == 428
        assert (await school.lead.patch(own, {"phone": "1"}, version=2)).status_code == 412
        assert (await school.staff.patch(own, {"phone": "1"}, version=1)).status_code == 403
        assert (await other_school.lead.patch(own, {"phone": "1"}, version=1)).status_code == 404
        admin = school.api(Role.SCHOOL_ADMIN)
        assert (await admin.patch(own, {"restriction": None}, version=1)).status_code == 403
        elsewhere = f"/v1/children/{await school.child('Bo')}/contacts/{contact['id']}"
        answer = await school.lead.patch(elsewhere, {"phone": "1"}, version=1)
        assert (answer.status_code, answer.json()["code"]) == (404, "contact_not_found")


class TestEndContact:
    async def test_ends_once_and_keeps_the_row(self, world: World, school: School) -> None:
        path = f"/v1/children/{await school.child()}/contacts"
        contact = await created(
            school.lead, path, {"kind": "father", "name": "S", "parental_responsibility": "yes"}
        )
        own = f"{path}/{contact['id']}/end"
        assert (await school.lead.post(own)).status_code == 428
        ended = await school.lead.post(own, version=1)
        assert ended.json()["valid_to"] == TODAY.isoformat()
        assert ended.json()["may_be_told"]["reason_code"] == "ended"
        assert ended.json()["permissions"] == ["update_contact"], "what bars them, and nothing more"
        assert (await school.lead.post(own, version=2)).status_code == 409
        (seen,) = await listed(school.api(Role.SCHOOL_ADMIN), path)
        assert seen["permissions"] == []
        assert verbs(world, contact["id"]) == ["contact.added", "contact.ended"]
