"""Access tokens: what is issued, what is refused and why, and what is remembered."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk

from app.core import clock
from app.integrations import tokens
from app.integrations.signing_keys import KeyRing
from app.integrations.tokens import AccessTokens, Claims, Refusal, TokenRefused

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
SUB = UUID("0198a1b2-0000-7000-8000-000000000001")
SID = UUID("0198a1b2-0000-7000-8000-000000000002")
ORG = UUID("0198a1b2-0000-7000-8000-000000000003")
CLAIMS: dict[str, Any] = {
    "iss": "https://cairn.example",
    "sub": str(SUB),
    "aud": "cairn",
    "exp": STAMP + 900,
    "iat": STAMP,
    "nbf": STAMP,
    "jti": "0198a1b2-0000-4000-8000-000000000004",
    "sid": str(SID),
    "org": str(ORG),
    "role": "dsl",
    "scope": "concern:read concern:raise",
    "amr": ["pwd", "otp"],
    "auth_time": STAMP - 60,
}


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    ring = KeyRing(tmp_path_factory.mktemp("keys") / "keys")
    with clock.frozen(NOW - timedelta(days=1)):
        ring.ensure()
    return ring


@pytest.fixture
def access(ring: KeyRing) -> AccessTokens:
    return AccessTokens(ring, "https://cairn.example", "cairn")


def issue(access: AccessTokens) -> str:
    return access.issue(
        sub=SUB,
        sid=SID,
        org=ORG,
        role="dsl",
        scope=("concern:read", "concern:raise"),
        amr=("pwd", "otp"),
        auth_time=clock.now() - timedelta(seconds=60),
    )


def encode(raw: bytes | str) -> str:
    raw = raw.encode() if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forge:
    """Makes tokens that the application would never make."""

    def __init__(self, ring: KeyRing) -> None:
        self.key = ring.current()
        self.header: dict[str, Any] = {"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"}

    def sign(self, payload: str, header: str | None = None, private: Any = None) -> str:
        """A correct signature over any text."""
        body = f"{encode(header or json.dumps(self.header))}.{encode(payload)}"
        return f"{body}.{encode((private or self.key.private).sign(body.encode()))}"

    def headed(self, **header: Any) -> str:
        return self.sign(json.dumps(CLAIMS), json.dumps({**self.header, **header}))

    def headless(self, name: str) -> str:
        header = {key: value for key, value in self.header.items() if key != name}
        return self.sign(json.dumps(CLAIMS), json.dumps(header))

    def claiming(self, **claims: Any) -> str:
        return self.sign(json.dumps({**CLAIMS, **claims}))

    def without(self, name: str) -> str:
        return self.sign(json.dumps({key: value for key, value in CLAIMS.items() if key != name}))

    def replacing(self, old: str, new: str) -> str:
        payload = json.dumps(CLAIMS)
        assert payload.count(old) == 1
        return self.sign(payload.replace(old, new))

    def hmac(self, secret: bytes) -> str:
        header = json.dumps({**self.header, "alg": "HS256"})
        body = f"{encode(header)}.{encode(json.dumps(CLAIMS))}"
        return f"{body}.{encode(hmac.digest(secret, body.encode(), 'sha256'))}"

    def public(self, encoding: Encoding) -> bytes:
        public: ec.EllipticCurvePublicKey = self.key.public.prepared_key  # type: ignore[attr-defined]
        return public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)

    def own_key(self) -> str:
        return self.sign(json.dumps(CLAIMS), private=other_key())

    def cut(self, by: int) -> str:
        return self.claiming()[:-by]

    def resigned(self, change: Callable[[str], str]) -> str:
        body, _, signature = self.claiming().rpartition(".")
        return f"{body}.{change(signature)}"

    def unsigned(self) -> str:
        return self.headed(alg="none").rpartition(".")[0] + "."


def other_key() -> Any:
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.private_numbers()
    public = numbers.public_numbers
    parts = {"x": public.x, "y": public.y, "d": numbers.private_value}
    whole = {name: encode(value.to_bytes(32, "big")) for name, value in parts.items()}
    return jwk.construct({"kty": "EC", "crv": "P-256", **whole}, "ES256")


def next_spelling(signature: str) -> str:
    """Other text for the same 64 bytes: the last character's unused bits are set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = signature[:-1] + alphabet[alphabet.index(signature[-1]) + 1]
    assert base64.urlsafe_b64decode(other + "==") == base64.urlsafe_b64decode(signature + "==")
    return other


