"""Conflicts of interest: found, named, declared; they lock out everywhere, and work goes round."""

from typing import Any
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.core.words import Role
from app.domain.access.conflicts.commands import find_conflicts
from tests.api.record.test_concerns import a_body, a_triage, raise_one, step
from tests.api.records import a_contact, classify
from tests.rosters import Roster, package
from tests.security.scenes import Scene, soon
from tests.world import Person, School, World

LOCKED = (403, "conflict_of_interest")


async def a_parent(
    school: School, role: Role = Role.DEPUTY_DSL, **fields: Any
) -> tuple[Person, UUID]:
    """A member of staff who is the mother of a child, as a lead enters it and the head confirms."""
    parent, child = school[role], await school.child()
    body = {"kind": "mother", "name": parent.name, "email": parent.email.upper(), **fields}
    answer = await school.lead.post(f"/v1/children/{child}/contacts", body)
    assert answer.status_code == 201, answer.text
    await confirm_all(school, child)
    return parent, child


async def from_roster(world: World, school: School, child: UUID, role: Role) -> None:
    """A roster says that a member of staff is family of a child."""
    contact = {"kind": "aunt_or_uncle", "email": school[role].email}
    await a_contact(world, school, child, **contact)
    async with world.work(school.id) as work:
        await find_conflicts(work)


async def confirm_all(school: School, child: UUID, role: Role | None = None) -> None:
    """The head says that what was found is so, of everybody or of one."""
    asked = {"staff_id": school[role].id} if role else {}
    for one in await live(school, child_id=child, state="suggested", **asked):
        answer = await school.api(Role.HEADTEACHER).post(
            f"/v1/conflicts/{one['id']}/confirm", headers={"If-Match": one["etag"]}
        )
        assert answer.status_code == 200, answer.text


async def live(school: School, **asked: Any) -> list[dict[str, Any]]:
    """Live conflicts, as the head sees them."""
    answer = await school.api(Role.HEADTEACHER).get(
        "/v1/conflicts", params={"state": "open", **{key: str(one) for key, one in asked.items()}}
    )
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["items"]
    return rows


def verbs(world: World, id_: object) -> list[str]:
    rows = world.sql("select verb from trail where noun_id = %s order by seq", id_)
    return [verb for (verb,) in rows]


async def owner_of(world: World, concern: str) -> UUID:
    owner: UUID = world.sql("select owner_id from concern where id = %s", concern)[0][0]
    return owner


def alerted(world: World, concern: str) -> set[UUID]:
    rows = world.sql("select recipient_id from alert where concern_id = %s", concern)
    return {person for (person,) in rows}


