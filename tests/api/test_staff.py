"""Staff, the roles they hold, and what happens to their work when a role ends."""

import asyncio
import base64
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from app.core import clock
from app.core.ids import new_id
from app.core.words import Did, Role
from app.db.models import Action, Concern, Staff
from app.domain.staff import commands, leaving
from tests.api.sharing import a_concern, a_contact, a_share
from tests.world import School, World


def verbs_about(world: World, noun_id: object) -> list[str]:
    """What the trail says was done to something, in order."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", noun_id)
    return [verb for (verb,) in rows]


def jobs_of(world: World, school: School, task: str) -> list[dict[str, Any]]:
    """Arguments of the jobs a school asked for."""
    rows = world.sql(
        "select args from procrastinate_jobs where task_name = %s and args->>'school_id' = %s",
        task,
        str(school.id),
    )
    return [args for (args,) in rows]


def a_body(**fields: Any) -> dict[str, Any]:
    """A new colleague."""
    mark = new_id().hex[-10:]
    return {"name": "Noor Ali", "email": f"noor.{mark}@example.org", "roles": ["staff"]} | fields


async def membership_of(school: School, staff_id: object, role: Role) -> str:
    """The id of a person's membership with a role."""
    found = await school.api(Role.SCHOOL_ADMIN).get(f"/v1/staff/{staff_id}/memberships")
    return next(str(row["id"]) for row in found.json()["items"] if row["role"] == role)


async def end(
    school: School, staff_id: object, role: Role, by: Role = Role.SCHOOL_ADMIN, **body: Any
) -> httpx.Response:
    """End a person's role."""
    membership = await membership_of(school, staff_id, role)
    return await school.api(by).post(f"/v1/staff/{staff_id}/memberships/{membership}/end", body)


async def an_open_concern(
    world: World, school: School, owner: UUID, *, confidentiality: str = "K3"
) -> UUID:
    """A concern in progress, owned by somebody."""
    now, concern_id = clock.now(), new_id()
    async with world.work(school.id) as work:
        work.concerns.add(
            Concern(
                school_id=school.id, id=concern_id, reference=f"C-{concern_id.hex[-8:]}",
                reporter_id=school[Role.STAFF].id, recorded_at=now, occurred_at=now,
                occurred_precision="about", source="observation", immediacy="today",
                reported_categories=["not_sure"], told_already=[], state="in_progress",
                confidentiality=confidentiality, categories=["not_sure"], owner_id=owner,
                due_at=now + timedelta(days=1), changed_at=now,
            )
        )  # fmt: skip
        work.record(Did.CONCERN_RAISED, "concern", concern_id)
    return concern_id


async def an_open_action(world: World, school: School, concern_id: UUID, owner: UUID) -> UUID:
    """Something somebody has to do."""
    now, action_id = clock.now(), new_id()
    async with world.work(school.id) as work:
        work.concerns.add(
            Action(
                school_id=school.id, id=action_id, concern_id=concern_id, what="Phone home",
                owner_id=owner, due_at=now + timedelta(days=1), state="open",
                set_by=school[Role.DSL].id, set_at=now, changed_at=now,
            )
        )  # fmt: skip
        work.record(Did.ACTION_SET, "action", action_id)
    return action_id


