"""Signs access tokens and decides, strictly, whether a presented one is ours and still good."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode
from collections import OrderedDict
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NoReturn
from uuid import UUID, uuid4

from jose import jws
from jose.exceptions import JOSEError

from app.core import clock
from app.integrations.signing_keys import KeyRing, SigningKey

TYPE = "at+jwt"  # RFC 9068
LONGEST = 4096
REMEMBERED = 4096

_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
# 64 bytes leave four unused bits in the last character. The library ignores them, and would
# accept sixteen spellings of one signature.
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{85}[AQgw]")
_SCOPE = re.compile(r"(?:[!#-\[\]-~]+(?: [!#-\[\]-~]+)*)?")  # RFC 6749, 3.3
_UNREADABLE = (
    JOSEError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class Refusal(StrEnum):
    """Why a token was refused: for logs and tests, not for the caller who sent it."""

    MALFORMED = "malformed"
    UNEXPECTED_HEADER = "unexpected_header"
    WRONG_TYPE = "wrong_type"
    WRONG_ALGORITHM = "wrong_algorithm"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    MISSING_CLAIM = "missing_claim"
    BAD_CLAIM = "bad_claim"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    LIFETIME_TOO_LONG = "lifetime_too_long"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


class TokenRefused(Exception):
    """The one error of `verify`; carries no part of the token."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; times in whole seconds since 1970."""

    iss: str
    sub: UUID
    aud: str
    exp: int
    iat: int
    nbf: int
    jti: UUID
    sid: UUID
    org: UUID
    role: str
    scope: tuple[str, ...]
    amr: tuple[str, ...]
    auth_time: int


_REQUIRED = frozenset(claim.name for claim in fields(Claims))


class AccessTokens:
    """Issues and verifies ES256 access tokens, and remembers those it has verified.

    For use from one thread (the event loop's). Revoked sessions are not known here: the caller
    has to look at `sid`. An ECDSA signature has a second valid form, so a token is known by its
    `jti`, never by its text.
    """

    def __init__(
        self,
        keys: KeyRing,
        issuer: str,
        audience: str,
        lifetime: timedelta = timedelta(minutes=15),
        leeway: timedelta = timedelta(seconds=10),
    ) -> None:
        self.lifetime = lifetime
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway
        self._remembered: OrderedDict[bytes, tuple[datetime, Claims]] = OrderedDict()
        self._remembered_under: object = None

    def issue(
        self,
        *,
        sub: UUID,
        sid: UUID,
        org: UUID,
        role: str,
        scope: tuple[str, ...],
        amr: tuple[str, ...],
        auth_time: datetime,
    ) -> str:
        """A signed token for one person or service key, in one organisation and role."""
        key = self._keys.current()
        now = int(clock.now().timestamp())
        claims = {
            "iss": self._issuer,
            "sub": str(sub),
            "aud": self._audience,
            "exp": now + int(self.lifetime.total_seconds()),
            "iat": now,
            "nbf": now,
            "jti": str(uuid4()),
            "sid": str(sid),
            "org": str(org),
            "role": role,
            "scope": " ".join(scope),
            "amr": list(amr),
            "auth_time": int(auth_time.timestamp()),
        }
        headers = {"typ": TYPE, "kid": key.kid}
        return jws.sign(claims, key.private, headers=headers, algorithm=key.algorithm)

    def verify(self, token: str, *, late: timedelta = timedelta()) -> Claims:
        """The claims of a good token. Raises TokenRefused, whatever the token holds.

        `late`: one that ran out no longer ago is good, too, and is not remembered.
        """
        if type(token) is not str or len(token) > LONGEST or not token.isascii():
            raise TokenRefused(Refusal.MALFORMED)
        if late:
            return self._prove(token, late)
        self._forget_when_keys_change()
        digest = hashlib.sha256(token.encode()).digest()
        remembered = self._remembered.get(digest)
        if remembered is None:
            return self._remember(digest, self._prove(token))
        if clock.now() >= remembered[0]:
            del self._remembered[digest]
            raise TokenRefused(Refusal.EXPIRED)
        self._remembered.move_to_end(digest)
        return remembered[1]

    def _forget_when_keys_change(self) -> None:
        """A key taken out of the directory must not live on in remembered tokens."""
        keys = self._keys.keys()
        if keys is not self._remembered_under:
            self._remembered.clear()
            self._remembered_under = keys

    def _remember(self, digest: bytes, claims: Claims) -> Claims:
        until = datetime.fromtimestamp(claims.exp, UTC) + self._leeway
        self._remembered[digest] = (until, claims)
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return claims

    def _prove(self, token: str, late: timedelta = timedelta()) -> Claims:
        parts = _PARTS.fullmatch(token)
        if parts is None:
            raise TokenRefused(Refusal.MALFORMED)
        key = self._key_for(_read_object(_decode(parts[1])))
        if _SIGNATURE.fullmatch(parts[3]) is None:
            raise TokenRefused(Refusal.BAD_SIGNATURE)
        try:
            payload = jws.verify(token, key.public, algorithms=[key.algorithm])
        except _UNREADABLE:
            raise TokenRefused(Refusal.BAD_SIGNATURE) from None
        claims = _read_claims(_read_object(payload))
        self._check(claims, late)
        return claims

    def _key_for(self, header: dict[str, Any]) -> SigningKey:
        if not header.keys() <= {"alg", "kid", "typ"}:
            raise TokenRefused(Refusal.UNEXPECTED_HEADER)
        if header.get("typ") != TYPE:
            raise TokenRefused(Refusal.WRONG_TYPE)
        kid = header.get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise TokenRefused(Refusal.UNKNOWN_KEY)
        if header.get("alg") != key.algorithm:
            raise TokenRefused(Refusal.WRONG_ALGORITHM)
        return key

    def _check(self, claims: Claims, late: timedelta) -> None:
        if claims.iss != self._issuer:
            raise TokenRefused(Refusal.WRONG_ISSUER)
        if claims.aud != self._audience:
            raise TokenRefused(Refusal.WRONG_AUDIENCE)
        if claims.exp <= claims.iat:
            raise TokenRefused(Refusal.BAD_CLAIM)
        if claims.exp - claims.iat > self.lifetime.total_seconds():
            raise TokenRefused(Refusal.LIFETIME_TOO_LONG)
        now, leeway = clock.now().timestamp(), self._leeway // timedelta(seconds=1)
        if max(claims.iat, claims.nbf, claims.auth_time) > now + leeway:
            raise TokenRefused(Refusal.NOT_YET_VALID)
        if now >= claims.exp + leeway + late // timedelta(seconds=1):
            raise TokenRefused(Refusal.EXPIRED)


