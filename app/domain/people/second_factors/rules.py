"""Pure rules of second factors: codes of authenticator apps (RFC 6238) and recovery codes."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlencode

from app.core.words import Actor
from app.domain.policy import SECOND_FACTORS, needs_second_factor, rights_of

DIGITS = 6
PERIOD_SECONDS = 30
SECRET_BYTES = 20
"""RFC 4226, R6: 160 bits."""
DRIFT = 1
"""Time steps a clock may be off, either way."""

RECOVERY_CODES = 10
CODE_GROUPS, GROUP_LETTERS = 6, 4
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
"""32 characters, without I, L, O and U, which are read as the characters they resemble."""
READ_AS = str.maketrans("ILOU", "110V")

LOCAL_FACTORS = frozenset({"otp", "hwk"})


WAITING_VALID = timedelta(minutes=10)
"""How long a new authenticator app may take to send its first code."""


# SHA-1 because apps ignore any other choice; HMAC does not need collision resistance.
def new_totp_secret() -> bytes:
    """A fresh shared secret."""
    return secrets.token_bytes(SECRET_BYTES)


def written_secret(secret: bytes) -> str:
    """The secret as people type it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri_of(secret: bytes, account: str, issuer: str = "Cairn") -> str:
    """Content of a QR code for a front end; it holds the secret, so it is never logged."""
    label = quote(f"{issuer}:{account}", safe="")
    fields = {
        "secret": written_secret(secret), "issuer": issuer, "algorithm": "SHA1",
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
    """Whether this can be an app's code; anything else counts as a recovery code."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def matching_step(secret: bytes, code: str, moment: datetime, after: int) -> int | None:
    """The step of a code, among the present one and its neighbours; None if there is none.

    `after` is the last step taken: codes up to it have been used.
    """
    now = step_at(moment)
    result = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        right = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if right and step > after:
            result = step
    return result


class Vault(Protocol):
    """Seals what the database alone must not be able to read."""

    def seal(self, secret: bytes, bound_to: bytes) -> bytes:
        """Encrypt, bound to a context."""

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Decrypt within the same context."""

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this."""


def new_secret() -> str:
    """A fresh random token of 256 bits, in URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """Hash a random token for storage."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def new_recovery_code() -> str:
    """A fresh recovery code of 120 bits, in groups that can be read aloud."""
    letters = [secrets.choice(ALPHABET) for _ in range(CODE_GROUPS * GROUP_LETTERS)]
    groups = ("".join(letters[at : at + GROUP_LETTERS]) for at in range(0, len(letters), 4))
    return "-".join(groups)


def recovery_hash(code: str) -> bytes:
    """Hash a recovery code for storage, however it was typed.

    120 random bits need no slow hash (ASVS 6.5.2).
    """
    plain = re.sub(r"[\s-]", "", code).upper().translate(READ_AS)
    return hash_of(f"recovery:{plain}")


def has_second_factor(amr: Iterable[str]) -> bool:
    """Whether a session was proved by more than a password (RFC 8176)."""
    return not SECOND_FACTORS.isdisjoint(amr)


def has_local_factor(amr: Iterable[str]) -> bool:
    """Whether a session was proved by a second factor of this server, not by a provider's word."""
    return not LOCAL_FACTORS.isdisjoint(amr)


def is_proved_here(amr: Iterable[str]) -> bool:
    """Whether anything but a provider's word proved a session."""
    return not (LOCAL_FACTORS | {"pwd"}).isdisjoint(amr)


def role_asks(actor: Actor) -> bool:
    """Whether the role, or the school for this role, asks for a second factor."""
    return actor.second_factor_asked or needs_second_factor(rights_of(actor))


def second_factor_state(actor: Actor, *, enrolled: bool) -> str:
    """The next step for a front end about the second factor.

    `done`; `none`: not needed; `enrol`: the account has none yet; `prove`: it has one, but this
    session began without it.
    """
    if has_second_factor(actor.amr):
        return "done"
    if not role_asks(actor):
        return "none"
    return "prove" if enrolled else "enrol"


def raised(amr: Iterable[str], proved: Iterable[str]) -> list[str]:
    """The methods of a session after one more proof, in order of arrival."""
    return list(dict.fromkeys((*amr, *proved)))
