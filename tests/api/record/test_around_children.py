"""The contacts, relationships and statuses of a child."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import Relationship
from tests.world import Api, Person, School, World

TODAY = clock.now().date()


def verbs(world: World, noun_id: object) -> list[str]:
    """What the trail says was done to something, in order."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", str(noun_id))
    return [verb for (verb,) in rows]


async def created(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a POST made."""
    answer = await api.post(path, body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == made["etag"] == '"1"'
    return made


async def listed(api: Api, path: str) -> list[dict[str, Any]]:
    """The rows of a short list."""
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows


async def a_pastoral_member(world: World, school: School, year_group: str) -> Api:
    """A member of the pastoral team who works with one year group."""
    person: Person = await world.a_person(school.id, Role.PASTORAL)
    world.sql(
        "update membership set cohort = %s where staff_id = %s",
        f'{{"year_groups": ["{year_group}"]}}',
        str(person.id),
    )
    return world.as_token(person.token)


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
        assert ended.json()["permissions"] == ["change_contact"], "what bars them, and nothing more"
        assert (await school.lead.post(own, version=2)).status_code == 409
        (seen,) = await listed(school.api(Role.SCHOOL_ADMIN), path)
        assert seen["permissions"] == []
        assert verbs(world, contact["id"]) == ["contact.added", "contact.ended"]


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
        assert ended.json()["valid_to"] == TODAY.isoformat()
        assert (await school.lead.post(own, version=2)).status_code == 409
        assert verbs(world, made["id"]) == ["relationship.added", "relationship.ended"]


def a_plan(**fields: Any) -> dict[str, Any]:
    """A child protection plan."""
    return {
        "kind": "child_protection_plan",
        "detail": "NEG",
        "valid_from": "2026-01-10",
        "source": "Conference minutes",
    } | fields


class TestAddStatus:
    async def test_adds_it_and_tells_the_chronology(self, world: World, school: School) -> None:
        child = await school.child()
        made = await created(
            school.lead,
            f"/v1/children/{child}/statuses",
            a_plan(worker={"name": "Pat Lee"}, review_due="2027-01-10"),
        )
        assert made["confidentiality"] == "K4"
        assert made["worker"] == {"name": "Pat Lee", "role": None, "phone": None}
        assert made["added_by"]["id"] == str(school[Role.DSL].id)
        assert verbs(world, made["id"]) == ["status.added"]
        entries = world.sql(
            "select kind, occurred_at::date, late, confidentiality, author_id from chronology_entry"
            " where child_id = %s",
            child,
        )
        assert entries == [("status", date(2026, 1, 10), True, "K4", school[Role.DSL].id)]

    async def test_is_not_late_on_the_next_day(self, world: World, school: School) -> None:
        child = await school.child()
        yesterday = (clock.now().date() - timedelta(days=1)).isoformat()
        body = {"kind": "early_help", "valid_from": yesterday, "source": "Letter"}
        await created(school.lead, f"/v1/children/{child}/statuses", body)
        rows = world.sql("select late from chronology_entry where child_id = %s", child)
        assert rows == [(False,)]

    async def test_refuses_two_at_once_but_where_a_kind_allows(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        ended = a_plan(valid_to="2026-03-01", end_reason="Stepped down")
        await created(school.lead, path, ended)
        answer = await school.lead.post(path, a_plan(valid_from="2026-02-01"))
        assert (answer.status_code, answer.json()["code"]) == (409, "status_overlaps")
        await created(school.lead, path, a_plan(valid_from="2026-03-01"))
        order = {"kind": "court_order", "valid_from": "2026-01-01", "source": "Seen"}
        await created(school.lead, path, order)
        await created(school.lead, path, order)

    async def test_keeps_one_of_many_added_at_once(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        answers = await asyncio.gather(*(school.lead.post(path, a_plan()) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"valid_to": "2025-01-01", "end_reason": "x"}, "/valid_to"),
            ({"valid_to": "2026-05-01"}, "/end_reason"),
            ({"detail": "X"}, "/detail"),
            ({"detail": None}, "/detail"),
            ({"kind": "x"}, "/kind"),
            ({"confidentiality": "K6"}, "/confidentiality"),
            ({"worker": {"name": ""}}, "/worker/name"),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, school: School, wrong: dict[str, Any], pointer: str
    ) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        answer = await school.lead.post(path, a_plan(**wrong))
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]

    async def test_refuses_a_class_the_writer_cannot_read(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.post(path, a_plan(confidentiality="K5"))).status_code == 403
        await created(deputy, path, a_plan())

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        for role in (Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN, Role.HEADTEACHER):
            assert (await school.api(role).post(path, a_plan())).status_code == 403
        assert (await other_school.lead.post(path, a_plan())).status_code == 404


class TestOpenStatuses:
    async def test_shows_each_reader_the_own_classes(self, world: World, school: School) -> None:
        child = await school.child(year_group="7")
        path = f"/v1/children/{child}/statuses"
        for kind in ("fsm", "early_help", "looked_after", "marac", "mappa_contact"):
            body = {"kind": kind, "valid_from": "2026-01-01", "source": "Letter"}
            await created(school.lead, path, body)
        seen = {
            role: {row["kind"] for row in await listed(school.api(role), path)}
            for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
        }
        assert len(seen[Role.DSL]) == 5
        assert seen[Role.DEPUTY_DSL] == seen[Role.HEADTEACHER] == seen[Role.DSL] - {"mappa_contact"}
        pastoral = await a_pastoral_member(world, school, "7")
        assert {row["kind"] for row in await listed(pastoral, path)} == {"fsm", "early_help"}
        assert (await school.api(Role.SCHOOL_ADMIN).get(path)).status_code == 403
        assert verbs(world, child)[-1] == "child.opened"


class TestChangeStatus:
    async def test_reviews_then_ends_once(self, world: World, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/statuses"
        made = await created(school.lead, path, a_plan())
        own = f"{path}/{made['id']}"
        reviewed = await school.lead.patch(own, {"review_due": "2026-06-01"}, version=1)
        assert reviewed.json()["review_due"] == "2026-06-01"
        end = {"valid_to": "2026-05-01", "end_reason": "Stepped down to child in need"}
        ended = await school.lead.patch(own, end, version=2)
        assert ended.json()["valid_to"] == "2026-05-01"
        for changed in ({"valid_to": None}, {"valid_to": "2026-05-02", "end_reason": "x"}):
            assert (await school.lead.patch(own, changed, version=3)).status_code == 409
        noted = await school.lead.patch(own, {"evidence": "Minutes of 1 May"}, version=3)
        assert noted.status_code == 200
        days = world.sql(
            "select occurred_at::date from chronology_entry where child_id = %s order by 1", child
        )
        assert days == [(date(2026, 1, 10),), (date(2026, 5, 1),)]
        assert verbs(world, made["id"]) == ["status.added", *["status.changed"] * 3]

    async def test_needs_a_reason_and_a_day_after_the_beginning(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        own = f"{path}/{(await created(school.lead, path, a_plan()))['id']}"
        for wrong in ({"valid_to": "2026-05-01"}, {"valid_to": "2026-01-01", "end_reason": "x"}):
            assert (await school.lead.patch(own, wrong, version=1)).status_code == 422

    async def test_refuses_stale_hidden_and_forbidden(
        self, school: School, other_school: School
    ) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        made = await created(school.lead, path, a_plan(confidentiality="K5"))
        own, change = f"{path}/{made['id']}", {"evidence": "x"}
        assert (await school.lead.patch(own, change)).status_code == 428
        assert (await school.lead.patch(own, change, version=4)).status_code == 412
        assert (await school.staff.patch(own, change, version=1)).status_code == 403
        assert (await other_school.lead.patch(own, change, version=1)).status_code == 404
        answer = await school.api(Role.DEPUTY_DSL).patch(own, change, version=1)
        assert (answer.status_code, answer.json()["code"]) == (404, "status_not_found")
