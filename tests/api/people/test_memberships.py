"""The roles people hold here, and what happens to their work when one ends."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.ids import made_by, new_id
from app.core.words import AuditEvent, Role
from app.db.models import AccessGrant, Membership, Staff
from app.domain.people.memberships import commands
from app.domain.people.memberships.schemas import MembershipIn
from tests.api.records import a_concern, a_contact, a_share
from tests.api.staffing import (
    an_open_action,
    an_open_concern,
    end,
    grant,
    membership_of,
    verbs_about,
)
from tests.world import EVERY_ROLE, School, World


async def roles_on(school: School, staff_id: UUID, day: date) -> list[str]:
    """The roles a person holds on a day."""
    async with school.world.work(school.id) as work:
        held = await work.staff.memberships_from(staff_id, day)
    return sorted(one.role for one in held if one.valid_from <= day)


class TestListMemberships:
    async def test_shows_past_and_coming_roles(self, school: School) -> None:
        teacher = school[Role.STAFF].id
        coming = (clock.now().date() + timedelta(days=30)).isoformat()
        assert (await grant(school, teacher, "governor", valid_from=coming)).status_code == 201
        answer = await school.staff.get(f"/v1/staff/{teacher}/memberships")
        assert [(row["role"], row["live"]) for row in answer.json()["items"]] == [
            ("governor", False),
            ("staff", True),
        ]

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        path = f"/v1/staff/{other_school[Role.STAFF].id}/memberships"
        assert (await school.staff.get(path)).status_code == 404


class TestAddMembership:
    async def test_grants_a_role_with_its_cohort(self, world: World, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        body = {"id": str(new_id()), "role": "pastoral", "cohort": {"year_groups": ["7"]}}
        answer = await school.lead.post(path, body)
        assert answer.status_code == 201
        id_ = str(made_by(school[Role.DSL].id, UUID(str(body["id"]))))
        assert answer.json()["id"] == id_
        assert answer.json()["cohort"] == {"year_groups": ["7"], "registration_groups": []}
        assert answer.json()["valid_from"] == clock.now().date().isoformat()
        assert verbs_about(world, id_) == ["membership.added"]

    async def test_refuses_a_role_held_already(self, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.post(path, {"role": "staff"})
        assert answer.status_code == 409
        assert answer.json()["code"] == "membership_exists"

    async def test_refuses_to_begin_in_the_past(self, school: School) -> None:
        yesterday = (clock.now().date() - timedelta(days=1)).isoformat()
        answer = await grant(school, school[Role.STAFF].id, "governor", valid_from=yesterday)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/valid_from"

    async def test_holds_for_the_time_it_was_given_and_no_longer(self, school: School) -> None:
        today = clock.now().date()
        teacher = school[Role.STAFF]
        until = (today + timedelta(days=7)).isoformat()
        given = await grant(school, teacher.id, "governor", valid_to=until)
        assert given.json()["live"] is True
        assert given.json()["valid_to"] == until
        path = f"/v1/staff/{teacher.id}"
        with clock.shifted(timedelta(minutes=10)):
            assert (await school.staff.get(path)).json()["roles"] == ["governor", "staff"]
        for days, roles in ((6, ["governor", "staff"]), (7, ["staff"])):
            with clock.shifted(timedelta(days=days)):
                api = school.world.as_token(school.world.token_of(teacher))
                world_says = await roles_on(school, teacher.id, today + timedelta(days=days))
                assert world_says == roles
                assert (await api.get(path)).status_code == 401

    async def test_lets_one_of_two_at_once_pass(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF].id
        path = f"/v1/staff/{teacher}/memberships"
        async with world.work(school.id) as work:
            await commands.add_membership(work, teacher, MembershipIn(role="pastoral"))
            await work.save()
            other = asyncio.create_task(school.lead.post(path, {"role": "pastoral"}))
            await asyncio.sleep(0.3)
            assert not other.done(), "it did not wait for the first to be committed"
        answer = await other
        assert answer.status_code == 409
        assert answer.json()["code"] == "membership_exists"

    async def test_refuses_a_role_for_oneself(self, school: School) -> None:
        for by, role in ((Role.SCHOOL_ADMIN, "governor"), (Role.DSL, "deputy_dsl")):
            answer = await grant(school, school[by].id, role, by)
            assert answer.status_code == 403
            assert answer.json()["code"] == "second_person_needed"

    async def test_refuses_an_empty_interval(self, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        day = (clock.now().date() + timedelta(days=9)).isoformat()
        body = {"role": "governor", "valid_from": day, "valid_to": day}
        answer = await school.api(Role.SCHOOL_ADMIN).post(path, body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/valid_to"

    async def test_refuses_foreign_people_and_missing_permission(
        self, school: School, other_school: School
    ) -> None:
        foreign = f"/v1/staff/{other_school[Role.STAFF].id}/memberships"
        own = f"/v1/staff/{school[Role.STAFF].id}/memberships"
        admin = school.api(Role.SCHOOL_ADMIN)
        assert (await admin.post(foreign, {"role": "governor"})).status_code == 404
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.post(own, {"role": "governor"})).status_code == 403
        unknown = await admin.post(own, {"role": "system"})
        assert unknown.status_code == 422
        assert unknown.json()["errors"][0]["pointer"] == "/role"
        assert (await admin.post(own, {"role": "System!"})).status_code == 422


GIVES = {
    Role.SCHOOL_ADMIN: {
        "staff", "governor", "trust_lead", "school_admin",
    },
    Role.DSL: {"staff", "pastoral", "deputy_dsl", "dsl", "governor", "trust_lead"},
    Role.HEADTEACHER: {"staff", "pastoral", "governor", "trust_lead"},
}  # fmt: skip


class TestNobodyGrantsWhatTheyDoNotHold:
    @pytest.mark.parametrize("by", GIVES)
    async def test_gives_only_roles_within_the_own(self, school: School, by: Role) -> None:
        """Written out here, so that a change of the policy shows."""
        newcomer = (await school.person(Role.STAFF)).id
        for role in EVERY_ROLE:
            answer = await grant(school, newcomer, role.value, by)
            if role.value not in GIVES[by]:
                assert answer.status_code == 403, role
                assert answer.json()["code"] == "grant_exceeds_own"
            else:
                assert answer.status_code == (409 if role is Role.STAFF else 201), answer.text

    async def test_names_what_is_missing(self, school: School) -> None:
        answer = await grant(school, school[Role.STAFF].id, "deputy_dsl")
        missing = set(answer.json()["missing"])
        assert {"concern:read", "class:K4"} <= missing
        assert "child:search" not in missing

    async def test_counts_no_grant_for_one_record(self, world: World, school: School) -> None:
        """Sight of one record, given for a while, cannot be passed on as a role."""
        admin = school[Role.SCHOOL_ADMIN]
        child = await school.child()
        now = clock.now()
        async with world.work(school.id) as work:
            work.staff.add(
                AccessGrant(
                    school_id=school.id, id=new_id(), kind="grant", staff_id=admin.id,
                    child_id=child, classes=["K3"], reason="For a while.",
                    granted_by=school[Role.DSL].id, valid_from=now,
                    valid_to=now + timedelta(hours=1), created_at=now,
                )
            )  # fmt: skip
            work.record(AuditEvent.ACCESS_GRANTED, "access_grant", child)
        await school.role("reader", "concern:read")
        answer = await grant(school, school[Role.STAFF].id, "reader")
        assert answer.status_code == 403
        assert answer.json()["missing"] == ["concern:read"]

    async def test_lets_a_lead_appoint_and_end_a_deputy(self, school: School) -> None:
        teacher = school[Role.STAFF].id
        assert (await grant(school, teacher, "deputy_dsl", Role.DSL)).status_code == 201
        assert (await end(school, teacher, Role.DEPUTY_DSL)).status_code == 200

    async def test_asks_for_a_recent_proof_of_identity(self, world: World, school: School) -> None:
        world.sql(
            "update auth_session set auth_time = now() - interval '2 hours' where id = %s",
            school[Role.SCHOOL_ADMIN].session_id,
        )
        answer = await grant(school, school[Role.STAFF].id, "governor")
        assert answer.status_code == 401
        assert answer.json()["code"] == "step_up_needed"


class TestALeadLearnsOfNewReaders:
    async def test_tells_leads_and_heads(self, world: World, school: School) -> None:
        given = await grant(school, school[Role.STAFF].id, "deputy_dsl", Role.DSL)
        assert given.status_code == 201, given.text
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            inbox = (await school.api(role).get("/v1/alerts")).json()["items"]
            assert [one["kind"] for one in inbox] == ["role_granted"], role

    async def test_says_nothing_of_a_role_that_reads_no_concerns(self, school: School) -> None:
        await school.api(Role.SCHOOL_ADMIN).post(
            "/v1/staff",
            {"name": "Kim Dale", "email": "kim.dale@example.org", "roles": ["staff"]},
        )
        assert (await school.lead.get("/v1/alerts")).json()["items"] == []


class TestHeadsAndChairs:
    """They judge each other, so the operator alone gives and ends their roles."""

    @pytest.mark.parametrize("by", [Role.HEADTEACHER, Role.DSL, Role.SCHOOL_ADMIN])
    @pytest.mark.parametrize("role", [Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS])
    async def test_are_made_and_ended_by_nobody_in_the_school(
        self, school: School, by: Role, role: Role
    ) -> None:
        other = await school.person(role)
        ended = await end(school, other.id, role, by)
        assert (ended.status_code, ended.json()["code"]) == (403, "role_protected")
        given = await grant(school, school[Role.STAFF].id, role.value, by)
        assert given.json()["code"] == "grant_exceeds_own"
        assert "operator" in given.json()["missing"]

    @pytest.mark.parametrize("role", [Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS])
    async def test_are_changed_under_the_eyes_of_the_others(
        self, world: World, school: School, role: Role
    ) -> None:
        teacher = school[Role.STAFF].id
        async with world.work(school.id) as work:
            await commands.add_membership(work, teacher, MembershipIn(role=role.value))
        membership = UUID(await membership_of(school, teacher, role))
        async with world.work(school.id) as work:
            await commands.end_membership(work, commands.EndMembership(teacher, membership))
        for told in (Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN):
            rows = world.sql(
                "select kind from alert where recipient_id = %s order by id", school[told].id
            )
            assert rows == [("role_granted",), ("role_ended",)], told


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
        path = f"/v1/staff/{teacher.id}/memberships/{membership}/end"
        again = await school.lead.post(path, {}, version=2)
        assert again.status_code == 409
        assert again.json()["code"] == "membership_over"

    async def test_keeps_the_last_lead(self, school: School) -> None:
        answer = await end(school, school[Role.DSL].id, Role.DSL, Role.HEADTEACHER)
        assert answer.status_code == 409
        assert answer.json()["code"] == "last_lead"
        assert answer.json()["first_day_without"] == clock.now().date().isoformat()

    async def test_keeps_one_of_two_leads_who_end_at_once(
        self, world: World, school: School
    ) -> None:
        first, second = school[Role.DSL].id, (await school.person(Role.DSL)).id
        membership = UUID(await membership_of(school, first, Role.DSL))
        async with world.work(school.id) as work:
            await commands.end_membership(work, commands.EndMembership(first, membership))
            await work.save()
            other = asyncio.create_task(end(school, second, Role.DSL, Role.HEADTEACHER))
            await asyncio.sleep(0.3)
            assert not other.done(), "it did not wait for the first to be committed"
        answer = await other
        assert answer.status_code == 409
        assert answer.json()["code"] == "last_lead"

    async def test_keeps_the_own_administrator_role(self, school: School) -> None:
        admin = school[Role.SCHOOL_ADMIN].id
        answer = await end(school, admin, Role.SCHOOL_ADMIN, Role.SCHOOL_ADMIN)
        assert answer.status_code == 409
        assert answer.json()["code"] == "own_admin_membership"

    async def test_refuses_to_orphan_work(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        concern = await an_open_concern(world, school, deputy)
        await an_open_action(world, school, concern, deputy)
        answer = await end(school, deputy, Role.DEPUTY_DSL)
        assert answer.status_code == 409
        assert answer.json()["code"] == "work_would_be_orphaned"
        assert "hand_over_to" in answer.json()["detail"]
        assert (answer.json()["open_concerns"], answer.json()["open_actions"]) == (1, 1)
        assert (await school.api(Role.DEPUTY_DSL).get("/v1/me")).status_code == 200

    async def test_hands_open_work_over(self, world: World, school: School) -> None:
        deputy, lead = school[Role.DEPUTY_DSL].id, school[Role.DSL].id
        concern = await an_open_concern(world, school, deputy)
        action = await an_open_action(world, school, concern, deputy)
        answer = await end(
            school, deputy, Role.DEPUTY_DSL, Role.HEADTEACHER, hand_over_to=str(lead)
        )
        assert answer.status_code == 200
        for table, id_ in (("concern", concern), ("action", action)):
            found = world.sql(f"select owner_id, version from {table} where id = %s", id_)  # noqa: S608
            assert found == [(lead, 2)], table
        assert verbs_about(world, concern)[-1] == "concern.assigned"
        assert verbs_about(world, action)[-1] == "action.reassigned"
        kinds = world.sql("select kind from alert where recipient_id = %s order by 1", lead)
        assert kinds == [("action_assigned",), ("concern_assigned",)]
        mail = world.sql("select distinct mail from alert where recipient_id = %s", lead)
        assert mail == [("digest",)]

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
        named = (await school.person(Role.DSL)).id
        answer = await school.lead.post(
            f"/v1/concerns/{concern}/named-staff", {"staff_id": str(named), "reason": "Was there."}
        )
        assert answer.status_code == 201, answer.text
        unfit = ((school[Role.PASTORAL].id, 422), (named, 422))
        for receiver, status in (*unfit, (lead, 200)):
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
            answer = await end(school, lead, Role.DSL, Role.HEADTEACHER, hand_over_to=str(receiver))
            assert answer.status_code == 422, receiver
            assert answer.json()["code"] == "hand_over_unsuitable"

    async def test_leaves_work_with_somebody_who_may_go_on(
        self, world: World, school: School
    ) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        concern = await an_open_concern(world, school, deputy)
        await grant(school, deputy, "pastoral", Role.DSL)
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
            assert (await admin.post(path, {}, version=1)).status_code == 404

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        answer = await end(school, school[Role.STAFF].id, Role.STAFF, Role.DEPUTY_DSL)
        assert answer.status_code == 403
        assert answer.json()["code"] == "permission_missing"

    async def test_keeps_administrators_from_silencing_safeguarding(self, school: School) -> None:
        await school.person(Role.DSL)
        for role in (
            Role.DSL, Role.DEPUTY_DSL, Role.PASTORAL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS,
        ):  # fmt: skip
            answer = await end(school, school[role].id, role, Role.SCHOOL_ADMIN)
            assert answer.status_code == 403, role
            assert answer.json()["code"] == "role_protected"
        lesser = await end(school, school[Role.STAFF].id, Role.STAFF, Role.SCHOOL_ADMIN)
        assert lesser.status_code == 200

    async def test_keeps_leads_from_ending_what_they_could_not_give(self, school: School) -> None:
        admin = school[Role.SCHOOL_ADMIN].id
        answer = await end(school, admin, Role.SCHOOL_ADMIN, Role.DSL)
        assert answer.status_code == 403
        assert answer.json()["code"] == "role_protected"

    async def test_can_end_a_role_on_a_day_to_come(self, school: School) -> None:
        deputy, day = school[Role.DEPUTY_DSL], clock.now().date() + timedelta(days=30)
        answer = await end(school, deputy.id, Role.DEPUTY_DSL, on=day.isoformat())
        assert answer.status_code == 200, answer.text
        assert answer.json()["valid_to"] == day.isoformat()
        assert answer.json()["live"] is True
        assert (await school.api(Role.DEPUTY_DSL).get("/v1/me")).status_code == 200
        later = day + timedelta(days=1)
        for wrong in (later, clock.now().date() - timedelta(days=1)):
            refused = await end(school, deputy.id, Role.DEPUTY_DSL, on=wrong.isoformat())
            assert refused.status_code == 422


class TestTheLastLead:
    async def test_is_not_given_an_end(self, school: School) -> None:
        day = clock.now().date() + timedelta(days=30)
        lead = school[Role.DSL].id
        answer = await end(school, lead, Role.DSL, Role.HEADTEACHER, on=day.isoformat())
        assert answer.json()["code"] == "last_lead"
        assert answer.json()["first_day_without"] == day.isoformat()

    async def test_is_not_replaced_by_one_whose_time_is_up_earlier(self, school: School) -> None:
        today = clock.now().date()
        until = (today + timedelta(days=10)).isoformat()
        other = (await school.person(Role.STAFF)).id
        assert (await grant(school, other, "dsl", Role.DSL, valid_to=until)).status_code == 201
        lead = school[Role.DSL].id
        answer = await end(school, lead, Role.DSL, Role.HEADTEACHER)
        assert answer.json()["code"] == "last_lead"
        assert answer.json()["first_day_without"] == until
        again = await grant(school, other, "dsl", Role.DSL, valid_from=until)
        assert again.status_code == 201, again.text
        assert (await end(school, lead, Role.DSL, Role.HEADTEACHER)).status_code == 200

    async def test_is_not_replaced_by_one_who_has_not_joined(
        self, world: World, school: School
    ) -> None:
        other = (await school.person(Role.DSL)).id
        world.sql("update staff set accepted_at = null where id = %s", other)
        answer = await end(school, school[Role.DSL].id, Role.DSL, Role.HEADTEACHER)
        assert answer.json()["code"] == "last_lead"
        assert (await end(school, other, Role.DSL, Role.HEADTEACHER)).status_code == 200

    async def test_stays_when_two_leads_end_each_other_at_once(self, school: School) -> None:
        first, second = school[Role.DSL], await school.person(Role.DSL)
        paths = [
            f"/v1/staff/{one.id}/memberships/{await membership_of(school, one.id, Role.DSL)}/end"
            for one in (first, second)
        ]
        apis = (school.world.as_token(second.token), school.lead)
        answers = await asyncio.gather(
            *(api.post(path, {}, version=1) for api, path in zip(apis, paths, strict=True))
        )
        # One of them may find their own session ended by the other before they begin.
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 401])
        left = await school.api(Role.HEADTEACHER).get("/v1/staff?role=dsl")
        assert len(left.json()["items"]) == 1


class TestARoleThatEndsWhileWorkIsGiven:
    async def test_leaves_nobody_with_work_they_cannot_do(
        self, world: World, school: School
    ) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        concern = await an_open_concern(world, school, school[Role.DSL].id)
        body = {"owner_id": str(deputy), "reason": "Knows the family."}
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
            body = {"owner_id": str(deputy), "reason": "Knows the family."}
            path = f"/v1/concerns/{concern}/assign"
            giving = asyncio.create_task(school.lead.post(path, body, version=1))
            await asyncio.sleep(0.3)
            assert not giving.done()
            (held,) = await work.session.scalars(
                select(Membership).where(Membership.staff_id == deputy)
            )
            held.valid_to = clock.day_of(clock.now())
            work.record(AuditEvent.MEMBERSHIP_ENDED, "membership", deputy)
        assert (await giving).json()["code"] == "owner_unsuitable"
