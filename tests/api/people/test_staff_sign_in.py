"""Sign-in of a colleague: their sessions ended, their second factor reset."""

import pytest

from app.core.words import Role
from app.domain.common.alerts.commands import WATCHERS
from tests.signing_in import (
    add_passkey,
    enrol,
    jobs_of,
    prove_by_password_only,
    signed_in,
    status_of_me,
    works_at,
)
from tests.world import Person, School, World


@pytest.fixture
async def lead(world: World, school: School) -> Person:
    """A lead with a password, whose session was begun with it alone."""
    await world.set_password(school[Role.DSL])
    prove_by_password_only(world, school[Role.DSL])
    return school[Role.DSL]


@pytest.fixture
async def teacher(world: World, school: School) -> Person:
    """A teacher with a password."""
    await world.set_password(school[Role.STAFF])
    return school[Role.STAFF]


class TestResetSecondFactor:
    async def test_removes_factors_ends_sessions_and_tells_everybody(
        self, world: World, school: School, lead: Person
    ) -> None:
        await enrol(school.lead)
        await add_passkey(school.lead)
        admin = school.api(Role.SCHOOL_ADMIN)
        path = f"/v1/staff/{lead.id}/second-factor/reset"
        done = await admin.post(path, {"reason": "Lost the phone; came to the office."})
        assert done.status_code == 200, done.text
        assert await status_of_me(world, lead.token) == 401
        assert (await signed_in(world, lead))["second_factor"] == "enrol"
        assert jobs_of(world, lead)[-1] == "second_factor_reset"
        rows = world.sql(
            "select recipient_id from alert where school_id = %s and kind = 'second_factor_reset'",
            school.id,
        )
        told = {school[Role.DEPUTY_DSL].id, school[Role.HEADTEACHER].id}
        assert {row[0] for row in rows} == told
        trail = world.sql(
            "select reason from trail where noun_id = %s and verb = 'second_factor.removed'",
            lead.id,
        )
        assert trail == [("Lost the phone; came to the office.",)]

    async def test_is_never_for_oneself(self, world: World, school: School) -> None:
        admin = school[Role.SCHOOL_ADMIN]
        await enrol(school.api(Role.SCHOOL_ADMIN))
        answer = await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/staff/{admin.id}/second-factor/reset", {"reason": "Mine."}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "second_person_needed")

    @pytest.mark.parametrize(
        "meanwhile",
        [
            "select id from staff where school_id = %s and id = %s",
            "update staff set suspended_at = now() where school_id = %s and id = %s",
            "update membership set valid_from = current_date + 7 "
            "where school_id = %s and staff_id = %s",
        ],
        ids=["now", "suspended there", "from next week"],
    )
    async def test_refuses_somebody_who_works_elsewhere_too(
        self, world: World, school: School, other_school: School, lead: Person, meanwhile: str
    ) -> None:
        """One school's administrator must not open the way into another school's records."""
        await enrol(school.lead)
        works_at(world, other_school, lead.id, Role.STAFF)
        world.sql(meanwhile, other_school.id, lead.id)
        answer = await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/staff/{lead.id}/second-factor/reset", {"reason": "Lost the phone."}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "works_elsewhere")

    async def test_is_done_for_somebody_who_worked_elsewhere_before(
        self, world: World, school: School, other_school: School, lead: Person
    ) -> None:
        await enrol(school.lead)
        works_at(world, other_school, lead.id, Role.STAFF)
        world.sql(
            "update membership set valid_to = current_date where school_id = %s and staff_id = %s",
            other_school.id, lead.id,
        )  # fmt: skip
        path = f"/v1/staff/{lead.id}/second-factor/reset"
        answer = await school.api(Role.SCHOOL_ADMIN).post(path, {"reason": "Lost the phone."})
        assert answer.status_code == 200, answer.text

    async def test_finds_no_factor_of_somebody_who_has_not_joined(
        self, world: World, school: School, other_school: School
    ) -> None:
        """Whether an address that one adds has an account elsewhere, and a factor, is not told."""
        known, admin = other_school[Role.DSL], school.api(Role.SCHOOL_ADMIN)
        await enrol(other_school.lead)
        body = {"name": "Sam", "email": known.email, "roles": ["staff"]}
        added = await admin.post("/v1/staff", body)
        assert added.json()["id"] == str(known.id)
        path = f"/v1/staff/{known.id}/second-factor/reset"
        answer = await admin.post(path, {"reason": "Lost the phone."})
        assert (answer.status_code, answer.json()["code"]) == (409, "factor_missing")
        world.sql("update staff set suspended_at = now() where school_id = %s", other_school.id)
        answer = await admin.post(path, {"reason": "Lost the phone."})
        assert (answer.status_code, answer.json()["code"]) == (409, "factor_missing")
        kept = "select 1 from totp_secret where account_id = %s"
        assert len(world.sql(kept, known.id)) == 1

    async def test_refuses_where_there_is_nothing_to_reset(
        self, school: School, lead: Person
    ) -> None:
        answer = await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/staff/{lead.id}/second-factor/reset", {"reason": "To be sure."}
        )
        assert answer.json()["code"] == "factor_missing"


class TestRevokeStaffSessions:
    async def test_ends_a_colleagues_sessions_here_at_once(
        self, world: World, school: School, other_school: School, teacher: Person
    ) -> None:
        works_at(world, other_school, teacher.id, Role.DSL)
        there = await signed_in(world, teacher, organisation_id=str(other_school.id))
        admin = school.api(Role.SCHOOL_ADMIN)
        done = await admin.post(f"/v1/staff/{teacher.id}/sessions/revoke")
        assert done.json() == {"ended": 1}
        assert await status_of_me(world, teacher.token) == 401
        assert await status_of_me(world, there["access_token"]) == 200

    async def test_asks_for_a_fresh_proof(self, world: World, school: School) -> None:
        admin, path = school[Role.SCHOOL_ADMIN], f"/v1/staff/{school[Role.DSL].id}/sessions/revoke"
        world.sql(
            "update auth_session set auth_time = auth_time - interval '11 minutes' where id = %s",
            admin.session_id,
        )
        answer = await school.api(Role.SCHOOL_ADMIN).post(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")
        assert await status_of_me(world, school[Role.DSL].token) == 200

    @pytest.mark.parametrize("whose", [Role.DSL, Role.STAFF])
    async def test_is_told_to_the_person_and_who_watches(
        self, world: World, school: School, whose: Role
    ) -> None:
        """Once until they have read it, however often it is done; at once of who watches."""
        admin, path = school.api(Role.SCHOOL_ADMIN), f"/v1/staff/{school[whose].id}/sessions/revoke"
        assert (await admin.post(path)).json() == {"ended": 1}
        found = "select recipient_id, urgent from alert where kind = 'sessions_ended'"
        told = dict.fromkeys([school[one].id for one in (*WATCHERS, whose)], whose == Role.DSL)
        assert dict(world.sql(f"{found} and school_id = %s", school.id)) == told
        world.sql("update auth_session set revoked_at = null where id = %s",
                  school[whose].session_id)  # fmt: skip
        assert (await admin.post(path)).json() == {"ended": 1}
        assert len(world.sql(f"{found} and school_id = %s", school.id)) == len(told)

    async def test_is_for_administrators(self, school: School) -> None:
        answer = await school.lead.post(f"/v1/staff/{school[Role.STAFF].id}/sessions/revoke")
        assert answer.json()["code"] == "permission_missing"

    async def test_finds_nobody_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        path = f"/v1/staff/{other_school[Role.STAFF].id}/sessions/revoke"
        assert (await admin.post(path)).json()["code"] == "staff_not_found"
