"""Signatures by Standard Webhooks: over id, time and the body's bytes, with a shared secret."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 10
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_TIME = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sender shows beside its body."""

    id: str
    timestamp: str
    signatures: str


def new_secret() -> bytes:
    """The bytes of a new secret."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """A secret as it is handed over."""
    return PREFIX + base64.b64encode(secret).decode()


def is_signed(signature: Shown, body: bytes, keys: Sequence[bytes], now: datetime) -> bool:
    """Whether one of the keys signed just this body, at most five minutes from now.

    Every key and every signature is tried, whatever the first one said.
    """
    timely = _ID.fullmatch(signature.id) is not None and _is_timely(signature.timestamp, now)
    signed = f"{signature.id}.{signature.timestamp}.".encode("utf-8", "replace") + body
    expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    matches = [
        hmac.compare_digest(item, another)
        for item in expected
        for another in _signatures(signature.signatures)
    ]
    return timely and any(matches)


def _is_timely(timestamp: str, now: datetime) -> bool:
    if not _TIME.fullmatch(timestamp):
        return False
    return abs(int(timestamp) - now.timestamp()) <= TOLERANCE.total_seconds()


def _signatures(header: str) -> list[bytes]:
    """The signatures of the one version that we know; others are for other receivers."""
    contents: list[bytes] = []
    for part in header.split(" ")[:MOST_SIGNATURES]:
        version, _, text = part.partition(",")
        if version != "v1":
            continue
        try:
            contents.append(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            continue
    return contents


def signatures(keys: Sequence[bytes], message_id: str, at: datetime, body: str) -> str:
    """What goes into `webhook-signature`: one for each key, between spaces."""
    signed = f"{message_id}.{int(at.timestamp())}.{body}".encode()
    made = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join("v1," + base64.b64encode(item).decode() for item in made)