Make = Callable[[Forge], Any]
HOSTILE: dict[str, tuple[Make, Refusal]] = {
    "empty": (lambda _: "", Refusal.MALFORMED),
    "none": (lambda _: None, Refusal.MALFORMED),
    "bytes": (lambda forge: forge.claiming().encode(), Refusal.MALFORMED),
    "one dot": (lambda _: "a.b", Refusal.MALFORMED),
    "only dots": (lambda _: "..", Refusal.MALFORMED),
    "an extra dot": (lambda forge: forge.claiming() + ".", Refusal.MALFORMED),
    "an encrypted token's five parts": (lambda forge: forge.claiming() + ".a.b", Refusal.MALFORMED),
    "non-ASCII": (lambda forge: forge.claiming() + "é", Refusal.MALFORMED),
    "a lone surrogate": (lambda forge: forge.claiming() + "\ud800", Refusal.MALFORMED),
    "NUL": (lambda forge: forge.claiming() + "\0", Refusal.MALFORMED),
    "a line break at the end": (lambda forge: forge.claiming() + "\n", Refusal.MALFORMED),
    "padding": (lambda forge: forge.claiming() + "==", Refusal.MALFORMED),
    "the other base64 alphabet": (lambda forge: "+/" + forge.claiming(), Refusal.MALFORMED),
    "4097 characters": (lambda forge: forge.claiming().ljust(4097, "A"), Refusal.MALFORMED),
    "4096 characters": (lambda forge: forge.claiming().ljust(4096, "A"), Refusal.BAD_SIGNATURE),
    "a header of impossible length": (lambda _: "a.e30.AA", Refusal.MALFORMED),
    "a header that is no JSON": (lambda forge: forge.sign("{}", "no"), Refusal.MALFORMED),
    "a header in Latin-1": (lambda _: encode(b'{"alg":"\xe9"}') + ".e30.AA", Refusal.MALFORMED),
    "a header that is a list": (lambda forge: forge.sign("{}", "[1]"), Refusal.MALFORMED),
    "a header nested deeply": (lambda forge: forge.sign("{}", "[" * 2000), Refusal.MALFORMED),
    "a header with a name twice": (
        lambda forge: forge.sign(
            json.dumps(CLAIMS), json.dumps(forge.header)[:-1] + ',"alg":"ES256"}'
        ),
        Refusal.MALFORMED,
    ),
    "alg none": (lambda forge: forge.unsigned(), Refusal.WRONG_ALGORITHM),
    "alg none in capitals": (lambda forge: forge.headed(alg="NONE"), Refusal.WRONG_ALGORITHM),
    "alg missing": (lambda forge: forge.headless("alg"), Refusal.WRONG_ALGORITHM),
    "alg a list": (lambda forge: forge.headed(alg=["ES256"]), Refusal.WRONG_ALGORITHM),
    "alg ES512": (lambda forge: forge.headed(alg="ES512"), Refusal.WRONG_ALGORITHM),
    "HS256 with the public PEM": (
        lambda forge: forge.hmac(forge.public(Encoding.PEM)),
        Refusal.WRONG_ALGORITHM,
    ),
    "HS256 with the public DER": (
        lambda forge: forge.hmac(forge.public(Encoding.DER)),
        Refusal.WRONG_ALGORITHM,
    ),
    "another key under our kid": (lambda forge: forge.own_key(), Refusal.BAD_SIGNATURE),
    "kid missing": (lambda forge: forge.headless("kid"), Refusal.UNKNOWN_KEY),
    "kid unknown": (lambda forge: forge.headed(kid="A" * 43), Refusal.UNKNOWN_KEY),
    "kid a path": (lambda forge: forge.headed(kid="../../etc/passwd"), Refusal.UNKNOWN_KEY),
    "kid with NUL": (lambda forge: forge.headed(kid="a\0b"), Refusal.UNKNOWN_KEY),
    "kid empty": (lambda forge: forge.headed(kid=""), Refusal.UNKNOWN_KEY),
    "kid a list": (lambda forge: forge.headed(kid=[forge.key.kid]), Refusal.UNKNOWN_KEY),
    "kid an object": (lambda forge: forge.headed(kid={}), Refusal.UNKNOWN_KEY),
    "kid null": (lambda forge: forge.headed(kid=None), Refusal.UNKNOWN_KEY),
    "jwk": (lambda forge: forge.headed(jwk=dict(forge.key.jwk)), Refusal.UNEXPECTED_HEADER),
    "jku": (lambda forge: forge.headed(jku="https://a.example"), Refusal.UNEXPECTED_HEADER),
    "x5u": (lambda forge: forge.headed(x5u="https://a.example"), Refusal.UNEXPECTED_HEADER),
    "x5c": (lambda forge: forge.headed(x5c=["AAAA"]), Refusal.UNEXPECTED_HEADER),
    "crit": (lambda forge: forge.headed(crit=["exp"]), Refusal.UNEXPECTED_HEADER),
    "b64": (lambda forge: forge.headed(b64=False), Refusal.UNEXPECTED_HEADER),
    "zip": (lambda forge: forge.headed(zip="DEF"), Refusal.UNEXPECTED_HEADER),
    "typ missing": (lambda forge: forge.headless("typ"), Refusal.WRONG_TYPE),
    "typ JWT": (lambda forge: forge.headed(typ="JWT"), Refusal.WRONG_TYPE),
    "typ in capitals": (lambda forge: forge.headed(typ="AT+JWT"), Refusal.WRONG_TYPE),
    "typ a list": (lambda forge: forge.headed(typ=["at+jwt"]), Refusal.WRONG_TYPE),
    "no signature": (lambda forge: forge.resigned(lambda _: ""), Refusal.BAD_SIGNATURE),
    "a signature cut by one": (lambda forge: forge.cut(1), Refusal.BAD_SIGNATURE),
    "a signature cut by four": (lambda forge: forge.cut(4), Refusal.BAD_SIGNATURE),
    "a signature grown by four": (
        lambda forge: forge.resigned(lambda signature: signature + "AAAA"),
        Refusal.BAD_SIGNATURE,
    ),
    "a signature of zeros": (
        lambda forge: forge.resigned(lambda _: "A" * 86),
        Refusal.BAD_SIGNATURE,
    ),
    "a signature spelt otherwise": (
        lambda forge: forge.resigned(next_spelling),
        Refusal.BAD_SIGNATURE,
    ),
    "claims that are no JSON": (lambda forge: forge.sign("no"), Refusal.MALFORMED),
    "claims that are a list": (lambda forge: forge.sign("[]"), Refusal.MALFORMED),
    "claims nested deeply": (lambda forge: forge.sign("[" * 2500), Refusal.MALFORMED),
    "a claim twice": (lambda forge: forge.replacing('"role"', '"sub"'), Refusal.MALFORMED),
    "exp Infinity": (lambda forge: forge.claiming(exp=float("inf")), Refusal.MALFORMED),
    "exp NaN": (lambda forge: forge.claiming(exp=float("nan")), Refusal.MALFORMED),
    "exp 1e400": (
        lambda forge: forge.replacing(f'"exp": {STAMP + 900}', '"exp": 1e400'),
        Refusal.BAD_CLAIM,
    ),
    "exp of 2000 digits": (lambda forge: forge.claiming(exp=10**2000), Refusal.LIFETIME_TOO_LONG),
    "times before all time": (
        lambda forge: forge.claiming(iat=-(10**600), nbf=0, exp=1 - 10**600),
        Refusal.EXPIRED,
    ),
    "times after all time": (
        lambda forge: forge.claiming(iat=10**600, exp=1 + 10**600),
        Refusal.NOT_YET_VALID,
    ),
    "exp a string": (lambda forge: forge.claiming(exp=str(STAMP + 900)), Refusal.BAD_CLAIM),
    "exp a float": (lambda forge: forge.claiming(exp=STAMP + 900.0), Refusal.BAD_CLAIM),
    "nbf true": (lambda forge: forge.claiming(nbf=True), Refusal.BAD_CLAIM),
    "iat null": (lambda forge: forge.claiming(iat=None), Refusal.BAD_CLAIM),
    "nbf a list": (lambda forge: forge.claiming(nbf=[STAMP]), Refusal.BAD_CLAIM),
    "auth_time a string": (lambda forge: forge.claiming(auth_time="0"), Refusal.BAD_CLAIM),
    "exp before iat": (
        lambda forge: forge.claiming(iat=STAMP + 5, exp=STAMP - 5),
        Refusal.BAD_CLAIM,
    ),
    "aud a list with ours": (lambda forge: forge.claiming(aud=["cairn"]), Refusal.WRONG_AUDIENCE),
    "aud another": (lambda forge: forge.claiming(aud="other"), Refusal.WRONG_AUDIENCE),
    "iss another": (lambda forge: forge.claiming(iss="https://a.example"), Refusal.WRONG_ISSUER),
    "iss a list": (
        lambda forge: forge.claiming(iss=["https://cairn.example"]),
        Refusal.WRONG_ISSUER,
    ),
    "a life of 901 seconds": (
        lambda forge: forge.claiming(exp=STAMP + 901),
        Refusal.LIFETIME_TOO_LONG,
    ),
    "iat in the future": (
        lambda forge: forge.claiming(iat=STAMP + 11, exp=STAMP + 900),
        Refusal.NOT_YET_VALID,
    ),
    "nbf in the future": (lambda forge: forge.claiming(nbf=STAMP + 11), Refusal.NOT_YET_VALID),
    "auth_time in the future": (
        lambda forge: forge.claiming(auth_time=STAMP + 11),
        Refusal.NOT_YET_VALID,
    ),
    "sub no UUID": (lambda forge: forge.claiming(sub="admin"), Refusal.BAD_CLAIM),
    "sub in braces": (lambda forge: forge.claiming(sub=f"{{{SUB}}}"), Refusal.BAD_CLAIM),
    "org in capitals": (lambda forge: forge.claiming(org=str(ORG).upper()), Refusal.BAD_CLAIM),
    "sid a number": (lambda forge: forge.claiming(sid=7), Refusal.BAD_CLAIM),
    "role empty": (lambda forge: forge.claiming(role=""), Refusal.BAD_CLAIM),
    "scope a list": (lambda forge: forge.claiming(scope=["a"]), Refusal.BAD_CLAIM),
    "scope with two spaces": (lambda forge: forge.claiming(scope="a  b"), Refusal.BAD_CLAIM),
    "amr a string": (lambda forge: forge.claiming(amr="pwd"), Refusal.BAD_CLAIM),
    "amr of numbers": (lambda forge: forge.claiming(amr=[1]), Refusal.BAD_CLAIM),
}


