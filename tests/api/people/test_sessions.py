"""Signing in, staying signed in and signing out, also while somebody attacks it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from jose import jwt

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.domain.policy import BUILT_IN
from app.integrations.passwords import PasswordHasher, Verdict
from tests.signing_in import refresh, sign_in, signed_in, status_of_me
from tests.world import PASSWORD, Person, School, World


class CountingHasher:
    """The real hasher, with a count of what it was asked."""

    def __init__(self, real: PasswordHasher) -> None:
        self.real = real
        self.verified = 0

    async def hash(self, password: str) -> str:
        """Hash for real."""
        return await self.real.hash(password)

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Count, and compare for real."""
        self.verified += 1
        return await self.real.verify(password, stored)


@pytest.fixture
def hasher(world: World) -> Iterator[CountingHasher]:
    """Counts how often passwords are compared."""
    real = world.runtime.passwords
    counting = CountingHasher(real)
    world.runtime.passwords = counting
    yield counting
    world.runtime.passwords = real


@pytest.fixture
async def teacher(world: World, school: School) -> Person:
    """A teacher with a password."""
    await world.set_password(school[Role.STAFF])
    return school[Role.STAFF]


def without_instance(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert body.pop("instance").startswith("urn:cairn:request:")
    return body


def verbs(world: World, school: School) -> list[str]:
    rows = world.sql("select verb from trail where school_id = %s order by seq", school.id)
    return [verb for (verb,) in rows]


class TestIssueTokenForAPassword:
    async def test_signs_in(self, world: World, school: School, teacher: Person) -> None:
        answer = await sign_in(world, teacher.email.upper())
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        token = answer.json()
        assert token["token_type"] == "Bearer"
        assert token["expires_in"] == 900
        assert token["role"] == "staff"
        assert token["organisation_id"] == str(school.id)
        assert await status_of_me(world, token["access_token"]) == 200
        assert verbs(world, school)[-1] == "session.started"

    async def test_puts_session_organisation_and_role_into_the_token(
        self, world: World, school: School, teacher: Person
    ) -> None:
        token = (await signed_in(world, teacher))["access_token"]
        jwks = (await world.anybody.get("/.well-known/jwks.json")).json()
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(key for key in jwks["keys"] if key["kid"] == kid)
        claims = jwt.decode(  # which knows no other clock than the machine's
            token, key, algorithms=["ES256"], audience="http://cairn.test/v1",
            issuer="http://cairn.test", options={"verify_exp": False},
        )  # fmt: skip
        assert claims["exp"] > clock.now().timestamp()
        assert claims["sub"] == str(teacher.id)
        assert claims["org"] == str(school.id)
        assert claims["role"] == "staff"
        assert claims["amr"] == ["pwd"]
        assert {"exp", "iat", "jti", "sid", "scope", "auth_time"} <= set(claims)

    async def test_says_the_same_whatever_is_wrong(
        self, world: World, school: School, teacher: Person, hasher: CountingHasher
    ) -> None:
        """Unknown, wrong, disabled and without a password: one answer, one comparison each."""
        disabled, invited = school[Role.PASTORAL], school[Role.GOVERNOR]
        await world.set_password(disabled)
        world.sql("update account set disabled_at = now() where id = %s", disabled.id)
        tries = [
            ("nobody@example.org", PASSWORD),
            (teacher.email, "wrong otters row past midnight"),
            (disabled.email, PASSWORD),
            (invited.email, PASSWORD),
            ("not an address", "x" * 1000),
        ]
        answers = []
        for email, password in tries:
            before = hasher.verified
            answers.append(await sign_in(world, email, password))
            assert hasher.verified - before == 1, email
        assert {answer.status_code for answer in answers} == {401}
        bodies = [without_instance(answer) for answer in answers]
        assert all(body == bodies[0] for body in bodies)
        assert bodies[0]["code"] == "credentials_refused"
        names = [sorted(answer.headers) for answer in answers]
        assert all(name == names[0] for name in names)

    async def test_notes_every_attempt(self, world: World, school: School, teacher: Person) -> None:
        await sign_in(world, teacher.email, "wrong otters row past midnight")
        await sign_in(world, teacher.email)
        rows = world.sql(
            "select outcome, request_id is not null from sign_in_attempt where account_id = %s "
            "order by at",
            teacher.id,
        )
        assert rows == [("refused", True), ("signed_in", True)]

    async def test_leaves_a_trace_of_every_refusal(
        self, world: World, school: School, teacher: Person
    ) -> None:
        await sign_in(world, teacher.email, "wrong password, again")
        told = world.sql(
            "select verb, noun, details->>'outcome' from trail where noun_id = %s", teacher.id
        )
        assert ("session.refused", "account", "refused") in told

    @pytest.mark.parametrize("known", [True, False])
    async def test_makes_an_address_wait_longer_and_longer(
        self, world: World, teacher: Person, hasher: CountingHasher, known: bool
    ) -> None:
        email = teacher.email if known else f"{new_id().hex}@example.org"
        for _ in range(5):
            assert (await sign_in(world, email, "wrong password, again")).status_code == 401
        asked = hasher.verified
        locked = await sign_in(world, email)
        assert locked.status_code == 429
        assert locked.json()["code"] == "sign_in_locked"
        assert 1 <= int(locked.headers["retry-after"]) <= 6
        assert hasher.verified == asked
        with clock.shifted(timedelta(seconds=6)):
            assert (await sign_in(world, email, "wrong password, again")).status_code == 401
            locked = await sign_in(world, email)
            assert locked.status_code == 429
            assert 7 <= int(locked.headers["retry-after"]) <= 11
        with clock.shifted(timedelta(seconds=18)):
            answer = await sign_in(world, email)
            assert answer.status_code == (200 if known else 401)

    async def test_never_locks_for_longer_than_a_quarter_of_an_hour(
        self, world: World, teacher: Person
    ) -> None:
        for number in range(16):
            with clock.shifted(timedelta(hours=number)):
                await sign_in(world, teacher.email, "wrong password, again")
        with clock.shifted(timedelta(hours=15, seconds=901)):
            assert (await sign_in(world, teacher.email)).status_code == 200

    async def test_forgets_wrong_passwords_after_a_right_one(
        self, world: World, teacher: Person
    ) -> None:
        for _ in range(2):
            for _ in range(4):
                await sign_in(world, teacher.email, "wrong password, again")
            assert (await sign_in(world, teacher.email)).status_code == 200

    async def test_locks_one_address_only(
        self, world: World, school: School, teacher: Person
    ) -> None:
        lead = school[Role.DSL]
        await world.set_password(lead)
        for _ in range(6):
            await sign_in(world, teacher.email, "wrong password, again")
        assert (await sign_in(world, lead.email)).status_code == 200

    async def test_compares_the_whole_password_exactly(self, world: World, school: School) -> None:
        person = school[Role.DSL]
        password = " pässwörd 🔑 with spaces at both ends "
        await world.set_password(person, password)
        assert (await sign_in(world, person.email, password.strip())).status_code == 401
        assert (await sign_in(world, person.email, password)).status_code == 200

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({}, "/grant_type"),
            ({"grant_type": "implicit"}, "/grant_type"),
            ({"grant_type": "password", "username": "a@example.org"}, "/password"),
            ({"grant_type": "password", "password": "x"}, "/username"),
            ({"grant_type": "refresh_token"}, "/refresh_token"),
            (
                {"grant_type": "password", "username": "a", "password": "b", "role": "King!"},
                "/role",
            ),
            ({"grant_type": "password", "username": "a" * 301, "password": "b"}, "/username"),
        ],
    )
    async def test_points_at_the_wrong_field(
        self, world: World, fields: dict[str, str], pointer: str
    ) -> None:
        answer = await world.anybody.request("POST", "/v1/auth/token", data=fields)
        assert answer.status_code == 422
        assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]

    async def test_ignores_unknown_fields(self, world: World, teacher: Person) -> None:
        """RFC 6749, 3.2: clients send `client_id` and more."""
        assert (await sign_in(world, teacher.email, client_id="web")).status_code == 200

    async def test_takes_no_json(self, world: World) -> None:
        answer = await world.anybody.post("/v1/auth/token", {"grant_type": "password"})
        assert answer.status_code == 415
        assert answer.json()["detail"] == "Send it as application/x-www-form-urlencoded."


