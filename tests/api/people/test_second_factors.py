"""Authenticator apps and recovery codes: enrolling, using, losing, and trying to get round them."""

import asyncio
import base64
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from jose import jwt

from app.core import clock
from app.core.credentials import VaultError
from app.core.ids import NIL
from app.core.words import Actor, Role
from app.db.unit_of_work import open_work
from app.domain.people.passwords.commands import new_account_token
from app.domain.people.second_factors import commands, rules
from app.integrations.vault import Vault
from tests.signing_in import (
    STEP,
    App,
    add_passkey,
    age,
    enrol,
    jobs_of,
    prove_by_password_only,
    refresh,
    sign_in,
    signed_in,
    verbs_about,
)
from tests.world import PASSWORD, Person, School, World


@pytest.fixture
async def lead(world: World, school: School) -> Person:
    """A lead with a password, whose session was begun with it alone."""
    await world.set_password(school[Role.DSL])
    prove_by_password_only(world, school[Role.DSL])
    return school[Role.DSL]


def claims_of(token: str) -> dict[str, object]:
    found: dict[str, object] = jwt.get_unverified_claims(token)
    return found


class TestEnrolTotp:
    async def test_gives_a_secret_that_apps_read(self, school: School, lead: Person) -> None:
        made = (await school.lead.post("/v1/me/totp")).json()
        uri = urlsplit(made["uri"])
        fields = parse_qs(uri.query)
        assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
        assert fields["secret"] == [made["secret"]]
        assert (fields["digits"], fields["period"]) == (["6"], ["30"])
        assert len(App(made["secret"]).secret) == 20

    async def test_changes_nothing_until_it_is_confirmed(
        self, world: World, school: School, lead: Person
    ) -> None:
        await school.lead.post("/v1/me/totp")
        assert (await signed_in(world, lead))["second_factor"] == "enrol"
        me = (await school.lead.get("/v1/me")).json()
        assert me["factors"]["totp"] is False

    async def test_keeps_the_secret_sealed(
        self, world: World, school: School, lead: Person
    ) -> None:
        secret = App((await school.lead.post("/v1/me/totp")).json()["secret"]).secret
        rows = world.sql("select sealed from totp_secret where account_id = %s", lead.id)
        assert secret not in bytes(rows[0][0])

    async def test_refuses_to_add_one_to_a_session_without_the_present_one(
        self, world: World, school: School, lead: Person
    ) -> None:
        """A stolen password must not be enough to enrol the thief's own phone."""
        await enrol(school.lead)
        prove_by_password_only(world, lead)
        for path in ("/v1/me/totp", "/v1/me/passkeys/options"):
            answer = await school.lead.post(path)
            assert answer.status_code == 401
            assert answer.json()["code"] == "step_up_needed"

    async def test_asks_for_a_recent_proof_where_there_is_one(
        self, world: World, school: School, lead: Person
    ) -> None:
        await enrol(school.lead)
        age(world, lead, minutes=11)
        assert (await school.lead.post("/v1/me/totp")).json()["code"] == "step_up_needed"

    async def test_is_not_kept_for_replays(self, school: School, lead: Person) -> None:
        first = await school.lead.post("/v1/me/totp", key="once")
        second = await school.lead.post("/v1/me/totp", key="once")
        assert "idempotency-replayed" not in second.headers
        assert first.json()["secret"] != second.json()["secret"]