class TestIssue:
    def test_says_who_where_and_until_when(self, access: AccessTokens) -> None:
        with clock.frozen(NOW):
            claims = access.verify(issue(access))
        assert claims == Claims(
            iss="https://cairn.example",
            sub=SUB,
            aud="cairn",
            exp=STAMP + 900,
            iat=STAMP,
            nbf=STAMP,
            jti=claims.jti,
            sid=SID,
            org=ORG,
            role="dsl",
            scope=("concern:read", "concern:raise"),
            amr=("pwd", "otp"),
            auth_time=STAMP - 60,
        )

    def test_gives_every_token_an_id_of_its_own(self, access: AccessTokens) -> None:
        with clock.frozen(NOW):
            assert access.verify(issue(access)).jti != access.verify(issue(access)).jti

    def test_carries_an_empty_scope(self, access: AccessTokens) -> None:
        with clock.frozen(NOW):
            token = access.issue(
                sub=SUB, sid=SID, org=ORG, role="staff", scope=(), amr=(), auth_time=NOW
            )
            assert access.verify(token).scope == ()

    def test_names_type_and_key_in_the_header(self, access: AccessTokens, ring: KeyRing) -> None:
        header = json.loads(base64.urlsafe_b64decode(issue(access).split(".")[0] + "=="))
        assert header == {"alg": "ES256", "kid": ring.current().kid, "typ": "at+jwt"}