class TestIssueTokenForOneOfSeveralMemberships:
    @pytest.fixture
    async def person(self, world: World, school: School, other_school: School) -> Person:
        """Deputy lead and teacher here, teacher there."""
        person = school[Role.STAFF]
        await world.set_password(person)
        for place, role in ((school, "deputy_dsl"), (other_school, "staff")):
            world.sql(
                "insert into staff "
                "(school_id, id, name, email, created_at, changed_at, accepted_at) "
                "values (%s, %s, 'Sam', 's@example.org', now(), now(), now()) "
                "on conflict do nothing",
                place.id,
                person.id,
            )
            world.sql(
                "insert into membership (school_id, id, staff_id, role, valid_from, created_at) "
                "values (%s, %s, %s, %s, current_date, now())",
                place.id,
                new_id(),
                person.id,
                role,
            )
        return person

    async def test_asks_which(
        self, world: World, person: Person, school: School, other_school: School
    ) -> None:
        answer = await sign_in(world, person.email)
        assert answer.status_code == 422
        assert answer.json()["code"] == "membership_choice_needed"
        listed = {(one["organisation_id"], one["role"]) for one in answer.json()["memberships"]}
        assert listed == {
            (str(school.id), "staff"),
            (str(school.id), "deputy_dsl"),
            (str(other_school.id), "staff"),
        }

    async def test_lists_them_to_nobody_without_the_password(
        self, world: World, person: Person
    ) -> None:
        answer = await sign_in(world, person.email, "wrong password, again")
        assert answer.status_code == 401
        assert "memberships" not in answer.json()

    async def test_takes_organisation_and_role(
        self, world: World, person: Person, school: School, other_school: School
    ) -> None:
        one = await signed_in(world, person, organisation_id=str(other_school.id))
        assert (one["organisation_id"], one["role"]) == (str(other_school.id), "staff")
        other = await signed_in(world, person, organisation_id=str(school.id), role="deputy_dsl")
        me = (await world.as_token(other["access_token"]).get("/v1/me")).json()
        assert (me["organisation_id"], me["role"]) == (str(school.id), "deputy_dsl")
        assert len(me["memberships"]) == 3

    async def test_keeps_the_choice_when_refreshed(
        self, world: World, person: Person, other_school: School
    ) -> None:
        token = await signed_in(world, person, organisation_id=str(other_school.id))
        again = (await refresh(world, token["refresh_token"])).json()
        assert (again["organisation_id"], again["role"]) == (str(other_school.id), "staff")

    async def test_refuses_what_one_does_not_have(
        self, world: World, person: Person, other_school: School
    ) -> None:
        for fields in ({"role": "dsl"}, {"organisation_id": str(new_id())}):
            answer = await sign_in(world, person.email, **fields)
            assert answer.status_code == 403
            assert answer.json()["code"] == "membership_missing"

    async def test_refuses_a_membership_that_has_not_begun(
        self, world: World, person: Person, other_school: School
    ) -> None:
        world.sql(
            "update membership set valid_from = current_date + 2 where school_id = %s "
            "and staff_id = %s",
            other_school.id,
            person.id,
        )
        answer = await sign_in(world, person.email, organisation_id=str(other_school.id))
        assert answer.status_code == 403