class TestConfirmTotp:
    async def test_raises_the_session_and_shows_recovery_codes_once(
        self, world: World, school: School, lead: Person
    ) -> None:
        assert (await school.lead.get("/v1/concerns")).json()["code"] == "second_factor_needed"
        _, done = await enrol(school.lead)
        assert len(set(done["recovery_codes"])) == 10
        assert done["amr"] == ["pwd", "otp", "mfa"]
        assert done["second_factor"] == "done"
        assert claims_of(done["access_token"])["amr"] == ["pwd", "otp", "mfa"]
        assert (await world.as_token(done["access_token"]).get("/v1/concerns")).status_code == 200
        me = (await school.lead.get("/v1/me")).json()
        assert me["factors"] == {"totp": True, "passkeys": 0, "recovery_codes": 10}

    async def test_leaves_trace_and_mail(self, world: World, school: School, lead: Person) -> None:
        await enrol(school.lead)
        assert verbs_about(world, lead)[-3:] == [
            "second_factor.begun", "second_factor.enrolled", "recovery_codes.made",
        ]  # fmt: skip
        assert jobs_of(world, lead) == ["second_factor_added"]

    async def test_keeps_recovery_codes_as_hashes(
        self, world: World, school: School, lead: Person
    ) -> None:
        _, done = await enrol(school.lead)
        kept = world.sql("select hash from recovery_code where account_id = %s", lead.id)
        assert len(kept) == 10
        for code in done["recovery_codes"]:
            assert all(code.encode() not in bytes(row[0]) for row in kept)

    async def test_refuses_a_wrong_code(self, school: School, lead: Person) -> None:
        await school.lead.post("/v1/me/totp")
        answer = await school.lead.post("/v1/me/totp/confirm", {"code": "000000"})
        assert answer.status_code == 422
        assert answer.json()["code"] == "code_wrong"

    async def test_limits_how_often_a_code_can_be_guessed(
        self, school: School, lead: Person
    ) -> None:
        await school.lead.post("/v1/me/totp")
        answers = [
            await school.lead.post("/v1/me/totp/confirm", {"code": f"00000{number % 10}"})
            for number in range(12)
        ]
        assert [answer.status_code for answer in answers[:10]] == [422] * 10
        assert [answer.json()["code"] for answer in answers[10:]] == ["too_many_requests"] * 2

    async def test_refuses_when_nothing_waits(self, school: School, lead: Person) -> None:
        answer = await school.lead.post("/v1/me/totp/confirm", {"code": "123456"})
        assert answer.json()["code"] == "nothing_to_confirm"

    async def test_replaces_the_app_that_was_in_use(
        self, world: World, school: School, lead: Person
    ) -> None:
        old, _ = await enrol(school.lead)
        new, _ = await enrol(school.lead)
        assert (await sign_in(world, lead.email, otp=old.code())).json()["code"] == "otp_refused"
        assert (await sign_in(world, lead.email, otp=new.code())).status_code == 200