class TestListStaff:
    async def test_lists_by_name_page_by_page(self, school: School) -> None:
        await school.person(Role.STAFF, "aaron Ash")
        await school.person(Role.STAFF, "Zoe Zell")
        names: list[str] = []
        path = "/v1/staff?limit=4"
        cursor = ""
        while True:
            page = (await school.staff.get(path + cursor)).json()
            names += [row["name"] for row in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert len(names) == len(school.people) + 2
        assert names == sorted(names, key=str.lower)

    async def test_keeps_names_out_of_the_cursor(self, school: School) -> None:
        answer = await school.staff.get("/v1/staff?limit=1")
        name = answer.json()["items"][0]["name"]
        text = answer.json()["next"]
        assert name.encode() not in base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    async def test_filters_by_name_and_role(self, school: School) -> None:
        person = await school.person(Role.PASTORAL, "Quill 100%_Sure")
        by_name = await school.staff.get("/v1/staff", params={"q": "100%_s"})
        assert [row["id"] for row in by_name.json()["items"]] == [str(person.id)]
        by_role = await school.staff.get("/v1/staff?role=dsl")
        assert [row["id"] for row in by_role.json()["items"]] == [str(school[Role.DSL].id)]
        assert by_role.json()["items"][0]["roles"] == ["dsl"]

    async def test_refuses_unknown_roles_and_parameters(self, school: School) -> None:
        for query in ("role=system", "role=parent", "rôle=dsl", "limit=0"):
            assert (await school.staff.get(f"/v1/staff?{query}")).status_code == 422

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        assert (await school.api(Role.GOVERNOR).get("/v1/staff")).status_code == 403


class TestGetStaff:
    async def test_answers_with_what_may_be_done_next(self, school: School) -> None:
        path = f"/v1/staff/{school[Role.DSL].id}"
        seen_by_admin = await school.api(Role.SCHOOL_ADMIN).get(path)
        seen_by_staff = await school.staff.get(path)
        assert seen_by_admin.json()["email"] == school[Role.DSL].email
        assert "end_membership" in seen_by_admin.json()["permissions"]
        assert seen_by_staff.json()["permissions"] == []

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        answer = await school.staff.get(f"/v1/staff/{other_school[Role.DSL].id}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "staff_not_found"


class TestAddStaff:
    async def test_makes_account_entry_roles_and_invitation(
        self, world: World, school: School
    ) -> None:
        body = a_body(roles=["staff", "deputy_dsl"], job_title="Head of Year 9")
        answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        assert answer.status_code == 201
        staff_id = answer.json()["id"]
        assert answer.headers["Location"] == f"/v1/staff/{staff_id}"
        assert answer.json()["roles"] == ["deputy_dsl", "staff"]
        assert verbs_about(world, staff_id) == ["staff.added", "staff.invited"]
        assert jobs_of(world, school, "account.send_link") == [
            {"school_id": str(school.id), "account_id": staff_id, "purpose": "invitation"}
        ]

    async def test_finds_the_account_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        body = a_body(email=known.email.upper())
        answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        assert answer.status_code == 201
        assert answer.json()["id"] == str(known.id)

    async def test_refuses_an_address_that_is_staff_here(self, school: School) -> None:
        body = a_body(email=school[Role.DSL].email)
        answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        assert answer.status_code == 409
        assert answer.json()["code"] == "staff_exists"

    async def test_replays_with_its_key(self, world: World, school: School) -> None:
        admin, body, key = school.api(Role.SCHOOL_ADMIN), a_body(), str(new_id())
        first = await admin.post("/v1/staff", body, key=key)
        again = await admin.post("/v1/staff", body, key=key)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == first.json()
        assert len(jobs_of(world, school, "account.send_link")) == 1

    async def test_refuses_roles_nobody_can_be_given(self, school: School) -> None:
        for body in (
            a_body(roles=["system"]),
            a_body(roles=["parent"]),
            a_body(roles=["staff", "staff"]),
            a_body(email="not an address"),
            a_body(email="a@b"),
            a_body(email="x\n@example.org"),
            a_body(colour="red"),
        ):
            answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
            assert answer.status_code == 422, body

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        assert (await school.lead.post("/v1/staff", a_body())).status_code == 403


class TestChangeStaff:
    async def test_merges_the_patch_and_leaves_a_trace(self, world: World, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}"
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            path, {"job_title": "Teacher of Maths"}, version=1
        )
        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"2"'
        assert answer.json()["job_title"] == "Teacher of Maths"
        assert answer.json()["name"] == school[Role.STAFF].name
        assert "staff.changed" in verbs_about(world, school[Role.STAFF].id)

    async def test_refuses_stale_missing_and_foreign(
        self, school: School, other_school: School
    ) -> None:
        admin, own = school.api(Role.SCHOOL_ADMIN), f"/v1/staff/{school[Role.STAFF].id}"
        other = f"/v1/staff/{other_school[Role.STAFF].id}"
        assert (await admin.patch(own, {"phone": "1"}, version=4)).status_code == 412
        assert (await admin.patch(own, {"phone": "1"})).status_code == 428
        assert (await admin.patch(own, {"email": "x@y.example"}, version=1)).status_code == 422
        assert (await admin.patch(other, {"phone": "1"}, version=1)).status_code == 404
        assert (await school.lead.patch(own, {"phone": "1"}, version=1)).status_code == 403


class TestListMemberships:
    async def test_shows_past_and_coming_roles(self, school: School) -> None:
        teacher = school[Role.STAFF].id
        coming = (clock.now().date() + timedelta(days=30)).isoformat()
        await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/staff/{teacher}/memberships", {"role": "pastoral", "valid_from": coming}
        )
        answer = await school.staff.get(f"/v1/staff/{teacher}/memberships")
        assert [(row["role"], row["live"]) for row in answer.json()["items"]] == [
            ("pastoral", False),
            ("staff", True),
        ]

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        path = f"/v1/staff/{other_school[Role.STAFF].id}/memberships"
        assert (await school.staff.get(path)).status_code == 404


