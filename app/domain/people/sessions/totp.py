"""Codes of authenticator apps (RFC 6238): six digits, every thirty seconds, SHA-1.

SHA-1 because apps ignore any other choice; its weakness is collisions, which HMAC does not need.
"""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

DIGITS = 6
PERIOD_SECONDS = 30
SECRET_BYTES = 20
"""RFC 4226, R6: 160 bits."""
DRIFT = 1
"""Time steps a clock may be off, either way."""


def new_secret() -> bytes:
    """A fresh shared secret."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """The secret as people type it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri_of(secret: bytes, account: str, issuer: str = "Cairn") -> str:
    """What a front end draws as a QR code; it holds the secret, so it is never logged."""
    label = quote(f"{issuer}:{account}", safe="")
    fields = {
        "secret": written(secret), "issuer": issuer, "algorithm": "SHA1",
        "digits": DIGITS, "period": PERIOD_SECONDS,
    }  # fmt: skip
    return f"otpauth://totp/{label}?{urlencode(fields)}"


def step_at(moment: datetime) -> int:
    """The number of a moment's time step."""
    return int(moment.timestamp()) // PERIOD_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def is_code(text: str) -> bool:
    """Whether this can be a code at all; anything else is taken for a recovery code."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def matching_step(secret: bytes, code: str, moment: datetime, after: int) -> int | None:
    """The step whose code this is, of the present one and its neighbours; None where it is none.

    `after` is the last step that was taken: codes up to it have been used.
    """
    now = step_at(moment)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        right = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if right and step > after:
            found = step
    return found