class TestSignInWithACode:
    @pytest.fixture
    async def app(self, school: School, lead: Person) -> App:
        """The lead's app."""
        return (await enrol(school.lead))[0]

    async def test_asks_for_it_only_after_the_right_password(
        self, world: World, lead: Person, app: App
    ) -> None:
        wrong = await sign_in(world, lead.email, "wrong password, again")
        assert wrong.json()["code"] == "credentials_refused"
        wrong = await sign_in(world, lead.email, "wrong password, again", otp=app.code())
        assert wrong.json()["code"] == "credentials_refused"
        answer = await sign_in(world, lead.email)
        assert answer.status_code == 401
        assert (answer.json()["code"], answer.json()["error"]) == ("otp_needed", "invalid_grant")
        assert "memberships" not in answer.json()

    async def test_says_in_the_token_how_it_was_proved(
        self, world: World, lead: Person, app: App
    ) -> None:
        token = await signed_in(world, lead, otp=app.code())
        assert claims_of(token["access_token"])["amr"] == ["pwd", "otp", "mfa"]
        assert token["second_factor"] == "done"
        assert (await world.as_token(token["access_token"]).get("/v1/concerns")).status_code == 200

    async def test_keeps_it_when_refreshed(self, world: World, lead: Person, app: App) -> None:
        token = await signed_in(world, lead, otp=app.code())
        again = (await refresh(world, token["refresh_token"])).json()
        assert again["second_factor"] == "done"
        assert claims_of(again["access_token"])["amr"] == ["pwd", "otp", "mfa"]

    @pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (1, 200), (2, 401)])
    async def test_forgives_a_clock_one_step_off(
        self, world: World, lead: Person, app: App, steps: int, status: int
    ) -> None:
        with clock.frozen(clock.now() + 10 * STEP):
            answer = await sign_in(world, lead.email, otp=app.code(steps))
        assert answer.status_code == status

    async def test_takes_each_code_once(self, world: World, lead: Person, app: App) -> None:
        code = app.code()
        assert (await sign_in(world, lead.email, otp=code)).status_code == 200
        again = await sign_in(world, lead.email, otp=code)
        assert (again.status_code, again.json()["code"]) == (401, "otp_refused")

    async def test_takes_no_code_from_before_the_last(
        self, world: World, lead: Person, app: App
    ) -> None:
        with clock.shifted(10 * STEP):
            late, early = app.code(1), app.code(0)
            assert (await sign_in(world, lead.email, otp=late)).status_code == 200
            assert (await sign_in(world, lead.email, otp=early)).status_code == 401

    async def test_lets_one_of_several_simultaneous_uses_win(
        self, world: World, lead: Person, app: App
    ) -> None:
        code = app.code()
        answers = await asyncio.gather(*(sign_in(world, lead.email, otp=code) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]

    async def test_uses_a_step_up_by_comparing_and_setting(
        self, world: World, lead: Person, app: App
    ) -> None:
        """Whoever read before the other wrote still gets no second use of the same step."""
        (kept,) = world.sql("select id, last_step from totp_secret where account_id = %s", lead.id)
        taken = []
        for step in (kept[1] + 5, kept[1] + 5, kept[1] + 4, kept[1] + 6):
            async with world.work(NIL) as work:
                taken.append(await work.factors.take_step(kept[0], step))
        assert taken == [True, False, False, True]

    async def test_counts_wrong_codes_as_failures(
        self, world: World, lead: Person, app: App
    ) -> None:
        for _ in range(5):
            assert (await sign_in(world, lead.email, otp="000000")).json()["code"] == "otp_refused"
        answer = await sign_in(world, lead.email, otp=app.code())
        assert (answer.status_code, answer.json()["code"]) == (429, "sign_in_locked")
        rows = world.sql(
            "select count(*) from sign_in_attempt where account_id = %s and outcome = %s",
            lead.id,
            "otp_refused",
        )
        assert rows == [(5,)]

    async def test_limits_guesses_of_one_account_from_everywhere(
        self, world: World, lead: Person, app: App
    ) -> None:
        """Waits of an address and network end; the account's own limit does not with them."""
        codes = []
        for _ in range(12):
            world.sql("delete from sign_in_guard")
            codes.append((await sign_in(world, lead.email, otp="000000")).json()["code"])
        assert codes[:10] == ["otp_refused"] * 10
        assert codes[10:] == ["too_many_requests"] * 2

    async def test_makes_no_network_known_by_having_tried_too_often(
        self, world: World, lead: Person, app: App
    ) -> None:
        """A stranger with the password must not get a count of their own that way."""
        for _ in range(10):
            await sign_in(world, lead.email, otp="000000")
            world.sql("delete from sign_in_guard")
        codes = [(await sign_in(world, lead.email, otp="000000")).json()["code"] for _ in range(3)]
        assert codes == ["too_many_requests"] * 3

    async def test_lets_the_owner_in_whatever_strangers_with_the_password_tried(
        self, world: World, lead: Person, app: App
    ) -> None:
        """From a network they signed in from before; from a new one with a recovery code."""
        fields = {"grant_type": "password", "username": lead.email, "password": PASSWORD}

        async def at(address: str, otp: str) -> httpx.Response:
            transport = httpx.ASGITransport(
                world.application, raise_app_exceptions=False, client=(address, 4711)
            )
            async with httpx.AsyncClient(
                transport=transport, base_url=world.http.base_url
            ) as browser:
                return await browser.post("/v1/auth/token", data=fields | {"otp": otp})

        assert (await at("198.51.100.7", app.code())).status_code == 200
        wrong = [(await at(f"203.0.113.{one}", "000000")).json()["code"] for one in range(12)]
        assert wrong == ["otp_refused"] * 10 + ["too_many_requests"] * 2
        assert (await at("203.0.113.99", app.code())).json()["code"] == "too_many_requests"
        owner = await at("198.51.100.7", app.code(1))
        assert owner.status_code == 200
        made = await world.as_token(owner.json()["access_token"]).post("/v1/me/recovery-codes")
        code = made.json()["recovery_codes"][0]
        assert (await at("203.0.113.100", code)).status_code == 200

    async def test_bounds_guesses_from_a_known_network_too(
        self, world: World, lead: Person, app: App
    ) -> None:
        assert (await sign_in(world, lead.email, otp=app.code())).status_code == 200
        codes = []
        for _ in range(12):
            world.sql("update sign_in_guard set failed_count = 0, locked_until = null")
            codes.append((await sign_in(world, lead.email, otp="000000")).json()["code"])
        assert codes == ["otp_refused"] * 10 + ["too_many_requests"] * 2

    async def test_does_not_count_being_asked_for_a_code(
        self, world: World, lead: Person, app: App
    ) -> None:
        for _ in range(8):
            assert (await sign_in(world, lead.email)).json()["code"] == "otp_needed"
        assert (await sign_in(world, lead.email, otp=app.code())).status_code == 200

    async def test_keeps_the_code_while_a_role_has_to_be_chosen(
        self, world: World, school: School, lead: Person, app: App
    ) -> None:
        world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, gen_random_uuid(), %s, 'staff', current_date - 1, now())",
            school.id, lead.id,
        )  # fmt: skip
        code = app.code()
        asked = await sign_in(world, lead.email, otp=code)
        assert asked.json()["code"] == "membership_choice_needed"
        assert (await sign_in(world, lead.email, otp=code, role="dsl")).status_code == 200

    async def test_needs_none_without_a_factor(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        await world.set_password(teacher)
        token = await signed_in(world, teacher, otp="123456")
        assert token["second_factor"] == "none"


class TestRecoveryCodes:
    async def test_sign_in_once_instead_of_the_app(
        self, world: World, school: School, lead: Person
    ) -> None:
        _, done = await enrol(school.lead)
        typed = done["recovery_codes"][3].lower().replace("-", " ")
        token = await signed_in(world, lead, otp=typed)
        assert token["second_factor"] == "done"
        again = await sign_in(world, lead.email, otp=typed)
        assert again.json()["code"] == "otp_refused"
        me = (await world.as_token(token["access_token"]).get("/v1/me")).json()
        assert me["factors"]["recovery_codes"] == 9

    async def test_are_noted_and_told_by_mail(
        self, world: World, school: School, lead: Person
    ) -> None:
        _, done = await enrol(school.lead)
        await signed_in(world, lead, otp=done["recovery_codes"][0])
        assert "recovery_code.used" in verbs_about(world, lead)
        assert jobs_of(world, lead) == ["second_factor_added", "recovery_code_used"]

    async def test_have_more_bits_than_a_fast_hash_needs(
        self, school: School, lead: Person
    ) -> None:
        """ASVS 6.5.2: 112; 24 of 32 letters have 120."""
        _, done = await enrol(school.lead)
        for code in done["recovery_codes"]:
            assert len(code.replace("-", "")) * 5 >= 112

    async def test_of_another_account_do_not_work(
        self, world: World, school: School, other_school: School, lead: Person
    ) -> None:
        await enrol(school.lead)
        _, others = await enrol(other_school.lead)
        answer = await sign_in(world, lead.email, otp=others["recovery_codes"][0])
        assert answer.json()["code"] == "otp_refused"


class TestRenewRecoveryCodes:
    async def test_replaces_the_former_ones(
        self, world: World, school: School, lead: Person
    ) -> None:
        _, done = await enrol(school.lead)
        renewed = (await school.lead.post("/v1/me/recovery-codes")).json()["recovery_codes"]
        old = await sign_in(world, lead.email, otp=done["recovery_codes"][0])
        assert old.json()["code"] == "otp_refused"
        assert (await sign_in(world, lead.email, otp=renewed[0])).status_code == 200
        assert "recovery_codes_made" in jobs_of(world, lead)

    async def test_refuses_who_has_no_factor(self, school: School) -> None:
        answer = await school.staff.post("/v1/me/recovery-codes")
        assert answer.json()["code"] == "factor_missing"

    async def test_is_not_to_be_had_for_a_password_in_a_lesser_role(
        self, world: World, school: School
    ) -> None:
        """A teacher's session with a password alone must not make codes for the lead's role."""
        teacher = school[Role.STAFF]
        await add_passkey(school.staff)
        prove_by_password_only(world, teacher)
        answer = await school.staff.post("/v1/me/recovery-codes")
        assert answer.json()["code"] == "step_up_needed"


class TestRemoveTotp:
    async def test_refuses_while_the_role_needs_it(self, school: School, lead: Person) -> None:
        await enrol(school.lead)
        answer = await school.lead.request("DELETE", "/v1/me/totp")
        assert (answer.status_code, answer.json()["code"]) == (409, "factor_kept")

    async def test_goes_where_a_passkey_is_left(
        self, world: World, school: School, lead: Person
    ) -> None:
        await enrol(school.lead)
        await add_passkey(school.lead)
        assert (await school.lead.request("DELETE", "/v1/me/totp")).status_code == 204
        me = (await school.lead.get("/v1/me")).json()
        assert me["factors"]["totp"] is False
        assert jobs_of(world, lead)[-1] == "second_factor_removed"
        assert verbs_about(world, lead)[-1] == "second_factor.removed"

    async def test_goes_where_no_role_needs_it(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        await world.set_password(teacher)
        await enrol(school.staff)
        assert (await school.staff.request("DELETE", "/v1/me/totp")).status_code == 204
        assert (await signed_in(world, teacher))["second_factor"] == "none"

    async def test_refuses_while_another_role_of_the_person_needs_it(
        self, world: World, school: School
    ) -> None:
        teacher = school[Role.STAFF]
        world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, gen_random_uuid(), %s, 'dsl', current_date - 1, now())",
            school.id, teacher.id,
        )  # fmt: skip
        await enrol(school.staff)
        answer = await school.staff.request("DELETE", "/v1/me/totp")
        assert answer.json()["code"] == "factor_kept"

    async def test_refuses_while_the_school_asks_it_of_another_role_of_the_person(
        self, world: World, school: School
    ) -> None:
        world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, gen_random_uuid(), %s, 'governor', current_date - 1, now())",
            school.id, school[Role.STAFF].id,
        )  # fmt: skip
        world.sql(
            'update organisation set settings = \'{"second_factor_roles": ["governor"]}\' '
            "where id = %s",
            school.id,
        )
        await enrol(school.staff)
        answer = await school.staff.request("DELETE", "/v1/me/totp")
        assert answer.json()["code"] == "factor_kept"
        assert (await school.staff.get("/v1/me")).json()["factors"]["totp"] is True

    async def test_refuses_where_there_is_none(self, school: School) -> None:
        answer = await school.staff.request("DELETE", "/v1/me/totp")
        assert answer.json()["code"] == "factor_missing"