class TestFindInTheRoster:
    async def test_knows_a_parent_by_e_mail(self, world: World, school: School) -> None:
        parent, child = await a_parent(school)
        (found,) = await live(school, child_id=child)
        assert (found["kind"], found["person"]["id"]) == ("roster_parent", str(parent.id))
        assert found["contact_id"]
        assert verbs(world, found["id"]) == ["conflict.suggested", "conflict.confirmed"]

    @pytest.mark.parametrize("kind", ["social_worker", "school_nurse", "childminder", "other"])
    async def test_takes_no_professional_for_family(self, school: School, kind: str) -> None:
        _, child = await a_parent(school, kind=kind)
        assert await live(school, child_id=child) == []

    async def test_does_not_begin_twice(self, world: World, school: School) -> None:
        parent, child = await a_parent(school)
        body = {"kind": "carer", "name": "Again", "email": parent.email}
        await school.lead.post(f"/v1/children/{child}/contacts", body)
        assert len(await live(school, child_id=child)) == 1

    async def test_stays_when_the_relation_goes_until_another_person_ends_it(
        self, world: World, school: School
    ) -> None:
        parent, child = await a_parent(school, Role.DSL)
        deputy = school.api(Role.DEPUTY_DSL)
        (contact,) = (await deputy.get(f"/v1/children/{child}/contacts")).json()["items"]
        answer = await deputy.post(
            f"/v1/children/{child}/contacts/{contact['id']}/end", version=contact["etag"].strip('"')
        )
        assert answer.status_code == 200, answer.text
        (doubt,) = await live(school, child_id=child, state="to_confirm")
        assert doubt["permissions"] == ["confirm_conflict", "end_conflict"]
        assert (await school.lead.get(f"/v1/children/{child}")).status_code == 403
        assert verbs(world, doubt["id"]) == ["conflict.found", "conflict.to_confirm"]
        path = f"/v1/conflicts/{doubt['id']}/end"
        assert (await school.lead.post(path, {"reason": "Over."}, version=2)).status_code == 403
        ended = await school.api(Role.HEADTEACHER).post(path, {"reason": "Over."}, version=2)
        assert ended.status_code == 200, ended.text
        assert ended.json()["state"] == "ended"
        assert await live(school, child_id=child) == []
        for state, ids in (("ended", [doubt["id"]]), ("to_confirm", [])):
            found = await live(school, child_id=child, state=state)
            assert [one["id"] for one in found] == ids, state
        assert (await school.lead.get(f"/v1/children/{child}")).status_code == 200
        assert parent.id == school[Role.DSL].id

    async def test_survives_another_address_of_the_contact_or_of_the_lead(
        self, world: World, school: School
    ) -> None:
        lead, child = await a_parent(school, Role.DSL)
        deputy = school.api(Role.DEPUTY_DSL)
        world.sql("update staff set email = 'new.work@example.org' where id = %s", lead.id)
        await deputy.post(f"/v1/children/{child}/contacts", {"kind": "father", "name": "Xi"})
        (found,) = await live(school, child_id=child)
        assert found["state"] == "in_force"
        listed = (await deputy.get(f"/v1/children/{child}/contacts")).json()["items"]
        (contact,) = [one for one in listed if one["kind"] == "mother"]
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            f"/v1/children/{child}/contacts/{contact['id']}", {"email": "other@example.org"},
            version=contact["etag"].strip('"'),
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        (found,) = await live(school, child_id=child)
        assert found["state"] == "to_confirm"
        assert (await school.lead.get(f"/v1/children/{child}")).status_code == 403
        answer = await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/children/{child}/contacts",
            {"kind": "mother", "name": lead.name, "email": lead.email},
        )
        assert answer.status_code == 201, answer.text
        (found,) = await live(school, child_id=child)
        assert found["state"] == "in_force"

    async def test_never_locks_out_every_lead_and_head_by_itself(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        roles = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
        for role in roles:
            await from_roster(world, school, child, role)
        head = school.api(Role.HEADTEACHER)
        for role in roles:
            assert (await school.api(role).get(f"/v1/concerns/{concern}")).status_code == 200, role
        *_, held = sorted(
            await live(school, child_id=child, state="suggested"),
            key=lambda one: one["person"]["id"] == str(school[Role.HEADTEACHER].id),
        )
        told = world.sql(
            "select recipient_id, urgent from alert where kind = 'conflict_found' "
            "and school_id = %s", school.id,
        )  # fmt: skip
        assert {(school[role].id, True) for role in roles} == set(told)
        for role in roles[:2]:
            await confirm_all(school, child, role)
        assert await owner_of(world, concern) == school[Role.HEADTEACHER].id
        confirm, seen = f"/v1/conflicts/{held['id']}/confirm", {"If-Match": held["etag"]}
        refused = await school.lead.post(confirm, headers=seen)
        assert (refused.status_code, refused.json()["code"]) == (409, "nobody_left")
        await school.person(Role.DEPUTY_DSL)
        confirmed = await school.lead.post(confirm, headers=seen)
        assert confirmed.status_code == 200, confirmed.text
        assert confirmed.json()["state"] == "in_force"
        assert (await head.get(f"/v1/concerns/{concern}")).status_code == 404
        again = await school.lead.post(confirm, headers={"If-Match": confirmed.headers["etag"]})
        assert again.status_code == 409

    async def test_does_not_act_by_itself_once_more_people_can_read(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            await from_roster(world, school, child, role)
        await school.person(Role.DEPUTY_DSL)
        async with world.work(school.id) as work:
            await find_conflicts(work)
        assert {one["state"] for one in await live(school, child_id=child)} == {"suggested"}

    async def test_keeps_a_lead_for_a_concern_about_several_children(
        self, world: World, school: School
    ) -> None:
        one, two = await school.child("One"), await school.child("Two")
        concern = (await raise_one(school.staff, one, two))["id"]
        for role, child in (
            (Role.DSL, one), (Role.DEPUTY_DSL, two), (Role.HEADTEACHER, two)
        ):  # fmt: skip
            await from_roster(world, school, child, role)
            if role != Role.HEADTEACHER:
                await confirm_all(school, child, role)
        (held,) = await live(school, state="suggested")
        path = f"/v1/conflicts/{held['id']}/confirm"
        refused = await school.api(Role.HEADTEACHER).post(path, headers={"If-Match": held["etag"]})
        assert (refused.status_code, refused.json()["code"]) == (409, "nobody_left")
        seen = await school.api(Role.HEADTEACHER).get(f"/v1/concerns/{concern}")
        assert seen.status_code == 200
        states = {one["state"] for one in await live(school)}
        assert states == {"in_force", "suggested"}

    async def test_reaches_a_confirmed_sibling_only(self, world: World, school: School) -> None:
        parent, child = await a_parent(school)
        sibling, unconfirmed = await school.child("Bo"), await school.child("Cy")
        for other in (sibling, unconfirmed):
            answer = await school.lead.post(
                f"/v1/children/{child}/relationships",
                {"other_child_id": str(other), "kind": "sibling"},
            )
            assert answer.status_code == 201, answer.text
        world.sql("update relationship set source = 'school' where child_id = %s", child)
        await school.lead.post(f"/v1/children/{child}/contacts", {"kind": "father", "name": "Ty"})
        world.sql(
            "update relationship set confirmed_at = null where other_child_id = %s", unconfirmed
        )
        await school.lead.post(f"/v1/children/{child}/contacts", {"kind": "father", "name": "Xi"})
        (found,) = await live(school, child_id=sibling)
        assert (found["kind"], found["person"]["id"]) == ("roster_relative", str(parent.id))
        (gone,) = await live(school, child_id=unconfirmed)
        assert (gone["state"], gone["ground_gone_at"] is None) == ("suggested", False)

    async def test_reaches_a_child_who_shares_a_contact(self, school: School) -> None:
        _, child = await a_parent(school)
        half = await school.child("Dee")
        for one in (child, half):
            body = {"kind": "father", "name": "Sam Roe", "email": "sam.roe@example.net"}
            await school.lead.post(f"/v1/children/{one}/contacts", body)
        assert [one["kind"] for one in await live(school, child_id=half)] == ["roster_relative"]

    async def test_is_done_when_a_roster_is_applied(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        roster = Roster(school)
        await roster.bring(package("u1,active,,true,s1,student,,,Kim,Marsh,,,,,,g1,7,"))
        child = roster.child("u1")["id"]
        await a_contact(world, school, child, email=teacher.email)
        assert await live(school, child_id=child) == []
        await roster.bring(package("u1,active,,true,s1,student,,,Kim,Marsh-Roe,,,,,,g1,7,"))
        assert [one["person"]["id"] for one in await live(school, child_id=child)] == [
            str(teacher.id)
        ]

    async def test_is_done_when_staff_are_added(self, school: School) -> None:
        child = await school.child()
        body = {"kind": "father", "name": "New Person", "email": "new.person@example.org"}
        await school.lead.post(f"/v1/children/{child}/contacts", body)
        answer = await school.api(Role.SCHOOL_ADMIN).post(
            "/v1/staff", {"name": "New Person", "email": "new.person@example.org", "roles": []}
        )
        assert answer.status_code == 201, answer.text
        assert len(await live(school, child_id=child)) == 1

    async def test_moves_what_the_parent_owns(self, world: World, school: School) -> None:
        deputy, child = school[Role.DEPUTY_DSL], await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        await step(school.lead, concern, "triage", a_triage(deputy.id))
        action = await school.lead.post(
            f"/v1/concerns/{concern}/actions",
            {"what": "Ring", "owner_id": str(deputy.id), "due_at": soon(days=1)},
        )
        body = {"kind": "mother", "name": deputy.name, "email": deputy.email}
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.post(f"/v1/children/{child}/contacts", body)
        assert answer.status_code == 201, answer.text
        assert await owner_of(world, concern) == deputy.id
        await confirm_all(school, child)
        lead = school[Role.DSL].id
        assert await owner_of(world, concern) == lead
        rows = world.sql("select owner_id from action where id = %s", action.json()["id"])
        assert rows == [(lead,)]
        assert "concern.assigned" in verbs(world, concern)

    async def test_only_suggests_by_name_and_phone(self, world: World, school: School) -> None:
        teacher, child = school[Role.STAFF], await school.child()
        world.sql("update staff set phone = '01632 960 123' where id = %s", teacher.id)
        await a_contact(world, school, child, name=teacher.name.upper(), phone="+44 1632 960123")
        await a_contact(world, school, child, name=teacher.name, phone="01632 960124")
        assert await live(school, child_id=child) == []
        (one,) = (await school.lead.get("/v1/conflicts/suggestions")).json()["items"]
        assert (one["person"]["id"], one["child"]["id"]) == (str(teacher.id), str(child))
        body = {
            "child_id": str(child), "staff_id": str(teacher.id), "reason": "Yes, the father.",
            "contact_id": one["contact_id"],
        }  # fmt: skip
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        assert (await school.lead.get("/v1/conflicts/suggestions")).json()["items"] == []


class TestOwnFamily:
    async def test_relates_nobody_to_the_own_child(self, school: School) -> None:
        lead, child = await a_parent(school, Role.DSL)
        other = await school.child("Other")
        answer = await school.lead.post(
            f"/v1/children/{other}/relationships", {"other_child_id": str(child), "kind": "sibling"}
        )
        assert (answer.status_code, answer.json()["code"]) == LOCKED
        assert [one["person"]["id"] for one in await live(school)] == [str(lead.id)]


class TestTheLockOut:
    """A deputy, who sees every concern of classes K2 to K4, is the mother of a child."""

    @pytest.fixture
    async def scene(self, world: World, school: School) -> Scene:
        return Scene(world, school, school[Role.DSL])

    async def test_closes_the_child(self, school: School) -> None:
        parent, child = await a_parent(school)
        api = school.api(parent.role)
        for part in ("", "/contacts", "/relationships", "/statuses", "/chronology"):
            answer = await api.get(f"/v1/children/{child}{part}")
            assert (answer.status_code, answer.json()["code"]) == LOCKED, part
        answer = await api.patch(f"/v1/children/{child}", {"sex": "female"}, version=1)
        assert (answer.status_code, answer.json()["code"]) == LOCKED

    async def test_closes_its_concerns(self, world: World, school: School) -> None:
        parent, child = await a_parent(school)
        other = await school.child("Other")
        concern = (await raise_one(school.staff, other, child))["id"]
        api = school.api(parent.role)
        for part in ("", "/history", "/comments", "/decisions", "/amendments", "/attachments"):
            answer = await api.get(f"/v1/concerns/{concern}{part}")
            assert answer.status_code == 404, part
        for verb, body in (
            ("acknowledge", None), ("comments", {"text": "x"}),
            ("triage", a_triage(parent.id)), ("close", {"outcome": "explained", "reason": "x"}),
        ):  # fmt: skip
            answer = await api.post(f"/v1/concerns/{concern}/{verb}", body, version=1)
            assert answer.status_code == 404, verb
        assert (await api.get("/v1/concerns")).json()["items"] == []
        seen = await api.get(f"/v1/children/{other}/chronology")
        assert seen.status_code == 200
        assert seen.json()["items"] == []

    async def test_leaves_the_own_submission(self, school: School) -> None:
        parent, child = await a_parent(school)
        api = school.api(parent.role)
        concern = (await raise_one(api, child))["id"]
        answer = await api.get(f"/v1/concerns/{concern}")
        assert answer.status_code == 200
        assert "state" not in answer.json()
        assert len((await api.get("/v1/concerns/mine")).json()["items"]) == 1

    async def test_closes_an_action_of_ones_own(self, world: World, school: School) -> None:
        teacher, child = school[Role.STAFF], await school.child()
        concern = (await raise_one(school.lead, child))["id"]
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        made = await school.lead.post(
            f"/v1/concerns/{concern}/actions",
            {"what": "Ring", "owner_id": str(teacher.id), "due_at": soon(days=1)},
        )
        path = f"/v1/actions/{made.json()['id']}"
        await school.lead.post(f"{path}/complete", {"outcome": "Rang"}, version=1)
        assert (await school.staff.get(path)).status_code == 200
        await school.lead.post(f"/v1/concerns/{concern}/named-staff", {"staff_id": str(teacher.id)})
        assert (await school.staff.get(path)).status_code == 404
        every = await school.staff.get("/v1/actions?state=done")
        assert every.json()["items"] == []

    async def test_closes_shares_and_referrals(self, scene: Scene, school: School) -> None:
        share, referral = await scene.share("approved"), await scene.referral("sent")
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/shares/{share}")).status_code == 200
        for table, id_ in (("share", share), ("referral", referral)):
            rows = scene.world.sql(f"select child_id from {table} where id = %s", id_)  # noqa: S608
            body = {
                "child_id": str(rows[0][0]), "staff_id": str(school[Role.DEPUTY_DSL].id),
                "reason": "Her aunt.",
            }  # fmt: skip
            assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        for path in (
            f"/v1/shares/{share}", f"/v1/shares/{share}/preview", f"/v1/shares/{share}/snapshot",
            f"/v1/referrals/{referral}", f"/v1/referrals/{referral}/snapshot",
        ):  # fmt: skip
            assert (await deputy.get(path)).status_code == 404, path
        for path in ("/v1/shares", "/v1/referrals"):
            assert (await deputy.get(path)).json()["items"] == []
            assert len((await school.lead.get(path)).json()["items"]) == 1
        owners = scene.world.sql(
            "select owner_id from share where id = %s union select owner_id from referral "
            "where id = %s", share, referral,
        )  # fmt: skip
        assert owners == [(school[Role.DSL].id,)]

    async def test_closes_what_tells_of_a_concern_that_names_one(
        self, scene: Scene, school: School
    ) -> None:
        share, referral = await scene.share("approved"), await scene.referral("sent")
        deputy = school.api(Role.DEPUTY_DSL)
        for table, id_ in (("share", share), ("referral", referral)):
            rows = scene.world.sql(f"select items, child_id from {table} where id = %s", id_)  # noqa: S608
            items, child = rows[0]
            answer = await school.lead.post(
                f"/v1/concerns/{items[0]['id']}/named-staff",
                {"staff_id": str(school[Role.DEPUTY_DSL].id)},
            )
            assert answer.status_code == 201, answer.text
            seen = await deputy.get(f"/v1/children/{child}/chronology")
            assert seen.json()["items"] == []
        assert (await deputy.get(f"/v1/shares/{share}")).status_code == 404
        assert (await deputy.get(f"/v1/referrals/{referral}")).status_code == 404
        assert (await deputy.get("/v1/shares")).json()["items"] == []
        assert (await deputy.get("/v1/referrals")).json()["items"] == []

    async def test_refuses_new_work(self, world: World, school: School) -> None:
        parent, child = await a_parent(school)
        concern = (await raise_one(school.staff, child))["id"]
        lead = school[Role.DSL].id
        refused = await step(school.lead, concern, "triage", a_triage(parent.id))
        assert refused.json()["code"] == "owner_unsuitable"
        await step(school.lead, concern, "triage", a_triage(lead))
        body = {"owner_id": str(parent.id), "reason": "x"}
        refused = await step(school.lead, concern, "assign", body)
        assert refused.json()["code"] == "owner_unsuitable"
        action = {"what": "Ring", "owner_id": str(parent.id), "due_at": soon(days=1)}
        refused = await school.lead.post(f"/v1/concerns/{concern}/actions", action)
        assert refused.json()["code"] == "action_owner_unsuitable"

    async def test_refuses_a_hand_over(self, world: World, school: School) -> None:
        parent, child = await a_parent(school)
        leaving = await school.person(Role.DSL)
        concern = (await raise_one(school.staff, child))["id"]
        await step(school.lead, concern, "triage", a_triage(leaving.id))
        rows = world.sql("select id from membership where staff_id = %s", leaving.id)
        path = f"/v1/staff/{leaving.id}/memberships/{rows[0][0]}/end"
        head = school.api(Role.HEADTEACHER)
        refused = await head.post(path, {"hand_over_to": str(parent.id)}, version=1)
        assert refused.json()["code"] == "hand_over_unsuitable"
        taken = await head.post(path, {"hand_over_to": str(school[Role.DSL].id)}, version=1)
        assert taken.status_code == 200, taken.text

    async def test_refuses_the_second_signature(self, world: World, school: School) -> None:
        head, child = school[Role.HEADTEACHER], await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id, level=3))
        await step(school.lead, concern, "close", {"outcome": "explained", "reason": "x"})
        body = {"child_id": str(child), "reason": "My niece."}
        assert (await school.api(Role.HEADTEACHER).post("/v1/conflicts", body)).status_code == 201
        version = world.sql("select version from concern where id = %s", concern)[0][0]
        answer = await school.api(Role.HEADTEACHER).post(
            f"/v1/concerns/{concern}/countersign", {"agree": True, "reason": "x"}, version=version
        )
        assert answer.status_code == 404
        assert head.id != school[Role.DSL].id

    async def test_hides_alerts_and_mails_none(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL]
        concern = (await raise_one(school.staff, await school.child()))["id"]
        api = school.api(Role.DEPUTY_DSL)
        assert len((await api.get("/v1/alerts")).json()["items"]) == 1
        await school.staff.post(f"/v1/concerns/{concern}/named-staff", {"staff_id": str(deputy.id)})
        assert (await api.get("/v1/alerts")).json()["items"] == []


class TestRouting:
    async def test_goes_round_a_lead_who_is_the_parent(self, world: World, school: School) -> None:
        parent, child = await a_parent(school, Role.DSL)
        concern = (await raise_one(school.staff, child))["id"]
        assert await owner_of(world, concern) == school[Role.DEPUTY_DSL].id
        assert alerted(world, concern) == {school[Role.DEPUTY_DSL].id}
        assert parent.id not in alerted(world, concern)

    async def test_goes_round_those_it_names(self, world: World, school: School) -> None:
        names = [str(school[role].id) for role in (Role.DSL, Role.DEPUTY_DSL)]
        concern = (await raise_one(school.staff, await school.child(), staff_named=names))["id"]
        head = school[Role.HEADTEACHER].id
        assert await owner_of(world, concern) == head
        assert alerted(world, concern) == {head}
        for role in (Role.DSL, Role.DEPUTY_DSL):
            assert (await school.api(role).get(f"/v1/concerns/{concern}")).status_code == 404
            assert (await school.api(role).get("/v1/concerns")).json()["items"] == []
        kinds = world.sql("select kind from conflict where concern_id = %s", concern)
        assert kinds == [("named",), ("named",)]

    async def test_falls_to_any_other_reader(self, world: World, school: School) -> None:
        names = [str(school[role].id) for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)]
        concern = (await raise_one(school.staff, await school.child(), staff_named=names))["id"]
        pastoral = school[Role.PASTORAL].id
        assert await owner_of(world, concern) == pastoral
        assert alerted(world, concern) == {pastoral}
        answer = await school.api(Role.PASTORAL).get(f"/v1/concerns/{concern}")
        assert answer.json()["state"] == "raised"

    async def test_tells_administrators_where_nobody_may_read(self, world: World) -> None:
        school = await world.a_school((Role.STAFF, Role.DSL, Role.SCHOOL_ADMIN))
        names = [str(school[role].id) for role in (Role.DSL, Role.STAFF)]
        concern = (await raise_one(school.staff, await school.child(), staff_named=names))["id"]
        admin = school[Role.SCHOOL_ADMIN].id
        assert alerted(world, concern) == {admin}
        assert await owner_of(world, concern) == admin

    async def test_refuses_to_name_who_is_not_here(
        self, school: School, other_school: School
    ) -> None:
        body = a_body(await school.child(), staff_named=[str(other_school[Role.DSL].id)])
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/staff_named/0"


