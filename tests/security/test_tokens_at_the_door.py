"""Hostile tokens, sent to the real application: each is a 401 problem and nothing more."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws

from app.core import clock
from app.core.ids import NIL, new_id
from app.core.words import Permission, Role
from tests.signing_in import refresh, signed_in
from tests.world import School, World


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def segment(content: Any) -> str:
    return b64(json.dumps(content).encode())


class Forge:
    """Makes tokens as an attacker would who knows everything but the private key."""

    def __init__(self, world: World, school: School) -> None:
        self.world = world
        self.good = school[Role.DSL].token
        self.header_text, self.payload_text, self.signature = self.good.split(".")
        self.header = self._read(self.header_text)
        self.claims = self._read(self.payload_text)
        self.key = world.runtime.keys.current()
        self.now = int(clock.now().timestamp())

    @staticmethod
    def _read(text: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return found

    def unsigned(self, **header: Any) -> str:
        """The good claims under another header, with the good signature."""
        return f"{segment({**self.header, **header})}.{self.payload_text}.{self.signature}"

    def signed(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Properly signed by the real key, with other claims: what a bug of ours would make."""
        found = {**self.claims, **claims}
        wanted = {name: value for name, value in found.items() if value is not ...}
        return jws.sign(
            wanted, self.key.private, headers={**self.header, **(header or {})}, algorithm="ES256"
        )

    def by_a_stranger(self) -> str:
        """The good claims and key id, signed by a key of the attacker's."""
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return jws.sign(self.claims, pem, headers=self.header, algorithm="ES256")

    def by_public_key(self) -> str:
        """The classic confusion: HMAC keyed by the published key."""
        first = f"{segment({**self.header, 'alg': 'HS256'})}.{self.payload_text}"
        public = json.dumps(dict(self.key.jwk)).encode()
        return f"{first}.{b64(hmac.new(public, first.encode(), hashlib.sha256).digest())}"


