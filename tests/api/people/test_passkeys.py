"""Passkeys, made and used by an authenticator in software, which also lies where it can."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from tests.authenticator import PRESENT, Authenticator, b64, raw
from tests.signing_in import (
    add_passkey,
    age,
    enrol,
    jobs_of,
    prove_by_password_only,
    send_credential,
    sign_in,
    signed_in,
    use_passkey,
    verbs_about,
)
from tests.world import Person, School, World


@pytest.fixture
async def lead(world: World, school: School) -> Person:
    """A lead with a password, whose session was begun with it alone."""
    await world.set_password(school[Role.DSL])
    prove_by_password_only(world, school[Role.DSL])
    return school[Role.DSL]


async def sign_in_options(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.anybody.post("/v1/auth/passkeys/options")).json()
    return found


class TestAddPasskey:
    async def test_asks_for_a_verified_user_and_a_discoverable_key(
        self, school: School, lead: Person
    ) -> None:
        options = (await school.lead.post("/v1/me/passkeys/options")).json()
        assert options["authenticatorSelection"] == {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }
        assert options["rp"]["id"] == "cairn.test"
        assert raw(options["user"]["id"]) == lead.id.bytes
        assert len(raw(options["challenge"])) == 32

    async def test_raises_the_session_and_gives_recovery_codes_with_the_first(
        self, world: World, school: School, lead: Person
    ) -> None:
        assert (await school.lead.get("/v1/concerns")).json()["code"] == "second_factor_needed"
        _, first = await add_passkey(school.lead)
        assert first["amr"] == ["pwd", "hwk", "user", "mfa"]
        assert len(first["recovery_codes"]) == 10
        assert (await school.lead.get("/v1/concerns")).status_code == 200
        _, second = await add_passkey(school.lead, name="key")
        assert "recovery_codes" not in second
        listed = (await school.lead.get("/v1/me/passkeys")).json()["items"]
        assert [one["name"] for one in listed] == ["phone", "key"]
        assert jobs_of(world, lead) == ["passkey_added", "passkey_added"]
        assert "second_factor.enrolled" in verbs_about(world, lead)

    async def test_offers_no_authenticator_twice(self, school: School, lead: Person) -> None:
        passkey, _ = await add_passkey(school.lead)
        options = (await school.lead.post("/v1/me/passkeys/options")).json()
        known = [one["id"] for one in options["excludeCredentials"]]
        assert known == [b64(passkey.credential_id)]
        again = await school.lead.post(
            "/v1/me/passkeys", {"name": "again", "credential": passkey.make(options)}
        )
        assert again.json()["code"] == "passkey_invalid"

    @pytest.mark.parametrize(
        "lie",
        [
            {"flags": PRESENT},
            {"flags": 0},
            {"origin": "https://cairn.test.attacker.example"},
            {"origin": "http://cairn.test:8080"},
            {"relying_party": "attacker.example"},
            {"credential_id": b"x" * 1_024},
        ],
        ids=["not verified", "not present", "another origin", "another port", "another party",
             "an endless id"],
    )  # fmt: skip
    async def test_refuses_what_is_not_proved(
        self, school: School, lead: Person, lie: dict[str, Any]
    ) -> None:
        options = (await school.lead.post("/v1/me/passkeys/options")).json()
        answer = await school.lead.post(
            "/v1/me/passkeys", {"name": "bad", "credential": Authenticator(**lie).make(options)}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "passkey_invalid")

    async def test_takes_a_challenge_once_from_its_owner_for_five_minutes(
        self, school: School, lead: Person
    ) -> None:
        async def answer(options: dict[str, Any], role: Role = Role.DSL) -> int:
            body = {"name": "x", "credential": Authenticator().make(options)}
            return (await school.api(role).post("/v1/me/passkeys", body)).status_code

        options = (await school.lead.post("/v1/me/passkeys/options")).json()
        assert await answer(options, Role.STAFF) == 422
        assert await answer(options) == 201
        assert await answer(options) == 422
        options = (await school.lead.post("/v1/me/passkeys/options")).json()
        with clock.shifted(timedelta(minutes=5, seconds=1)):
            assert await answer(options) == 422

    @pytest.mark.parametrize(
        "change",
        [
            {"clientDataJSON": "AAAA"},
            {"clientDataJSON": b64(b"[]")},
            {"clientDataJSON": b64(b'{"challenge": 7}')},
            {"attestationObject": ""},
            {"attestationObject": b64(b"\xa0")},
            {"attestationObject": b64(b"\x9f" * 3_000)},
        ],
    )
    async def test_survives_malformed_answers(
        self, school: School, lead: Person, change: dict[str, str]
    ) -> None:
        options = (await school.lead.post("/v1/me/passkeys/options")).json()
        credential = Authenticator().make(options)
        credential["response"] |= change
        answer = await school.lead.post("/v1/me/passkeys", {"name": "x", "credential": credential})
        assert (answer.status_code, answer.json()["code"]) == (422, "passkey_invalid")

    async def test_stops_at_twenty(self, world: World, school: School, lead: Person) -> None:
        for _ in range(20):
            await add_passkey(school.lead)
        options = (await school.lead.post("/v1/me/passkeys/options")).json()
        answer = await school.lead.post(
            "/v1/me/passkeys", {"name": "x", "credential": Authenticator().make(options)}
        )
        assert answer.json()["code"] == "too_many_passkeys"


class TestSignInWithAPasskey:
    @pytest.fixture
    async def passkey(self, school: School, lead: Person) -> Authenticator:
        """The lead's passkey."""
        return (await add_passkey(school.lead))[0]

    async def test_needs_neither_address_nor_password(
        self, world: World, lead: Person, passkey: Authenticator
    ) -> None:
        answer = await use_passkey(world, passkey)
        assert answer.status_code == 200, answer.text
        token = answer.json()
        assert token["second_factor"] == "done"
        me = (await world.as_token(token["access_token"]).get("/v1/me")).json()
        assert (me["id"], me["amr"]) == (str(lead.id), ["hwk", "user", "mfa"])

    async def test_tells_nothing_before(self, world: World, passkey: Authenticator) -> None:
        """The same options for everybody: there is nothing to ask by an address."""
        one, other = await sign_in_options(world), await sign_in_options(world)
        assert one.pop("challenge") != other.pop("challenge")
        assert one == other
        assert one["allowCredentials"] == []
        assert one["userVerification"] == "required"

    @pytest.mark.parametrize(
        "lie",
        [
            {"flags": PRESENT},
            {"origin": "https://attacker.example"},
            {"relying_party": "attacker.example"},
            {"user_handle": b"somebody else..."},
            {"credential_id": b"unknown"},
            {"count": 0, "counts": False},
            {"key": Authenticator().key},
        ],
        ids=["not verified", "another origin", "another party", "another's account", "unknown",
             "a counter that stands still", "another key"],
    )  # fmt: skip
    async def test_refuses_what_is_not_proved(
        self, world: World, passkey: Authenticator, lie: dict[str, Any]
    ) -> None:
        await use_passkey(world, passkey)
        copy = Authenticator(**{**vars(passkey), **lie})
        answer = await use_passkey(world, copy)
        assert (answer.status_code, answer.json()["code"]) == (401, "passkey_refused")
        assert answer.json()["error"] == "invalid_grant"

    async def test_refuses_a_copied_key_by_its_counter(
        self, world: World, passkey: Authenticator
    ) -> None:
        passkey.count = 10
        assert (await use_passkey(world, passkey)).status_code == 200
        copy = Authenticator(**{**vars(passkey), "count": 7})
        assert (await use_passkey(world, copy)).status_code == 401

    async def test_takes_synced_keys_without_a_counter(
        self, world: World, school: School, lead: Person
    ) -> None:
        synced, _ = await add_passkey(school.lead, Authenticator(counts=False))
        for _ in range(2):
            assert (await use_passkey(world, synced)).status_code == 200

    async def test_takes_each_challenge_once_for_five_minutes(
        self, world: World, passkey: Authenticator
    ) -> None:
        options = await sign_in_options(world)
        credential = passkey.use(options)
        assert (await send_credential(world, credential)).status_code == 200
        assert (await send_credential(world, credential)).status_code == 401
        assert (await use_passkey(world, passkey, options)).status_code == 401
        late = await sign_in_options(world)
        with clock.shifted(timedelta(minutes=5, seconds=1)):
            assert (await use_passkey(world, passkey, late)).status_code == 401

    async def test_lets_one_of_several_simultaneous_uses_win(
        self, world: World, passkey: Authenticator
    ) -> None:
        credential = passkey.use(await sign_in_options(world))
        answers = await asyncio.gather(*(send_credential(world, credential) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]

    async def test_takes_no_challenge_of_another_purpose(
        self, world: World, school: School, passkey: Authenticator
    ) -> None:
        options = (await school.lead.post("/v1/me/step-up/options")).json()
        assert (await use_passkey(world, passkey, options)).status_code == 401

    async def test_lets_a_role_be_chosen_with_the_same_answer(
        self, world: World, school: School, lead: Person, passkey: Authenticator
    ) -> None:
        world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
            "values (%s, gen_random_uuid(), %s, 'staff', current_date - 1, now())",
            school.id, lead.id,
        )  # fmt: skip
        credential = passkey.use(await sign_in_options(world))
        for _ in range(6):  # being asked is no wrong try
            asked = await send_credential(world, credential)
            assert asked.json()["code"] == "membership_choice_needed"
        chosen = await send_credential(world, credential, role="dsl")
        assert chosen.json()["role"] == "dsl"

    async def test_refuses_a_disabled_account(
        self, world: World, lead: Person, passkey: Authenticator
    ) -> None:
        world.sql("update account set disabled_at = now() where id = %s", lead.id)
        assert (await use_passkey(world, passkey)).json()["code"] == "passkey_refused"

    async def test_points_at_what_is_no_credential(self, world: World) -> None:
        for text in ("", "{}", "[]", "nonsense", '{"id": "x"}'):
            form = {"grant_type": "urn:cairn:params:oauth:grant-type:passkey", "credential": text}
            answer = await world.anybody.request("POST", "/v1/auth/token", data=form)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/credential"


