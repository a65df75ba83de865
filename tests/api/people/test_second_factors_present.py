"""Changing how an account is entered takes a fresh proof by what the account has already."""

from app.core.words import Role
from tests.signing_in import App, add_passkey, age, enrol, prove_by_password_only
from tests.world import PASSWORD, School, World

NEW = "a long walk by the grey river"


def by_provider(world: World, school: School, role: Role) -> None:
    """Make the session one that a provider's word began."""
    world.sql("update auth_session set amr = '{fed,mfa}' where id = %s", school[role].session_id)


class TestOldProofs:
    async def test_are_not_made_recent_by_enrolling(self, world: World, school: School) -> None:
        lead = school[Role.DSL]
        by_provider(world, school, Role.DSL)
        waiting = App((await school.lead.post("/v1/me/totp")).json()["secret"])
        age(world, lead, hours=10)
        for path, body in (
            ("/v1/me/totp", None),
            ("/v1/me/totp/confirm", {"code": waiting.code()}),
            ("/v1/me/passkeys/options", None),
            ("/v1/me/passkeys", {"name": "phone", "credential": None}),
            ("/v1/me/recovery-codes", None),
        ):
            answer = await school.lead.post(path, body)
            assert answer.status_code in (401, 422), path
            assert answer.status_code == 401 or path == "/v1/me/passkeys", path
        assert (await school.lead.post("/v1/me/recovery-codes")).status_code == 401
        age(world, lead, hours=-10)
        done = await school.lead.post("/v1/me/totp/confirm", {"code": waiting.code()})
        assert done.status_code == 200, done.text

    async def test_of_a_provider_are_no_present_factor(self, world: World, school: School) -> None:
        await enrol(school.lead)
        by_provider(world, school, Role.DSL)
        assert (await school.lead.post("/v1/me/totp")).status_code == 401


class TestWaitingApps:
    async def test_are_dropped_by_a_passkey(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        prove_by_password_only(world, teacher)
        waiting = App((await school.staff.post("/v1/me/totp")).json()["secret"])
        world.sql("update auth_session set amr = '{pwd,otp}' where id = %s", teacher.session_id)
        await add_passkey(school.staff)
        found = await school.staff.post("/v1/me/totp/confirm", {"code": waiting.code()})
        assert (found.status_code, found.json()["code"]) == (409, "nothing_to_confirm")

    async def test_take_the_present_factor_to_confirm(self, world: World, school: School) -> None:
        await add_passkey(school.staff)
        waiting = App((await school.staff.post("/v1/me/totp")).json()["secret"])
        prove_by_password_only(world, school[Role.STAFF])
        found = await school.staff.post("/v1/me/totp/confirm", {"code": waiting.code()})
        assert (found.status_code, found.json()["code"]) == (401, "step_up_needed")

    async def test_wait_for_ten_minutes(self, world: World, school: School) -> None:
        waiting = App((await school.staff.post("/v1/me/totp")).json()["secret"])
        world.sql(
            "update totp_secret set created_at = created_at - interval '11 minutes' "
            "where account_id = %s",
            school[Role.STAFF].id,
        )
        found = await school.staff.post("/v1/me/totp/confirm", {"code": waiting.code()})
        assert (found.status_code, found.json()["code"]) == (409, "nothing_to_confirm")


class TestPasswords:
    async def test_take_the_present_factor_to_change(self, world: World, school: School) -> None:
        lead = school[Role.DSL]
        await world.set_password(lead)
        await add_passkey(school.lead)
        prove_by_password_only(world, lead)
        body = {"current_password": PASSWORD, "new_password": NEW}
        found = await school.lead.post("/v1/me/password", body)
        assert (found.status_code, found.json()["code"]) == (401, "step_up_needed")
        world.sql("update auth_session set amr = '{pwd,otp}' where id = %s", lead.session_id)
        assert (await school.lead.post("/v1/me/password", body)).status_code == 200