CORPUS: dict[str, Callable[[Forge], str]] = {
    "alg none": lambda f: f.unsigned(alg="none"),
    "alg none without a signature": lambda f: f.unsigned(alg="none").rsplit(".", 1)[0] + ".",
    "alg NoNe": lambda f: f.unsigned(alg="NoNe"),
    "alg HS256 by the public key": lambda f: f.by_public_key(),
    "alg ES384": lambda f: f.unsigned(alg="ES384"),
    "alg missing": lambda f: f"{segment({'typ': 'at+jwt', 'kid': f.key.kid})}.{f.payload_text}.x",
    "alg is a list": lambda f: f.unsigned(alg=["ES256"]),
    "another kid": lambda f: f.unsigned(kid="A" * 43),
    "kid is a path": lambda f: f.unsigned(kid="../../../dev/null"),
    "kid is a number": lambda f: f.unsigned(kid=1),
    "kid is sql": lambda f: f.unsigned(kid="' or 1=1 --"),
    "typ JWT": lambda f: f.unsigned(typ="JWT"),
    "typ missing": lambda f: f"{segment({'alg': 'ES256'})}.{f.payload_text}.{f.signature}",
    "jwk in the header": lambda f: f.unsigned(jwk=dict(f.key.jwk)),
    "jku in the header": lambda f: f.unsigned(jku="http://attacker.example/jwks"),
    "crit in the header": lambda f: f.unsigned(crit=["exp"]),
    "signed by a stranger": lambda f: f.by_a_stranger(),
    "other claims under the signature": lambda f: (
        f"{f.header_text}.{segment({**f.claims, 'role': 'headteacher'})}.{f.signature}"
    ),
    "cut signature": lambda f: f.good[:-1],
    "padded signature": lambda f: f.good + "==",
    "longer signature": lambda f: f.good + "AA",
    "empty signature": lambda f: f"{f.header_text}.{f.payload_text}.",
    "zero signature": lambda f: f"{f.header_text}.{f.payload_text}.{b64(bytes(64))}",
    "two parts": lambda f: f"{f.header_text}.{f.payload_text}",
    "four parts": lambda f: f.good + ".x",
    "five parts": lambda f: f"{f.header_text}.x.x.x.x",
    "expired": lambda f: f.signed(exp=f.now - 3600, iat=f.now - 4200, nbf=f.now - 4200),
    "not yet": lambda f: f.signed(iat=f.now + 3600, nbf=f.now + 3600, exp=f.now + 4000),
    "lives for ever": lambda f: f.signed(exp=f.now + 10**9),
    "exp is text": lambda f: f.signed(exp=str(f.now + 600)),
    "exp is true": lambda f: f.signed(exp=True),
    "exp is huge": lambda f: f.signed(exp=10**300),
    "no exp": lambda f: f.signed(exp=...),
    "no sid": lambda f: f.signed(sid=...),
    "other audience": lambda f: f.signed(aud="http://elsewhere.example/v1"),
    "list of audiences": lambda f: f.signed(aud=[f.claims["aud"]]),
    "other issuer": lambda f: f.signed(iss="http://elsewhere.example"),
    "role of the system": lambda f: f.signed(role="system"),
    "unknown role": lambda f: f.signed(role="king"),
    "another's session": lambda f: f.signed(sid=str(new_id())),
    "another's account": lambda f: f.signed(sub=str(new_id())),
    "nil account": lambda f: f.signed(sub=str(NIL)),
    "sub is sql": lambda f: f.signed(sub="' or 1=1 --"),
    "deep header": lambda f: f"{b64(b'[' * 3000)}.{f.payload_text}.{f.signature}",
    "header is not utf-8": lambda f: f"{b64(bytes([255, 254]))}.{f.payload_text}.{f.signature}",
    "nothing in base64": lambda f: "..",
    "one word": lambda f: "garbage",
    "very long": lambda f: "A" * 5000,
    "another kind of token": lambda f: b64(b"x" * 32),
    "padded header": lambda f: f"{f.header_text}=.{f.payload_text}.{f.signature}",
    "padded payload": lambda f: f"{f.header_text}.{f.payload_text}=.{f.signature}",
    "cut payload": lambda f: f"{f.header_text}.{f.payload_text[:-4]}.{f.signature}",
    "signature with spare bits": lambda f: f.good[:-1] + _next_letter(f.good[-1]),
    "space within": lambda f: f"{f.header_text} .{f.payload_text}.{f.signature}",
    "alg missing from a good header": lambda f: (
        f"{segment({'typ': 'at+jwt', 'kid': f.key.kid})}.{f.payload_text}.{f.signature}"
    ),
    "kid is a file of keys": lambda f: f.unsigned(kid="/proc/self/environ"),
    "kid with a nul": lambda f: f.unsigned(kid=f.key.kid + "\x00"),
    "kid in capitals": lambda f: f.unsigned(kid=f.key.kid.swapcase()),
    "x5u in the header": lambda f: f.unsigned(x5u="http://attacker.example/cert"),
    "names twice": lambda f: f"{b64(_twice(f))}.{f.payload_text}.{f.signature}",
    "audience of the token endpoint": lambda f: f.signed(aud=f"{f.claims['iss']}/v1/auth/token"),
    "typ of an ID token": lambda f: f.signed({"typ": "JWT"}),
    "no role": lambda f: f.signed(role=""),
    "a person as a program": lambda f: f.signed(role="service_key"),
    "a role the person does not hold": lambda f: f.signed(role="headteacher"),
    "a school the person is not of": lambda f: f.signed(org=str(new_id())),
}

RAN_OUT = {"expired"}
"""Forgeries with a good signature that only came too late; they alone say so."""


def _next_letter(letter: str) -> str:
    """The next letter of base64: other unused bits, the same 64 bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[(letters.index(letter) + 1) % 64]


def _twice(forge: Forge) -> bytes:
    return json.dumps(forge.header).replace("{", '{"alg": "none", ', 1).encode()


class TestATokenThatIsNotOurs:
    @pytest.mark.parametrize("name", CORPUS)
    async def test_is_refused(self, world: World, school: School, name: str) -> None:
        token = CORPUS[name](Forge(world, school))
        for method, path in (("GET", "/v1/me"), ("POST", "/v1/me/password")):
            answer = await world.as_token(token).request(method, path)
            assert answer.status_code == 401, name
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"].startswith('Bearer realm="cairn"')
            assert answer.json()["code"] in {"token_invalid", "session_over"}
            assert token[:40] not in answer.text
            assert (answer.json()["detail"] == "It has expired.") is (name in RAN_OUT)

    async def test_can_be_told_from_a_good_one(self, world: World, school: School) -> None:
        """The forge's own signature works where nothing is changed."""
        answer = await world.as_token(Forge(world, school).signed()).get("/v1/me")
        assert answer.status_code == 200