class TestAPasswordBesideAPasskey:
    async def test_begins_a_session_that_has_to_be_proved(
        self, world: World, school: School, lead: Person
    ) -> None:
        passkey, _ = await add_passkey(school.lead)
        token = await signed_in(world, lead)
        assert token["second_factor"] == "prove"
        limited = world.as_token(token["access_token"])
        assert (await limited.get("/v1/concerns")).json()["code"] == "second_factor_needed"
        assert (await limited.post("/v1/me/totp")).json()["code"] == "step_up_needed"
        options = (await limited.post("/v1/me/step-up/options")).json()
        done = await limited.post("/v1/me/step-up", {"credential": passkey.use(options)})
        assert done.json()["second_factor"] == "done"
        assert (await limited.get("/v1/concerns")).status_code == 200

    async def test_takes_a_recovery_code(self, world: World, school: School, lead: Person) -> None:
        _, added = await add_passkey(school.lead)
        token = await signed_in(world, lead, otp=added["recovery_codes"][0])
        assert token["second_factor"] == "done"

    async def test_refuses_a_code_where_there_is_no_app(
        self, world: World, school: School, lead: Person
    ) -> None:
        await add_passkey(school.lead)
        assert (await sign_in(world, lead.email, otp="123456")).json()["code"] == "otp_refused"


