"""JWE and JWS with nothing left open: one algorithm for each purpose, every header compared.

Every header is read and compared here first, so that the library never sees one we did not expect.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe, jws
from joserfc.jwa import JWE_ALG_MODELS, AESAlgKeyWrapping, PBES2HSAlgKeyEncryption
from joserfc.jwk import ECKey, OctKey
from joserfc.registry import HeaderParameter

from app.formats.packets import layout
from app.formats.packets.canonical import NotCanonical, read_strict
from app.formats.packets.keys import BROKEN

ECDH: Final = "ECDH-ES+A256KW"
PBES2: Final = "PBES2-HS512+A256KW"
GCM: Final = "A256GCM"
ES256: Final = "ES256"
NONCE, TAG = 12, 16
"""Bytes of a nonce and of a tag of A256GCM."""


class TokenRefused(ValueError):
    """A token is not what it has to be; the text says in what way, without its content."""


def _iterations(value: Any) -> None:
    if type(value) is not int or not layout.ITERATIONS <= value <= layout.MAX_ITERATIONS:
        raise ValueError("must be within the limits of the format")


class _Stretching(PBES2HSAlgKeyEncryption):
    """PBES2 with our own limits: the library's own refuses more than 300,000 iterations."""

    more_header_registry = {  # noqa: RUF012 - as the library declares it
        "p2s": HeaderParameter("PBES2 Salt Input", "str", True),
        "p2c": HeaderParameter("PBES2 Count", _iterations, True),
    }


class _Encryption(jwe.JWERegistry):
    algorithms = {  # noqa: RUF012 - as the library declares it
        **jwe.JWERegistry.algorithms,
        "alg": {model.name: model for model in JWE_ALG_MODELS if model.name == ECDH}
        | {PBES2: _Stretching(512, AESAlgKeyWrapping(256))},
    }
    max_protected_header_length = layout.MAX_TOKEN_HEADER


class _Signing(jws.JWSRegistry):
    max_header_length = layout.MAX_TOKEN_HEADER
    max_payload_length = layout.MAX_SIGNED


_HEADERS = {"packet": HeaderParameter("the packet it belongs to", "str", True)}
_BY_KEY = _Encryption(_HEADERS, [ECDH, GCM])
_BY_PASSPHRASE = _Encryption(_HEADERS, [PBES2, GCM])
_SIGNATURE = _Signing({}, [ES256])


def protected_header(token: bytes, dots: int) -> dict[str, Any]:
    """What a compact token says about itself, before anything is believed.

    Raises `TokenRefused` unless it is a token of `dots` + 1 segments and strict JSON inside.
    """
    if token.count(b".") != dots:
        raise TokenRefused("it is no compact token")
    segment = token[: token.find(b".")]
    if len(segment) > layout.MAX_TOKEN_HEADER:
        raise TokenRefused("its header is too long")
    try:
        return read_strict(b64decode(segment))
    except (NotCanonical, ValueError):
        raise TokenRefused("its header cannot be read") from None


def b64decode(segment: bytes) -> bytes:
    """Base64url without padding, in its only spelling. Raises `ValueError`."""
    result = base64.b64decode(segment + b"=" * (-len(segment) % 4), b"-_", validate=True)
    if b64encode(result) != segment:
        raise binascii.Error("not the only spelling")
    return result


def b64encode(raw: bytes | memoryview) -> bytes:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def lock_to_key(content_key: bytes, key: ECKey, header: Mapping[str, Any]) -> bytes:
    """The content key, encrypted to a public key."""
    protected = {"alg": ECDH, "enc": GCM, **header}
    return jwe.encrypt_compact(protected, content_key, key, registry=_BY_KEY).encode()


def unlock_by_key(token: bytes, key: ECKey) -> bytes:
    """The content key back. Raises `TokenRefused`."""
    return _decrypted(token, key, _BY_KEY)


def lock_to_passphrase(
    content_key: bytes, passphrase: bytes, salt: bytes, iterations: int, header: Mapping[str, Any]
) -> bytes:
    """The content key, encrypted under a stretched passphrase; takes about half a second."""
    stretch = {"p2s": b64encode(salt).decode(), "p2c": iterations}
    protected = {"alg": PBES2, "enc": GCM, **stretch, **header}
    key = octet_key(passphrase)
    return jwe.encrypt_compact(protected, content_key, key, registry=_BY_PASSPHRASE).encode()


def unlock_by_passphrase(token: bytes, passphrase: bytes) -> bytes:
    """The content key back; the count has to be checked before. Raises `TokenRefused`."""
    return _decrypted(token, octet_key(passphrase), _BY_PASSPHRASE)


def encrypt(plain: bytes, content_key: bytes, header: Mapping[str, Any]) -> bytes:
    """One compact JWE directly under the content key (RFC 7516, 5.1, with `dir` and `A256GCM`).

    Done here since the library's objects point at one another, so that parts of megabytes would
    wait for the garbage collector.
    """
    aad = b64encode(_header_bytes({"alg": "dir", "enc": GCM, **header}))
    nonce = secrets.token_bytes(NONCE)
    sealed = memoryview(AESGCM(content_key).encrypt(nonce, plain, aad))
    cipher, tag = b64encode(sealed[:-TAG]), b64encode(sealed[-TAG:])
    return b".".join([aad, b"", b64encode(nonce), cipher, tag])


def decrypt(token: bytes, content_key: bytes, header: Mapping[str, Any]) -> bytes:
    """What `encrypt` sealed under exactly this header. Raises `TokenRefused`."""
    if protected_header(token, 4) != {"alg": "dir", "enc": GCM, **header}:
        raise TokenRefused("its header says that it belongs elsewhere")
    aad, wrapped, nonce_text, cipher, tag_text = token.split(b".")
    try:
        nonce, tag = b64decode(nonce_text), b64decode(tag_text)
        if wrapped or len(nonce) != NONCE or len(tag) != TAG:
            raise ValueError("not the segments of such a token")
        return AESGCM(content_key).decrypt(nonce, b64decode(cipher) + tag, aad)
    except (ValueError, InvalidTag):
        raise TokenRefused("it cannot be decrypted with this key") from None


def sign(payload: bytes, key: ECKey, header: Mapping[str, Any]) -> bytes:
    """A compact JWS by ES256."""
    protected = {"alg": ES256, **header}
    return jws.serialize_compact(protected, payload, key, registry=_SIGNATURE).encode()


def signed_payload(token: bytes, key: ECKey) -> bytes:
    """What a compact JWS says, once its signature by `key` holds. Raises `TokenRefused`."""
    try:
        deserialize_compact = jws.deserialize_compact(token, key, registry=_SIGNATURE)
    except BROKEN:
        raise TokenRefused("its signature does not hold") from None
    return deserialize_compact.payload


def octet_key(raw: bytes) -> OctKey:
    """Bytes as a key, without the library guessing what else they could be."""
    return OctKey(raw, raw)


def _header_bytes(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, separators=(",", ":")).encode()


def _decrypted(token: bytes, key: ECKey | OctKey, registry: jwe.JWERegistry) -> bytes:
    try:
        plaintext = jwe.decrypt_compact(token, key, registry=registry).plaintext
    except BROKEN:
        raise TokenRefused("it cannot be decrypted with this key") from None
    if plaintext is None:
        raise TokenRefused("it cannot be decrypted with this key")
    return plaintext