class TestAResetOfThePassword:
    async def test_neither_skips_nor_removes_the_second_factor(
        self, world: World, school: School, lead: Person
    ) -> None:
        app, _ = await enrol(school.lead)
        async with world.work(NIL) as work:
            link = new_account_token(work, lead.id, "reset")
        new = "seven kites over a grey harbour"
        command = {"token": link, "new_password": new}
        done = await world.anybody.post("/v1/auth/password-reset/confirm", command)
        assert done.status_code == 200
        assert "access_token" not in done.json()
        assert (await sign_in(world, lead.email, new)).json()["code"] == "otp_needed"
        assert (await sign_in(world, lead.email, new, otp=app.code())).status_code == 200
        assert jobs_of(world, lead)[-1] == "password_changed"


class TestWhatTheSchoolAsks:
    async def test_can_be_more_than_the_role_needs(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        await world.set_password(teacher)
        version = world.sql("select version from organisation where id = %s", school.id)[0][0]
        path = f"/v1/schools/{school.id}"
        done = await school.api(Role.SCHOOL_ADMIN).patch(
            path, {"second_factor_roles": ["staff"]}, version=version
        )
        assert done.status_code == 200, done.text
        assert done.json()["second_factor_roles"] == ["staff"]
        token = await signed_in(world, teacher)
        assert token["second_factor"] == "enrol"
        limited = world.as_token(token["access_token"])
        assert (await limited.get("/v1/changes")).json()["code"] == "second_factor_needed"
        assert (await limited.get("/v1/alerts")).status_code == 200, "an alert is never held back"
        await enrol(limited)
        assert (await limited.get("/v1/changes")).status_code == 200


class TestSealedSecrets:
    async def test_are_sealed_anew_after_a_rotation(
        self, world: World, school: School, lead: Person
    ) -> None:
        app, _ = await enrol(school.lead)
        vault = Vault(world.runtime.settings.keys_dir)

        def kept() -> bytes:
            rows = world.sql("select sealed from totp_secret where account_id = %s", lead.id)
            return bytes(rows[0][0])

        before = kept()
        vault.rotate()
        async with open_work(world.runtime.database, Actor.system(NIL)) as work:
            await commands.reseal(work, vault, NIL, 10_000)
        assert vault.is_current(kept())
        assert not vault.is_current(before)
        assert (await sign_in(world, lead.email, otp=app.code())).status_code == 200

    async def test_of_one_account_do_not_open_for_another(
        self, world: World, school: School, lead: Person
    ) -> None:
        await enrol(school.lead)
        rows = world.sql("select sealed from totp_secret where account_id = %s", lead.id)
        vault, sealed = Vault(world.runtime.settings.keys_dir), bytes(rows[0][0])
        assert len(vault.open(sealed, lead.id.bytes)) == 20
        with pytest.raises(VaultError):
            vault.open(sealed, school[Role.STAFF].id.bytes)


def test_the_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, cut to six digits."""
    app = App(base64.b32encode(b"12345678901234567890").decode())
    for second, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert rules.code_at(app.secret, second // 30) == code