class TestRemovePasskey:
    async def test_forgets_it(self, world: World, school: School, lead: Person) -> None:
        await enrol(school.lead)
        passkey, added = await add_passkey(school.lead)
        path = f"/v1/me/passkeys/{added['id']}"
        assert (await school.lead.request("DELETE", path)).status_code == 204
        assert (await use_passkey(world, passkey)).status_code == 401
        assert (await school.lead.request("DELETE", path)).status_code == 404
        assert jobs_of(world, lead)[-1] == "passkey_removed"

    async def test_keeps_the_last_one_a_role_needs(self, school: School, lead: Person) -> None:
        _, added = await add_passkey(school.lead)
        answer = await school.lead.request("DELETE", f"/v1/me/passkeys/{added['id']}")
        assert answer.json()["code"] == "factor_kept"
        assert len((await school.lead.get("/v1/me/passkeys")).json()["items"]) == 1

    async def test_asks_for_a_recent_proof(
        self, world: World, school: School, lead: Person
    ) -> None:
        _, added = await add_passkey(school.lead)
        age(world, lead, minutes=11)
        answer = await school.lead.request("DELETE", f"/v1/me/passkeys/{added['id']}")
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")

    async def test_finds_nobody_elses(self, school: School, lead: Person) -> None:
        _, added = await add_passkey(school.lead)
        answer = await school.staff.request("DELETE", f"/v1/me/passkeys/{added['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "passkey_not_found")