def _decode(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise TokenRefused(Refusal.MALFORMED) from None


def _read_object(raw: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8, no name twice, no NaN or Infinity."""
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_only_unique, parse_constant=_refuse_constant
        )
    except _UNREADABLE:
        raise TokenRefused(Refusal.MALFORMED) from None
    if not isinstance(value, dict):
        raise TokenRefused(Refusal.MALFORMED)
    return value


def _only_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError
    return names


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _read_claims(claims: dict[str, Any]) -> Claims:
    if not claims.keys() >= _REQUIRED:
        raise TokenRefused(Refusal.MISSING_CLAIM)
    return Claims(
        iss=_text(claims["iss"], Refusal.WRONG_ISSUER),
        sub=_uuid(claims["sub"]),
        aud=_text(claims["aud"], Refusal.WRONG_AUDIENCE),
        exp=_whole(claims["exp"]),
        iat=_whole(claims["iat"]),
        nbf=_whole(claims["nbf"]),
        jti=_uuid(claims["jti"]),
        sid=_uuid(claims["sid"]),
        org=_uuid(claims["org"]),
        role=_text(claims["role"]),
        scope=_scope(claims["scope"]),
        amr=_amr(claims["amr"]),
        auth_time=_whole(claims["auth_time"]),
    )


def _text(value: object, reason: Refusal = Refusal.BAD_CLAIM) -> str:
    if not isinstance(value, str) or not value:
        raise TokenRefused(reason)
    return value


def _whole(value: object) -> int:
    """An integer exactly: `true`, `1.0` and `"1"` are none."""
    if type(value) is not int:
        raise TokenRefused(Refusal.BAD_CLAIM)
    return value


def _uuid(value: object) -> UUID:
    """A UUID in its one canonical spelling: `UUID` itself takes braces, prefixes and capitals."""
    try:
        uuid = UUID(_text(value))
    except ValueError:
        raise TokenRefused(Refusal.BAD_CLAIM) from None
    if str(uuid) != value:
        raise TokenRefused(Refusal.BAD_CLAIM)
    return uuid


def _scope(value: object) -> tuple[str, ...]:
    if not isinstance(value, str) or _SCOPE.fullmatch(value) is None:
        raise TokenRefused(Refusal.BAD_CLAIM)
    return tuple(value.split())


def _amr(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TokenRefused(Refusal.BAD_CLAIM)
    return tuple(_text(item) for item in value)
