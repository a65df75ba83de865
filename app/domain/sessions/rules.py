"""Pure rules of signing in: how long to wait after wrong passwords, what a token is."""

import hashlib
import secrets
from datetime import timedelta

FIRST_WAIT_SECONDS = 5
MIN_PASSWORD = 12
MAX_PASSWORD = 256
RESET_VALID = timedelta(hours=1)
INVITATION_VALID = timedelta(days=7)


def wait_after(failures: int, *, allowed: int, longest: int) -> timedelta | None:
    """How long an address waits after so many failures in a row; None while it need not.

    Doubles each time and never becomes a lasting lock, which would shut a lead out.
    """
    if failures < allowed:
        return None
    doubled = FIRST_WAIT_SECONDS * 2 ** min(failures - allowed, 20)
    return timedelta(seconds=min(doubled, longest))


def new_secret() -> str:
    """A fresh random token of 256 bits, in URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is kept of a random token."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def address_hash(email: str) -> bytes:
    """What the sign-in guard keeps of an address."""
    return hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).digest()
