"""Reads ID tokens of OpenID providers strictly, and proves their signatures and claims."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

LONGEST = 16_384
LEEWAY = timedelta(seconds=60)
LONGEST_LIFE = timedelta(days=1)
ALGORITHMS = frozenset({"RS256", "ES256"})
HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""Anything else could point at a key, or change what is signed."""
PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
RSA_BITS = range(2_048, 8_193)
UNREADABLE = (ValueError, TypeError, KeyError, RecursionError, OverflowError)


class IdTokenRefused(Exception):
    """The token proves nobody; its text says why, to logs and tests alone."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """What a token says, before anything of it is proved."""

    alg: str
    kid: str | None
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def issuer(self) -> str:
        """Who it says issued it."""
        return _text(self.claims, "iss")

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom it says it is for."""
        result = self.claims.get("aud")
        listed = result if isinstance(result, list) else [result]
        if not listed or len(listed) > 20 or not all(isinstance(item, str) for item in listed):
            raise IdTokenRefused("aud")
        return tuple(listed)


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """A provider's public key, good for one algorithm."""

    kid: str | None
    alg: str
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def read_id_token(text: str) -> IdToken:
    """The parts of a token. Raises `IdTokenRefused`, whatever it holds."""
    if len(text) > LONGEST or not text.isascii() or not (parts := PARTS.fullmatch(text)):
        raise IdTokenRefused("malformed")
    header, claims = _object(parts[1]), _object(parts[2])
    kid, alg = header.get("kid"), header.get("alg")
    if not header.keys() <= HEADER or str(header.get("typ", "JWT")).upper() != "JWT":
        raise IdTokenRefused("header")
    if not isinstance(alg, str) or not (kid is None or isinstance(kid, str)):
        raise IdTokenRefused("header")
    if alg not in ALGORITHMS:
        raise IdTokenRefused("algorithm")
    signed = f"{parts[1]}.{parts[2]}".encode()
    return IdToken(alg, kid, claims, signed, _decode(parts[3]))


def prove_signature(token: IdToken, key: ProviderKey) -> None:
    """Raise `IdTokenRefused` unless the key signed the token with the key's own algorithm."""
    if token.alg != key.alg:
        raise IdTokenRefused("algorithm")
    try:
        if isinstance(key.public, rsa.RSAPublicKey):
            key.public.verify(token.signature, token.signed, padding.PKCS1v15(), SHA256())
        else:
            key.public.verify(_der(token.signature), token.signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise IdTokenRefused("signature") from None


def check_claims(token: IdToken, *, issuer: str, client_id: str, now: datetime) -> None:
    """Raise `IdTokenRefused` unless the token is this issuer's, for us, and good now."""
    claims, moment = token.claims, now.timestamp()
    leeway = LEEWAY.total_seconds()
    if token.issuer != issuer:
        raise IdTokenRefused("iss")
    audiences, azp = token.audiences, claims.get("azp")
    if client_id not in audiences or (azp is not None and azp != client_id):
        raise IdTokenRefused("aud")
    if len(audiences) > 1 and azp is None:
        raise IdTokenRefused("azp")
    issued, ends = _seconds(claims, "iat"), _seconds(claims, "exp")
    begins = _seconds(claims, "nbf") if "nbf" in claims else issued
    if max(issued, begins) > moment + leeway or moment >= ends + leeway or ends <= issued:
        raise IdTokenRefused("time")
    if ends - issued > LONGEST_LIFE.total_seconds():
        raise IdTokenRefused("lifetime")
    for name in ("sub", "nonce"):
        _text(claims, name)


def key_from(jwk: Any) -> ProviderKey | None:
    """A key of a JWKS that can sign ID tokens, or None for any other."""
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig" or "d" in jwk:
        return None
    kid, kty = jwk.get("kid"), jwk.get("kty")
    try:
        if kty == "RSA":
            public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey = _rsa(jwk)
            alg = "RS256"
        elif kty == "EC" and jwk.get("crv") == "P-256":
            public, alg = _elliptic(jwk), "ES256"
        else:
            return None
    except UNREADABLE:
        return None
    if jwk.get("alg", alg) != alg or not (kid is None or isinstance(kid, str)):
        return None
    return ProviderKey(kid, alg, public)


def _rsa(jwk: Mapping[str, Any]) -> rsa.RSAPublicKey:
    modulus = int.from_bytes(_bytes(jwk["n"]), "big")
    if modulus.bit_length() not in RSA_BITS:
        raise ValueError("size")
    exponent = int.from_bytes(_bytes(jwk["e"]), "big")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _elliptic(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(_bytes(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _der(signature: bytes) -> bytes:
    if len(signature) != 64:
        raise IdTokenRefused("signature")
    first, second = signature[:32], signature[32:]
    return encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))


def _bytes(segment: str) -> bytes:
    if len(segment) > 2_048:
        raise ValueError("length")
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _decode(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise IdTokenRefused("malformed") from None


def _object(segment: str) -> dict[str, Any]:
    try:
        result = strict_object(_decode(segment))
    except UNREADABLE:
        raise IdTokenRefused("malformed") from None
    return result


def strict_object(raw: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8, no name twice, no NaN. Raises ValueError, RecursionError."""
    content = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    if not isinstance(content, dict):
        raise ValueError("no object")
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name comes twice")
    return names


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _text(claims: Mapping[str, Any], name: str) -> str:
    result = claims.get(name)
    if not isinstance(result, str) or not 0 < len(result) <= 255 or not result.isprintable():
        raise IdTokenRefused(name)
    return result


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    """An integer exactly: `true`, `1.0` and `"1"` are none."""
    result = claims.get(name)
    if type(result) is not int or not 0 <= result < 2**40:
        raise IdTokenRefused(name)
    return result