class TestVerify:
    def test_accepts_what_the_forge_makes_unaltered(
        self, access: AccessTokens, ring: KeyRing
    ) -> None:
        with clock.frozen(NOW):
            assert access.verify(Forge(ring).claiming()).role == "dsl"

    @pytest.mark.parametrize("name", HOSTILE)
    def test_refuses_a_hostile_token(self, name: str, access: AccessTokens, ring: KeyRing) -> None:
        make, reason = HOSTILE[name]
        with clock.frozen(NOW):
            for _ in range(2):
                with pytest.raises(TokenRefused) as refused:
                    access.verify(make(Forge(ring)))
                assert refused.value.reason is reason

    @pytest.mark.parametrize("name", CLAIMS)
    def test_requires_every_claim(self, name: str, access: AccessTokens, ring: KeyRing) -> None:
        with clock.frozen(NOW), pytest.raises(TokenRefused) as refused:
            access.verify(Forge(ring).without(name))
        assert refused.value.reason is Refusal.MISSING_CLAIM

    def test_ignores_a_claim_it_does_not_know(self, access: AccessTokens, ring: KeyRing) -> None:
        with clock.frozen(NOW):
            assert access.verify(Forge(ring).claiming(new="x")).sub == SUB

    def test_says_nothing_of_the_token_in_the_error(
        self, access: AccessTokens, ring: KeyRing
    ) -> None:
        with clock.frozen(NOW), pytest.raises(TokenRefused) as refused:
            access.verify(Forge(ring).claiming(aud="other"))
        assert str(refused.value) == "wrong_audience"
        assert refused.value.__cause__ is None

    def test_forgives_ten_seconds_of_a_slow_clock(
        self, access: AccessTokens, ring: KeyRing
    ) -> None:
        early = {name: STAMP + 10 for name in ("iat", "nbf", "auth_time")}
        with clock.frozen(NOW):
            assert access.verify(Forge(ring).claiming(**early)).iat == STAMP + 10

    @pytest.mark.parametrize("seen_before", [False, True], ids=["new", "remembered"])
    def test_expires_at_the_end_of_the_leeway(
        self, *, seen_before: bool, access: AccessTokens
    ) -> None:
        with clock.frozen(NOW):
            token = issue(access)
            if seen_before:
                access.verify(token)
        with clock.frozen(NOW + timedelta(seconds=909.999)):
            assert access.verify(token).sub == SUB
        other = (
            access if seen_before else AccessTokens(access._keys, "https://cairn.example", "cairn")
        )
        with clock.frozen(NOW + timedelta(seconds=910)):
            for _ in range(2):
                with pytest.raises(TokenRefused) as refused:
                    other.verify(token)
                assert refused.value.reason is Refusal.EXPIRED