class TestATokenOfSomethingElse:
    """Signed by ours and well formed, but for another door."""

    async def test_of_a_program_opens_nothing_of_a_person(
        self, world: World, school: School
    ) -> None:
        _, token = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
        program = world.as_token(token)
        for method, path in (
            ("GET", "/v1/me"),
            ("GET", "/v1/concerns"),
            ("POST", "/v1/me/totp"),
            ("GET", "/v1/me/sessions"),
            ("POST", "/v1/me/step-up/options"),
        ):
            answer = await program.request(method, path)
            assert answer.status_code == 403, path
            assert answer.json()["code"] == "permission_missing"

    async def test_of_a_program_in_the_role_of_a_person_is_refused(
        self, world: World, school: School
    ) -> None:
        key_id, _ = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
        for role in ("dsl", "staff", "school_admin"):
            token = Forge(world, school).signed(sub=str(key_id), sid=str(key_id), role=role)
            answer = await world.as_token(token).get("/v1/me")
            assert (answer.status_code, answer.json()["code"]) == (401, "session_over")

    async def test_with_the_session_of_another_person_is_refused(
        self, world: World, school: School
    ) -> None:
        lead, teacher = school[Role.DSL], school[Role.STAFF]
        for claims in (
            {"sid": str(teacher.session_id)},
            {"sub": str(teacher.id)},
            {"sub": str(teacher.id), "role": "staff"},
            {"sid": str(teacher.session_id), "role": "staff"},
        ):
            answer = await world.as_token(Forge(world, school).signed(None, **claims)).get("/v1/me")
            assert (answer.status_code, answer.json()["code"]) == (401, "session_over")
        assert (await world.as_token(lead.token).get("/v1/me")).status_code == 200

    async def test_that_claims_more_factors_than_its_session_has_none_of_them(
        self, world: World, school: School
    ) -> None:
        lead = school[Role.DSL]
        world.sql("update auth_session set amr = '{pwd}' where id = %s", lead.session_id)
        forged = Forge(world, school).signed(amr=["hwk", "user", "mfa"])
        answer = await world.as_token(forged).get("/v1/concerns")
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")

    async def test_that_refreshes_sessions_opens_nothing(
        self, world: World, school: School
    ) -> None:
        """And a refresh token used already ends its session (tests/api/people/test_sessions.py)."""
        await world.set_password(school[Role.STAFF])
        token = await signed_in(world, school[Role.STAFF])
        answer = await world.as_token(token["refresh_token"]).get("/v1/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
        assert (await refresh(world, token["access_token"][:300])).status_code == 401

    async def test_of_an_earlier_session_is_dead_once_that_was_ended(
        self, world: World, school: School
    ) -> None:
        """A new sign-in makes a session of its own; ending the old one leaves it alone."""
        teacher = school[Role.STAFF]
        await world.set_password(teacher)
        first, second = await signed_in(world, teacher), await signed_in(world, teacher)
        assert first["refresh_token"] != second["refresh_token"]
        await world.as_token(second["access_token"]).post("/v1/me/sessions/revoke-others")
        assert (await world.as_token(first["access_token"]).get("/v1/me")).status_code == 401
        assert (await refresh(world, first["refresh_token"])).status_code == 401
        assert (await world.as_token(second["access_token"]).get("/v1/me")).status_code == 200


class TestAnAuthorizationHeader:
    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b" ",
            b"Bearer",
            b"Bearer ",
            b"Basic dXNlcjpwYXNz",
            b"Digest x",
            b"bearer\tx",
            b"Bearer x y z",
            b"Bearer \xff\xfe\xfd",
            b"Bearer ..",
            b"Bearer " + b"a." * 2000,
            "Bearer ключ".encode(),
            b"Bearer null",
            b"Token x",
        ],
    )
    async def test_of_garbage_is_refused(self, world: World, value: bytes) -> None:
        answer = await world.http.get("/v1/me", headers={b"authorization": value})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")

    async def test_counts_no_token_in_the_address(self, world: World, school: School) -> None:
        answer = await world.anybody.get(f"/v1/me?access_token={school[Role.DSL].token}")
        assert answer.status_code == 401
        assert answer.json()["code"] == "sign_in_needed"

    async def test_takes_the_scheme_in_any_case(self, world: World, school: School) -> None:
        token = school[Role.DSL].token
        for scheme in ("bearer", "BEARER"):
            answer = await world.http.get("/v1/me", headers={"authorization": f"{scheme} {token}"})
            assert answer.status_code == 200

    async def test_says_nothing_about_a_token_where_none_was_sent(self, world: World) -> None:
        """RFC 6750, 3.1."""
        answer = await world.anybody.get("/v1/me")
        assert answer.headers["www-authenticate"] == 'Bearer realm="cairn"'

    async def test_is_judged_again_when_time_has_passed(self, world: World, school: School) -> None:
        """Remembered tokens are remembered no longer than they live."""
        token = school[Role.DSL].token
        assert (await world.as_token(token).get("/v1/me")).status_code == 200
        with clock.shifted(timedelta(minutes=16)):
            assert (await world.as_token(token).get("/v1/me")).status_code == 401