class TestAddMembership:
    async def test_grants_a_role_with_its_cohort(self, world: World, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        body = {"id": str(new_id()), "role": "pastoral", "cohort": {"year_groups": ["7"]}}
        answer = await school.api(Role.SCHOOL_ADMIN).post(path, body)
        assert answer.status_code == 201
        assert answer.json()["id"] == body["id"]
        assert answer.json()["cohort"] == {"year_groups": ["7"], "registration_groups": []}
        assert answer.json()["valid_from"] == clock.now().date().isoformat()
        assert verbs_about(world, body["id"]) == ["membership.added"]

    async def test_refuses_a_role_held_already(self, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.post(path, {"role": "staff"})
        assert answer.status_code == 409
        assert answer.json()["code"] == "membership_exists"
        past = {"role": "staff", "valid_from": "2020-01-01", "valid_to": "2020-02-01"}
        assert (await admin.post(path, past)).status_code == 201

    async def test_lets_one_of_two_at_once_pass(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF].id
        path = f"/v1/staff/{teacher}/memberships"
        async with world.work(school.id) as work:
            await commands.add_membership(work, commands.AddMembership(teacher, Role.PASTORAL))
            await work.save()
            other = asyncio.create_task(
                school.api(Role.SCHOOL_ADMIN).post(path, {"role": "pastoral"})
            )
            await asyncio.sleep(0.3)
            assert not other.done(), "it did not wait for the first to be committed"
        answer = await other
        assert answer.status_code == 409
        assert answer.json()["code"] == "membership_exists"

    async def test_refuses_a_role_for_oneself(self, school: School) -> None:
        path = f"/v1/staff/{school[Role.SCHOOL_ADMIN].id}/memberships"
        answer = await school.api(Role.SCHOOL_ADMIN).post(path, {"role": "dsl"})
        assert answer.status_code == 403
        assert answer.json()["code"] == "second_person_needed"

    async def test_refuses_an_empty_interval(self, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        body = {"role": "pastoral", "valid_from": "2026-05-02", "valid_to": "2026-05-02"}
        answer = await school.api(Role.SCHOOL_ADMIN).post(path, body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/valid_to"

    async def test_refuses_foreign_people_and_missing_permission(
        self, school: School, other_school: School
    ) -> None:
        foreign = f"/v1/staff/{other_school[Role.STAFF].id}/memberships"
        own = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        admin = school.api(Role.SCHOOL_ADMIN)
        assert (await admin.post(foreign, {"role": "dsl"})).status_code == 404
        assert (await school.lead.post(own, {"role": "dsl"})).status_code == 403
        assert (await admin.post(own, {"role": "system"})).status_code == 422


class TestALeadLearnsOfNewReaders:
    async def test_tells_leads_and_heads(self, world: World, school: School) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        added = await admin.post(
            "/v1/staff",
            {"name": "Sam Vale", "email": "sam.vale@example.org", "roles": ["dsl"]},
        )
        assert added.status_code == 201, added.text
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            tray = (await school.api(role).get("/v1/alerts")).json()["items"]
            assert [one["kind"] for one in tray] == ["role_granted"], role

    async def test_says_nothing_of_a_role_that_reads_no_concerns(self, school: School) -> None:
        await school.api(Role.SCHOOL_ADMIN).post(
            "/v1/staff",
            {"name": "Kim Dale", "email": "kim.dale@example.org", "roles": ["staff"]},
        )
        assert (await school.lead.get("/v1/alerts")).json()["items"] == []


class TestEndMembership:
    async def test_ends_the_role_and_its_sessions_at_once(
        self, world: World, school: School
    ) -> None:
        teacher = school[Role.STAFF]
        membership = await membership_of(school, teacher.id, Role.STAFF)
        answer = await end(school, teacher.id, Role.STAFF)
        assert answer.status_code == 200
        assert answer.json()["live"] is False
        assert date.fromisoformat(answer.json()["valid_to"]) == clock.now().date()
        assert (await school.staff.get("/v1/me")).status_code == 401
        revoked = world.sql(
            "select revoked_because from auth_session where id = %s", teacher.session_id
        )
        assert revoked == [("membership_ended",)]
        assert verbs_about(world, membership) == ["membership.ended"]
        again = await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/staff/{teacher.id}/memberships/{membership}/end", {}
        )
        assert again.status_code == 409
        assert again.json()["code"] == "membership_over"

    async def test_keeps_the_last_lead(self, school: School) -> None:
        answer = await end(school, school[Role.DSL].id, Role.DSL)
        assert answer.status_code == 409
        assert answer.json()["code"] == "last_lead"

    async def test_keeps_one_of_two_leads_who_end_at_once(
        self, world: World, school: School
    ) -> None:
        first, second = school[Role.DSL].id, (await school.person(Role.DSL)).id
        membership = UUID(await membership_of(school, first, Role.DSL))
        async with world.work(school.id) as work:
            await leaving.end_membership(work, leaving.EndMembership(first, membership))
            await work.save()
            other = asyncio.create_task(end(school, second, Role.DSL))
            await asyncio.sleep(0.3)
            assert not other.done(), "it did not wait for the first to be committed"
        answer = await other
        assert answer.status_code == 409
        assert answer.json()["code"] == "last_lead"

    async def test_keeps_the_own_administrator_role(self, school: School) -> None:
        answer = await end(school, school[Role.SCHOOL_ADMIN].id, Role.SCHOOL_ADMIN)
        assert answer.status_code == 409
        assert answer.json()["code"] == "own_admin_membership"

    async def test_refuses_to_orphan_work(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        concern = await an_open_concern(world, school, deputy)
        await an_open_action(world, school, concern, deputy)
        answer = await end(school, deputy, Role.DEPUTY_DSL)
        assert answer.status_code == 409
        assert answer.json()["code"] == "work_would_be_orphaned"
        assert (answer.json()["open_concerns"], answer.json()["open_actions"]) == (1, 1)
        assert (await school.api(Role.DEPUTY_DSL).get("/v1/me")).status_code == 200

    async def test_hands_open_work_over(self, world: World, school: School) -> None:
        deputy, lead = school[Role.DEPUTY_DSL].id, school[Role.DSL].id
        concern = await an_open_concern(world, school, deputy)
        action = await an_open_action(world, school, concern, deputy)
        answer = await end(school, deputy, Role.DEPUTY_DSL, hand_over_to=str(lead))
        assert answer.status_code == 200
        for table, id_ in (("concern", concern), ("action", action)):
            found = world.sql(f"select owner_id, version from {table} where id = %s", id_)  # noqa: S608
            assert found == [(lead, 2)], table
        assert verbs_about(world, concern)[-1] == "concern.assigned"
        assert verbs_about(world, action)[-1] == "action.reassigned"
        kinds = world.sql("select kind from alert where recipient_id = %s order by 1", lead)
        assert kinds == [("action_assigned",), ("concern_assigned",)]
        assert jobs_of(world, school, "alert.send") == [
            {"school_id": str(school.id), "concern_id": str(concern)}
        ]

    async def test_hands_over_shares_and_referrals(self, world: World, school: School) -> None:
        deputy, lead = school[Role.DEPUTY_DSL].id, school[Role.DSL].id
        child = await school.child()
        concern = await a_concern(school, child)
        contact = await a_contact(world, school, child)
        recipient = {"via": "contact", "contact_id": contact}
        drafted = await school.api(Role.DEPUTY_DSL).post(
            "/v1/shares", a_share(child, recipient, concern)
        )
        assert drafted.status_code == 201, drafted.text
        share = drafted.json()["id"]
        refused = await end(school, deputy, Role.DEPUTY_DSL)
        assert refused.json()["open_shares"] == 1
        for receiver, status in ((school[Role.PASTORAL].id, 422), (lead, 200)):
            answer = await end(school, deputy, Role.DEPUTY_DSL, hand_over_to=str(receiver))
            assert answer.status_code == status, answer.text
        assert world.sql("select owner_id from share where id = %s", share) == [(lead,)]
        assert verbs_about(world, share)[-1] == "share.changed"

    async def test_refuses_an_unsuitable_receiver(
        self, world: World, school: School, other_school: School
    ) -> None:
        lead = school[Role.DSL].id
        await school.person(Role.DSL)
        await an_open_concern(world, school, lead, confidentiality="K5")
        for receiver in (
            school[Role.STAFF].id,
            school[Role.DEPUTY_DSL].id,
            lead,
            other_school[Role.DSL].id,
        ):
            answer = await end(school, lead, Role.DSL, hand_over_to=str(receiver))
            assert answer.status_code == 422, receiver
            assert answer.json()["code"] == "hand_over_unsuitable"

    async def test_leaves_work_with_somebody_who_may_go_on(
        self, world: World, school: School
    ) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        concern = await an_open_concern(world, school, deputy)
        await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/staff/{deputy}/memberships", {"role": "pastoral"}
        )
        assert (await end(school, deputy, Role.DEPUTY_DSL)).status_code == 200
        owner = world.sql("select owner_id from concern where id = %s", concern)
        assert owner == [(deputy,)]

    async def test_hides_foreign_and_mismatched_memberships(
        self, school: School, other_school: School
    ) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        foreign = await membership_of(other_school, other_school[Role.STAFF].id, Role.STAFF)
        own = await membership_of(school, school[Role.STAFF].id, Role.STAFF)
        for staff_id, membership in (
            (other_school[Role.STAFF].id, foreign),
            (school[Role.STAFF].id, foreign),
            (school[Role.GOVERNOR].id, own),
        ):
            path = f"/v1/staff/{staff_id}/memberships/{membership}/end"
            assert (await admin.post(path, {})).status_code == 404

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        answer = await end(school, school[Role.STAFF].id, Role.STAFF, by=Role.DSL)
        assert answer.status_code == 403


class TestARoleThatEndsWhileWorkIsGiven:
    async def test_leaves_nobody_with_work_they_cannot_do(
        self, world: World, school: School
    ) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        concern = await an_open_concern(world, school, school[Role.DSL].id)
        body = {"owner_id": str(deputy), "reasons": "Knows the family."}
        path = f"/v1/concerns/{concern}/assign"
        given, ended = await asyncio.gather(
            school.lead.post(path, body, version=1),
            end(school, deputy, Role.DEPUTY_DSL),
        )
        assert (given.status_code, ended.status_code) in ((200, 409), (422, 200))

    async def test_makes_the_giver_wait_for_the_end(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        concern = await an_open_concern(world, school, school[Role.DSL].id)
        async with world.work(school.id) as work:
            assert await work.staff.lock(Staff, deputy) is not None
            body = {"owner_id": str(deputy), "reasons": "Knows the family."}
            path = f"/v1/concerns/{concern}/assign"
            giving = asyncio.create_task(school.lead.post(path, body, version=1))
            await asyncio.sleep(0.3)
            assert not giving.done()
            await work.session.execute(
                text("update membership set valid_to = current_date where staff_id = :id"),
                {"id": deputy},
            )
            work.record(Did.MEMBERSHIP_ENDED, "membership", deputy)
        assert (await giving).json()["code"] == "owner_unsuitable"
