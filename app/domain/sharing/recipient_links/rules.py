"""Pure rules of links: the make-up of tokens and codes, and when access ends."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_network
from typing import Literal
from uuid import UUID

from app.core.networks import NOWHERE, address_from

CODE_DIGITS = 8
MOST_WRONG = 5
SECRET_BYTES = 24
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
ID_BYTES = 16
EMAIL = "email"
"""The route that a code must never take if the link takes it."""

State = Literal["waiting_for_code", "locked", "expired", "ended"]


@dataclass(frozen=True, slots=True)
class Token:
    """Content of a link: its school, its ID, and its secret."""

    school_id: UUID
    link_id: UUID
    secret: bytes

    @property
    def text(self) -> str:
        """Token in the address: base64url without padding."""
        return _text(self.school_id.bytes + self.link_id.bytes + self.secret)


@dataclass(frozen=True, slots=True)
class SessionToken:
    """Result of entering a code: the session's ID, and its secret."""

    session_id: UUID
    secret: bytes

    @property
    def text(self) -> str:
        """Token as sent: base64url without padding."""
        return _text(self.session_id.bytes + self.secret)


NOBODY = Token(UUID(int=0), UUID(int=0), bytes(SECRET_BYTES))
"""Stands in for a malformed token: looked up like any other, and belongs to nobody."""


def read_token(text: str) -> Token:
    """Read the token, or `NOBODY`."""
    result = _bytes(text, 2 * ID_BYTES + SECRET_BYTES)
    if result is None:
        return NOBODY
    school, link = UUID(bytes=result[:ID_BYTES]), UUID(bytes=result[ID_BYTES : 2 * ID_BYTES])
    return Token(school, link, result[2 * ID_BYTES :])


def read_session(text: str) -> SessionToken | None:
    """Read the session's token; None for an impossible one."""
    result = _bytes(text, ID_BYTES + SECRET_BYTES)
    return (
        None if result is None else SessionToken(UUID(bytes=result[:ID_BYTES]), result[ID_BYTES:])
    )


def new_secret() -> bytes:
    """192 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def new_code() -> str:
    """Eight random digits, shown in two groups."""
    return grouped(f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}")


def grouped(digits: str) -> str:
    """A code as people read it out: `1234 5678`."""
    half = CODE_DIGITS // 2
    return f"{digits[:half]} {digits[half:]}"


def digits_of(code: str) -> str:
    """A code without separators between its digits; any Unicode digits count."""
    return "".join(str(int(item)) for item in code if item.isdecimal())


def hash_of(secret: bytes) -> bytes:
    """Hash a secret of 192 bits for storage."""
    return hashlib.sha256(secret).digest()


def mac_of(code: str, secret: bytes) -> bytes:
    """HMAC of a code for storage, under its link's secret, which the database holds sealed."""
    return hmac.new(secret, b"cairn recipient code\0" + digits_of(code).encode(), "sha256").digest()


def is_code(code: str, secret: bytes, content: bytes | None) -> bool:
    """Whether it is the code; takes the same time whether or not there is one."""
    right = hmac.compare_digest(mac_of(code, secret), content or bytes(32))
    return right and content is not None


def is_secret(secret: bytes, content: bytes | None) -> bool:
    """Whether it is the link's secret; takes the same time whether or not there is a link."""
    right = hmac.compare_digest(hash_of(secret), content or bytes(32))
    return right and content is not None


def state_of(*, ended: bool, locked: bool, expires_at: datetime, now: datetime) -> State:
    """What a link needs next."""
    if ended:
        return "ended"
    if expires_at <= now:
        return "expired"
    return "locked" if locked else "waiting_for_code"


def session_ends(now: datetime, link_expires_at: datetime) -> datetime:
    """A session never outlasts a working day, nor its link."""
    return min(now + LONGEST, link_expires_at)


def idle_from(now: datetime) -> datetime:
    """When a session used now ends unless it is used again."""
    return now + IDLE


def network_prefix(network: str) -> str:
    """The stored part of a network: never a whole address."""
    address = address_from(network.partition("/")[0])
    if address is None:
        return NOWHERE
    bits = 48 if isinstance(address, IPv6Address) else 24
    return str(ip_network(f"{address}/{bits}", strict=False))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str, size: int) -> bytes | None:
    """The bytes of a text, if it is their only encoding and of this size."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == size and _text(raw) == text else None
