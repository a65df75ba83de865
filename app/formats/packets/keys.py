"""Keys of senders and receivers: P-256 as JWK, known by their RFC 7638 thumbprints; passphrases."""

import json
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from app.formats.packets.canonical import NotCanonical, read_strict
from app.formats.packets.layout import ITERATIONS, MAX_ITERATIONS, SHORTEST_PASSPHRASE

Use = Literal["sig", "enc"]
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What is read aloud without mistakes: no i, l, o, 0, 1."""
BROKEN = (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, AssertionError)
"""What the library raises for keys and tokens that are not what they should be."""


class KeyRefused(ValueError):
    """A key is no P-256 key for this use, or a set of keys is not one."""


@dataclass(frozen=True)
class Passphrase:
    """A passphrase as both sides count it: Unicode form NFC, in UTF-8, nothing cut off."""

    text: str
    iterations: int = ITERATIONS

    def __post_init__(self) -> None:
        if len(self.text) < SHORTEST_PASSPHRASE:
            raise KeyRefused(f"a passphrase needs at least {SHORTEST_PASSPHRASE} characters")
        if not ITERATIONS <= self.iterations <= MAX_ITERATIONS:
            raise KeyRefused(f"between {ITERATIONS} and {MAX_ITERATIONS} iterations are allowed")

    @property
    def raw(self) -> bytes:
        """The bytes that are stretched."""
        return passphrase_bytes(self.text)

    def __repr__(self) -> str:
        return "Passphrase(...)"


def passphrase_bytes(text: str) -> bytes:
    """A passphrase as bytes, the same on every keyboard."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")


def new_passphrase() -> str:
    """118 random bits in six groups of four letters, to be read over the phone."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(6))


def new_key(use: Use) -> ECKey:
    """A private P-256 key for signing or for being encrypted to, with its thumbprint as `kid`."""
    key = ECKey.generate_key("P-256")
    return _dressed(key, use, private=True)


def public_key(key: ECKey) -> ECKey:
    """The half that is published."""
    return import_key(key.as_dict(private=False))


def thumbprint(key: ECKey) -> str:
    """RFC 7638, SHA-256, base64url without padding: 43 letters."""
    return str(key.thumbprint())


def key_dict(key: ECKey, *, private: bool = False) -> dict[str, str]:
    """The JWK: `kty`, `crv`, `x`, `y`, `kid`, `use` and, when asked, `d`."""
    result = {name: str(value) for name, value in key.as_dict(private=private).items()}
    return result | {"kid": thumbprint(key)}


def bare_key(key: ECKey) -> dict[str, str]:
    """Only what the thumbprint is made of: `crv`, `kty`, `x`, `y`."""
    result = key.as_dict(private=False)
    return {name: str(result[name]) for name in ("crv", "kty", "x", "y")}


def import_key(raw: Mapping[str, Any], use: Use | None = None) -> ECKey:
    """A JWK that is a point of P-256, meant for `use`. Raises `KeyRefused`."""
    if raw.get("kty") != "EC" or raw.get("crv") != "P-256":
        raise KeyRefused("a key is not an elliptic curve key of P-256")
    parts = {name: raw[name] for name in ("x", "y", "d") if name in raw}
    if not all(isinstance(part, str) and len(part) == 43 for part in parts.values()):
        raise KeyRefused("a number in a key is not 32 bytes in base64url")
    if use and raw.get("use", use) != use:
        raise KeyRefused(f"a key is not meant for {'signing' if use == 'sig' else 'encrypting'}")
    try:
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", **parts})
    except BROKEN:
        raise KeyRefused("the numbers of a key are not a point of P-256") from None
    dressed = _dressed(key, use or raw.get("use"), private="d" in parts)
    if raw.get("kid", thumbprint(key)) != thumbprint(key):
        raise KeyRefused("the kid of a key is not its RFC 7638 thumbprint")
    return dressed


def read_keys(raw: bytes, *, use: Use, private: bool = False) -> list[ECKey]:
    """The keys of a JWKS, or one JWK, that are meant for `use`. Raises `KeyRefused`.

    Keys for another use or of another kind are passed over; a file with none is refused.
    """
    try:
        strict = read_strict(raw)
    except NotCanonical:
        raise KeyRefused("this is no JWKS: a JSON object with a list of keys") from None
    listed = strict.get("keys", [strict])
    if not isinstance(listed, list) or len(listed) > 1000:
        raise KeyRefused("this is no JWKS: a JSON object with a list of keys")
    keys = list(_fitting(listed, use, private))
    if not keys:
        kind = "private" if private else "public"
        purpose = "signing" if use == "sig" else "encrypting"
        raise KeyRefused(f"there is no {kind} P-256 key for {purpose} in it")
    return keys


def write_keys(keys: Iterable[ECKey], *, private: bool = False) -> bytes:
    """A JWKS (RFC 7517, section 5), in lines for people."""
    listed = [key_dict(key, private=private) for key in keys]
    return json.dumps({"keys": listed}, indent=2, sort_keys=True).encode() + b"\n"


def by_thumbprint(keys: Iterable[ECKey]) -> dict[str, ECKey]:
    """Keys to look up by the `kid` of a token."""
    return {thumbprint(key): key for key in keys}


def _fitting(listed: Sequence[Any], use: Use, private: bool) -> Iterator[ECKey]:
    for raw in listed:
        fits = isinstance(raw, dict) and raw.get("kty") == "EC" and raw.get("crv") == "P-256"
        if fits and raw.get("use", use) == use and (not private or "d" in raw):
            key = import_key(raw, use)
            yield key if private else public_key(key)


def _dressed(key: ECKey, use: Any, *, private: bool) -> ECKey:
    raw = key.as_dict(private=private)
    named: dict[str, str | list[str]] = {
        name: raw[name] for name in ("kty", "crv", "x", "y", "d") if name in raw
    }
    named["kid"] = str(key.thumbprint())
    if use in ("sig", "enc"):
        named["use"] = use
    return ECKey.import_key(named)