class TestRemember:
    def test_gives_back_the_very_claims_it_proved(self, access: AccessTokens) -> None:
        with clock.frozen(NOW):
            token = issue(access)
            assert access.verify(token) is access.verify(token)

    def test_holds_digests_and_no_tokens(self, access: AccessTokens) -> None:
        with clock.frozen(NOW):
            token = issue(access)
            access.verify(token)
        assert list(access._remembered) == [hashlib.sha256(token.encode()).digest()]

    def test_drops_the_one_unused_for_longest(
        self, access: AccessTokens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokens, "REMEMBERED", 2)
        with clock.frozen(NOW):
            first, second, third = (issue(access) for _ in range(3))
            kept, dropped = access.verify(first), access.verify(second)
            assert access.verify(first) is kept
            access.verify(third)
            assert len(access._remembered) == 2
            assert access.verify(first) is kept
            assert access.verify(second) is not dropped

    def test_remembers_no_refused_token(self, access: AccessTokens, ring: KeyRing) -> None:
        with clock.frozen(NOW), pytest.raises(TokenRefused):
            access.verify(Forge(ring).claiming(aud="other"))
        assert not access._remembered

    def test_forgets_the_tokens_of_a_key_that_was_taken_away(self, tmp_path: Path) -> None:
        ring = KeyRing(tmp_path / "keys", look_every=timedelta(0))
        ring.ensure()
        access = AccessTokens(ring, "https://cairn.example", "cairn")
        token = issue(access)
        access.verify(token)
        stolen = ring.current()
        ring.rotate(timedelta(0))
        stolen.path.unlink()
        with pytest.raises(TokenRefused) as refused:
            access.verify(token)
        assert refused.value.reason is Refusal.UNKNOWN_KEY


class TestRotation:
    def test_accepts_an_old_keys_token_and_signs_with_the_new_key(self, tmp_path: Path) -> None:
        ring = KeyRing(tmp_path / "keys", look_every=timedelta(0))
        elsewhere = AccessTokens(KeyRing(tmp_path / "keys"), "https://cairn.example", "cairn")
        with clock.frozen(NOW):
            ring.ensure()
            access = AccessTokens(ring, "https://cairn.example", "cairn")
            before = issue(access)
            elsewhere.verify(before)
            ring.rotate(timedelta(minutes=10))
        with clock.frozen(NOW + timedelta(minutes=11)):
            after = issue(access)
            assert after.split(".")[0] != before.split(".")[0]
            assert access.verify(before).sub == SUB
            assert elsewhere.verify(after).sub == SUB