class TestNameStaff:
    async def test_moves_ownership_at_once(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL]
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await step(school.lead, concern, "triage", a_triage(deputy.id))
        path = f"/v1/concerns/{concern}/named-staff"
        answer = await school.staff.post(path, {"staff_id": str(deputy.id)})
        assert answer.status_code == 201, answer.text
        assert answer.json()["kind"] == "named"
        assert await owner_of(world, concern) == school[Role.DSL].id
        assert school[Role.DSL].id in alerted(world, concern)
        assert (await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")).status_code == 404
        assert verbs(world, answer.json()["id"]) == ["conflict.declared"]
        again = await school.staff.post(path, {"staff_id": str(deputy.id)})
        assert again.json()["code"] == "conflict_known"

    async def test_moves_a_sealed_one_to_the_head_who_can_break_glass(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await classify(world, concern, "K5")
        await school.staff.post(
            f"/v1/concerns/{concern}/named-staff", {"staff_id": str(school[Role.DSL].id)}
        )
        assert await owner_of(world, concern) == school[Role.HEADTEACHER].id

    async def test_alerts_the_owner_where_nothing_moves(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        await school.staff.post(
            f"/v1/concerns/{concern}/named-staff", {"staff_id": str(school[Role.PASTORAL].id)}
        )
        kinds = world.sql(
            "select kind from alert where concern_id = %s and recipient_id = %s",
            concern, school[Role.DSL].id,
        )  # fmt: skip
        assert ("staff_named",) in kinds

    async def test_never_takes_a_concern_from_every_lead_by_a_reporters_word(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        main = (await raise_one(school.api(Role.HEADTEACHER), child))["id"]
        own = (await raise_one(school.staff, child))["id"]
        await step(school.lead, own, "merge", {"into": main, "reason": "Same."})
        states = []
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            named = await school.staff.post(
                f"/v1/concerns/{own}/named-staff", {"staff_id": str(school[role].id)}
            )
            assert named.status_code == 201, named.text
            states.append(named.json()["state"])
            assert (await school.api(role).get(f"/v1/concerns/{main}")).status_code == 200
        assert states == ["to_confirm", "to_confirm", "suggested"]
        head = school.api(Role.HEADTEACHER)
        assert (await school.lead.get(f"/v1/concerns/{own}")).status_code == 404
        assert (await head.get(f"/v1/concerns/{own}")).status_code == 200
        rows = world.sql(
            "select id, version from conflict where staff_id = %s and concern_id = %s",
            school[Role.DSL].id, own,
        )  # fmt: skip
        ((conflict, version),) = rows
        answer = await head.post(f"/v1/conflicts/{conflict}/confirm", version=version)
        assert answer.status_code == 200, answer.text
        assert (await school.lead.get(f"/v1/concerns/{main}")).status_code == 404

    async def test_holds_for_the_whole_chain_of_merges(self, world: World, school: School) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        concerns = [(await raise_one(school.staff, child))["id"] for _ in range(3)]
        first, second, third = concerns
        await step(school.lead, second, "merge", {"into": first, "reason": "Same."})
        await school.lead.post(f"/v1/concerns/{second}/named-staff", {"staff_id": str(deputy.id)})
        await step(school.lead, third, "merge", {"into": first, "reason": "Same."})
        for concern in concerns:
            answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")
            assert answer.status_code == 404
        (one, *_) = await live(school, concern_id=first)
        ended = await school.lead.post(
            f"/v1/conflicts/{one['id']}/end", {"reason": "Mistaken."}, version=1
        )
        assert ended.status_code == 200, ended.text
        for concern in concerns:
            answer = await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")
            assert answer.status_code == 200

    async def test_tells_a_reporter_nothing_of_what_others_named(
        self, world: World, school: School
    ) -> None:
        """Nobody sees that they are named: not even who reported it, and tries their own name."""
        concern = (await raise_one(school.staff, await school.child()))["id"]
        path, own = f"/v1/concerns/{concern}/named-staff", school[Role.STAFF].id
        for named in (own, school[Role.DEPUTY_DSL].id):
            answer = await school.lead.post(path, {"staff_id": str(named), "reason": "Read so."})
            assert answer.status_code == 201, answer.text
        again = await school.lead.post(path, {"staff_id": str(own)})
        assert (again.status_code, again.json()["code"]) == (409, "conflict_known")
        for named in (own, school[Role.DEPUTY_DSL].id, school[Role.PASTORAL].id):
            answer = await school.staff.post(path, {"staff_id": str(named), "reason": "A guess."})
            assert answer.status_code == 201, answer.text
            assert (answer.json()["state"], answer.json()["reason"]) == ("in_force", "A guess.")
            again = await school.staff.post(path, {"staff_id": str(named)})
            assert again.json()["code"] == "conflict_known"
        (one, *_) = [
            item
            for item in await live(school, concern_id=concern)
            if item["person"]["id"] == str(school[Role.DEPUTY_DSL].id)
        ]
        ended = await school.lead.post(
            f"/v1/conflicts/{one['id']}/end", {"reason": "Mistaken."}, version=1
        )
        assert ended.status_code == 200, ended.text
        assert (await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{concern}")).status_code == 200

    async def test_hides_another_schools_concern(
        self, school: School, other_school: School
    ) -> None:
        concern = (await raise_one(other_school.staff, await other_school.child()))["id"]
        answer = await school.lead.post(
            f"/v1/concerns/{concern}/named-staff", {"staff_id": str(school[Role.STAFF].id)}
        )
        assert answer.status_code == 404


class TestDeclareConflict:
    async def test_locks_oneself_out(self, world: World, school: School) -> None:
        child = await school.child()
        body = {"child_id": str(child), "reason": "My godson."}
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/conflicts", body, key="one")
        assert answer.status_code == 201, answer.text
        again = await school.api(Role.DEPUTY_DSL).post("/v1/conflicts", body, key="one")
        assert again.headers["Idempotency-Replayed"] == "true"
        found = await school.api(Role.DEPUTY_DSL).get(f"/v1/children/{child}")
        assert (found.status_code, found.json()["code"]) == LOCKED
        assert verbs(world, answer.json()["id"]) == ["conflict.declared"]
        known = await school.api(Role.DEPUTY_DSL).post("/v1/conflicts", body)
        assert known.json()["code"] == "conflict_known"

    async def test_says_it_of_others_only_for_who_grants(self, school: School) -> None:
        body = {
            "child_id": str(await school.child()),
            "staff_id": str(school[Role.PASTORAL].id),
            "reason": "His cousin.",
        }
        for role in (Role.STAFF, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN):
            answer = await school.api(role).post("/v1/conflicts", body)
            assert answer.json()["code"] == "permission_missing", role
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201

    async def test_knows_no_child_or_person_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        body = {"child_id": str(await other_school.child()), "reason": "x"}
        assert (await school.lead.post("/v1/conflicts", body)).json()["code"] == "child_not_found"
        body = {
            "child_id": str(await school.child()), "reason": "x",
            "staff_id": str(other_school[Role.STAFF].id),
        }  # fmt: skip
        assert (await school.lead.post("/v1/conflicts", body)).json()["code"] == "staff_not_found"


class TestListConflicts:
    async def test_shows_others_only_to_those_who_decide(self, school: School) -> None:
        parent, _ = await a_parent(school, Role.PASTORAL)
        for role, seen in ((Role.DSL, 1), (Role.HEADTEACHER, 1), (Role.PASTORAL, 1),
                           (Role.STAFF, 0), (Role.DEPUTY_DSL, 0)):  # fmt: skip
            rows = (await school.api(role).get("/v1/conflicts")).json()["items"]
            assert len(rows) == seen, role
        assert parent.role is Role.PASTORAL

    async def test_never_tells_somebody_that_they_are_named(self, school: School) -> None:
        names = [str(school[role].id) for role in (Role.DSL, Role.PASTORAL)]
        await raise_one(school.staff, await school.child(), staff_named=names)
        for role in (Role.DSL, Role.PASTORAL):
            assert (await school.api(role).get("/v1/conflicts")).json()["items"] == []
        assert len((await school.api(Role.HEADTEACHER).get("/v1/conflicts")).json()["items"]) == 2


class TestEndConflict:
    async def path(self, school: School, role: Role = Role.DEPUTY_DSL) -> tuple[str, UUID]:
        _, child = await a_parent(school, role)
        (found,) = await live(school, child_id=child)
        return f"/v1/conflicts/{found['id']}/end", child

    async def test_opens_the_record_again(self, world: World, school: School) -> None:
        path, child = await self.path(school)
        seen = world.version("conflict", path.split("/")[3])
        reason = {"reason": "Another person of that name."}
        answer = await school.lead.post(path, reason, version=seen)
        assert answer.status_code == 200, answer.text
        assert answer.json()["ended_at"]
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/children/{child}")).status_code == 200
        body = {"kind": "father", "name": "Somebody"}
        await school.lead.post(f"/v1/children/{child}/contacts", body)
        assert await live(school, child_id=child) == []  # found again, and known to be wrong
        again = await school.lead.post(path, {"reason": "x"}, version=seen + 1)
        assert again.json()["code"] == "state_conflict"

    async def test_is_never_for_the_person_it_is_about(self, school: School) -> None:
        path, _ = await self.path(school, Role.DSL)
        answer = await school.lead.post(path, {"reason": "Not mine."}, version=1)
        assert answer.json()["code"] == "second_person_needed"
        ended = await school.api(Role.HEADTEACHER).post(path, {"reason": "Checked."}, version=1)
        assert ended.status_code == 200

    async def test_is_for_those_who_decide_on_access(self, school: School) -> None:
        path, _ = await self.path(school)
        for role in (Role.STAFF, Role.DEPUTY_DSL, Role.PASTORAL, Role.SCHOOL_ADMIN):
            answer = await school.api(role).post(path, {"reason": "x"}, version=1)
            assert answer.json()["code"] == "permission_missing", role

    async def test_asks_for_a_recent_proof(self, world: World, school: School) -> None:
        path, _ = await self.path(school)
        world.sql(
            "update auth_session set auth_time = now() - interval '1 hour' where id = %s",
            school[Role.DSL].session_id,
        )
        refused = await school.lead.post(path, {"reason": "x"}, version=1)
        assert refused.json()["code"] == "step_up_needed"

    async def test_finds_none_of_another_school(self, school: School, other_school: School) -> None:
        path, _ = await self.path(other_school)
        assert (await school.lead.post(path, {"reason": "x"}, version=1)).status_code == 404
        unknown = await school.lead.post(
            f"/v1/conflicts/{new_id()}/end", {"reason": "x"}, version=1
        )
        assert unknown.json()["code"] == "conflict_not_found"
