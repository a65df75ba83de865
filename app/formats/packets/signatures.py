"""What a sender or a receiver signs: a JWS that carries its public key and says what it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from joserfc.jwk import ECKey

from app.formats.packets import jose
from app.formats.packets.jose import TokenRefused
from app.formats.packets.keys import (
    KeyRefused,
    bare_key,
    by_thumbprint,
    import_key,
    public_key,
    thumbprint,
)


@dataclass(frozen=True)
class Signed:
    """A payload whose signature holds, by whose key, and whether the caller trusts that key."""

    payload: bytes
    signer: str
    trusted: bool


def sign(payload: bytes, key: ECKey, typ: str) -> bytes:
    """A compact JWS by ES256; the public key travels in its header, named by its thumbprint."""
    header = {"typ": typ, "kid": thumbprint(key), "jwk": bare_key(key)}
    return jose.sign(payload, key, header)


def open_signed(token: bytes, typ: str, trusted: Iterable[ECKey] | None) -> Signed:
    """The payload, once its signature holds; who signed is for the caller to judge.

    The key in the header only proves that the token is whole: a signer is trusted when the
    thumbprint is that of one of `trusted`, and then it is that key which is used. Raises
    `TokenRefused`.
    """
    header = jose.protected_header(token, 2)
    carried = header.get("jwk")
    if set(header) != {"alg", "typ", "kid", "jwk"} or not isinstance(carried, dict):
        raise TokenRefused("its header is not that of a signature")
    if header["alg"] != jose.ES256 or header["typ"] != typ or "d" in carried:
        raise TokenRefused("its header is not that of such a signature")
    try:
        key = import_key(carried)
    except KeyRefused as error:
        raise TokenRefused(str(error)) from None
    signer = thumbprint(key)
    if header["kid"] != signer or carried != bare_key(key):
        raise TokenRefused("the key in its header is not the one it names")
    known = by_thumbprint(trusted or ()).get(signer)
    payload = jose.signed_payload(token, public_key(known or key))
    return Signed(payload, signer, known is not None)