class TestIssueTokenForARefreshToken:
    async def test_goes_on_and_replaces_the_token(
        self, world: World, school: School, teacher: Person
    ) -> None:
        first = await signed_in(world, teacher)
        second = await refresh(world, first["refresh_token"])
        assert second.status_code == 200
        assert second.json()["refresh_token"] != first["refresh_token"]
        third = await refresh(world, second.json()["refresh_token"])
        assert await status_of_me(world, third.json()["access_token"]) == 200
        assert verbs(world, school)[-2:] == ["session.refreshed"] * 2

    async def test_ends_the_whole_session_when_one_is_used_twice(
        self, world: World, school: School, teacher: Person
    ) -> None:
        """Somebody stole it: neither they nor the owner goes on, and access stops at once."""
        first = await signed_in(world, teacher)
        second = (await refresh(world, first["refresh_token"])).json()
        stolen = await refresh(world, first["refresh_token"])
        assert stolen.status_code == 401
        assert stolen.json()["code"] == "refresh_refused"
        assert stolen.json()["error"] == "invalid_grant"
        assert (await refresh(world, second["refresh_token"])).status_code == 401
        for token in (first, second):
            assert await status_of_me(world, token["access_token"]) == 401
        assert "session.refresh_reused" in verbs(world, school)

    async def test_leaves_other_sessions_alone(self, world: World, teacher: Person) -> None:
        first, other = await signed_in(world, teacher), await signed_in(world, teacher)
        await refresh(world, first["refresh_token"])
        await refresh(world, first["refresh_token"])
        assert await status_of_me(world, other["access_token"]) == 200

    async def test_lets_one_of_two_simultaneous_uses_win_and_ends_the_session(
        self, world: World, teacher: Person
    ) -> None:
        """Strict: a client must not use one token twice, even by accident."""
        first = await signed_in(world, teacher)
        answers = await asyncio.gather(*(refresh(world, first["refresh_token"]) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200, *[401] * 5]
        won = next(answer.json() for answer in answers if answer.status_code == 200)
        assert await status_of_me(world, won["access_token"]) == 401
        assert (await refresh(world, won["refresh_token"])).status_code == 401

    async def test_knows_no_invented_token(self, world: World, teacher: Person) -> None:
        for token in (
            "x",
            "ü" * 40,
            "\x00",
            (await signed_in(world, teacher))["access_token"][:300],
        ):
            answer = await refresh(world, token)
            assert answer.status_code == 401
            assert answer.json()["code"] == "refresh_refused"

    async def test_keeps_only_a_hash(self, world: World, teacher: Person) -> None:
        secret = (await signed_in(world, teacher))["refresh_token"]
        kept = world.sql("select hash from refresh_token")
        assert all(secret.encode() not in bytes(row[0]) for row in kept)

    async def test_ends_when_the_session_does(self, world: World, teacher: Person) -> None:
        token = await signed_in(world, teacher)
        for hour in range(1, 12, 5):
            with clock.shifted(timedelta(hours=hour)):
                token = (await refresh(world, token["refresh_token"])).json()
        with clock.shifted(timedelta(hours=12, seconds=1)):
            assert (await refresh(world, token["refresh_token"])).status_code == 401

    async def test_stops_when_the_membership_ends(self, world: World, teacher: Person) -> None:
        token = await signed_in(world, teacher)
        world.sql("update membership set valid_to = current_date where staff_id = %s", teacher.id)
        assert (await refresh(world, token["refresh_token"])).status_code == 401

    async def test_stops_when_the_account_is_disabled(self, world: World, teacher: Person) -> None:
        token = await signed_in(world, teacher)
        world.sql("update account set disabled_at = now() where id = %s", teacher.id)
        assert (await refresh(world, token["refresh_token"])).status_code == 401


class TestAnAccessToken:
    async def test_lives_for_a_quarter_of_an_hour(self, world: World, teacher: Person) -> None:
        token = await signed_in(world, teacher)
        with clock.shifted(timedelta(minutes=14)):
            assert await status_of_me(world, token["access_token"]) == 200
        with clock.shifted(timedelta(minutes=16)):
            answer = await world.as_token(token["access_token"]).get("/v1/me")
            assert answer.status_code == 401
            assert answer.json()["code"] == "token_invalid"
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize(
        "end",
        [
            "update membership set valid_to = current_date where staff_id = %s",
            "update account set disabled_at = now() where id = %s",
            "update auth_session set revoked_at = now() where account_id = %s",
            "update auth_session set expires_at = now() where account_id = %s",
        ],
    )
    async def test_stops_at_once(self, world: World, school: School, end: str) -> None:
        """For reads, changes and refusals alike, though the token itself is still good."""
        teacher = school[Role.STAFF]
        api = school.staff
        assert (await api.get("/v1/me")).status_code == 200
        world.sql(end, teacher.id)
        for answer in (
            await api.get("/v1/me"),
            await api.post("/v1/me/password", {"current_password": "x", "new_password": "y"}),
        ):
            assert answer.status_code == 401
            assert answer.json()["code"] == "session_over"

    async def test_is_bound_to_the_role_of_its_session(self, world: World, school: School) -> None:
        """A token that names another role than its session opens nothing."""
        teacher = school[Role.STAFF]
        forged = Person(**{**vars(teacher), "role": Role.DSL})
        assert await status_of_me(world, world.token_of(forged)) == 401

    async def test_is_bound_to_the_school_of_its_session(
        self, world: World, school: School, other_school: School
    ) -> None:
        forged = Person(**{**vars(school[Role.DSL]), "school_id": other_school.id})
        assert await status_of_me(world, world.token_of(forged)) == 401


class TestRevokeToken:
    async def test_ends_the_session_at_once(
        self, world: World, school: School, teacher: Person
    ) -> None:
        token = await signed_in(world, teacher)
        done = await world.anybody.request(
            "POST", "/v1/auth/revoke", data={"token": token["refresh_token"]}
        )
        assert done.status_code == 200
        assert await status_of_me(world, token["access_token"]) == 401
        assert (await refresh(world, token["refresh_token"])).status_code == 401
        assert "session.revoked" in verbs(world, school)

    async def test_accepts_an_unknown_token(self, world: World) -> None:
        fields = {"token": "unknown", "token_type_hint": "refresh_token"}
        done = await world.anybody.request("POST", "/v1/auth/revoke", data=fields)
        assert done.status_code == 200

    async def test_accepts_an_access_token_and_ends_nothing(
        self, world: World, teacher: Person
    ) -> None:
        token = (await signed_in(world, teacher))["access_token"]
        for unknown in (token, "x" * 4_096, "\x00", "é"):
            done = await world.anybody.request("POST", "/v1/auth/revoke", data={"token": unknown})
            assert done.status_code == 200
        assert await status_of_me(world, token) == 200


class TestGetMe:
    @pytest.mark.parametrize("role", [Role.STAFF, Role.DSL, Role.GOVERNOR, Role.SCHOOL_ADMIN])
    async def test_says_who_i_am_and_what_i_may(self, school: School, role: Role) -> None:
        person = school[role]
        me = (await school.api(role).get("/v1/me")).json()
        today = clock.now().date()
        assert me == {
            "id": str(person.id),
            "email": person.email,
            "name": person.name,
            "new_reach": None,
            "organisation_id": str(school.id),
            "role": role.value,
            "permissions": sorted(BUILT_IN[role].permissions),
            "session_id": str(person.session_id),
            "memberships": [
                {
                    "organisation_id": str(school.id),
                    "organisation": school.name,
                    "kind": "school",
                    "role": role.value,
                    "valid_from": str(today - timedelta(days=1)),
                    "valid_to": None,
                }
            ],
            "amr": ["pwd", "otp"],
            "auth_time": me["auth_time"],
            "second_factor": "done",
            "factors": {"totp": False, "passkeys": 0, "recovery_codes": 0},
        }


class TestGetJwks:
    async def test_shows_public_keys_only(self, world: World) -> None:
        keys = (await world.anybody.get("/.well-known/jwks.json")).json()["keys"]
        assert keys
        assert all(set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in keys)

    async def test_keeps_old_tokens_good_when_the_key_changes(
        self, world: World, school: School, teacher: Person
    ) -> None:
        before = await signed_in(world, teacher)
        new = world.runtime.keys.rotate(timedelta())
        published = (await world.anybody.get("/.well-known/jwks.json")).json()["keys"]
        old_kid = jwt.get_unverified_header(before["access_token"])["kid"]
        assert {old_kid, new.kid} <= {key["kid"] for key in published}
        with clock.shifted(timedelta(seconds=3)):
            after = await signed_in(world, teacher)
            assert jwt.get_unverified_header(after["access_token"])["kid"] == new.kid
            assert await status_of_me(world, before["access_token"]) == 200
            assert await status_of_me(world, after["access_token"]) == 200

    async def test_stands_where_the_metadata_says(self, world: World) -> None:
        found = (await world.anybody.get("/.well-known/oauth-authorization-server")).json()
        assert found["issuer"] == "http://cairn.test"
        for name in ("jwks_uri", "token_endpoint", "revocation_endpoint"):
            path = found[name].removeprefix(found["issuer"])
            assert world.description.path_of(path) is not None, name
