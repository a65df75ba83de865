"""Pure rules of signing in: what secrets are, what is told of a device, what a session lacks."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address

from app.core.words import ROLE_BY_NAME, Actor, Role
from app.domain.policy import BUILT_IN, SECOND_FACTORS, needs_second_factor, rights_of

MIN_PASSWORD = 12
MAX_PASSWORD = 256
RESET_VALID = timedelta(hours=1)
INVITATION_VALID = timedelta(days=7)
RECOVERY_CODES = 10
CODE_GROUPS, GROUP_LETTERS = 6, 4
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
"""32 characters; I, L, O and U are left out, and are read as what they resemble."""
READ_AS = str.maketrans("ILOU", "110V")

LOCAL_FACTORS = frozenset({"otp", "hwk"})
WORD_AGES = timedelta(hours=12)
"""How much older a proof is taken for where its provider is not trusted."""
WAITING_VALID = timedelta(minutes=10)
"""How long an authenticator app may wait for its first code."""

DEVICE_LENGTH = 40
PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9._+-]{0,29})/([0-9]{1,6})")
COMMENT = re.compile(r"\([^()]*\)")
TELLING = ("Edg", "OPR", "Vivaldi", "SamsungBrowser", "Firefox", "Chrome", "Safari")
"""Browsers name others too, for old servers' sake: the first of these that is named is meant."""


def new_secret() -> str:
    """A fresh random token of 256 bits, in URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is kept of a random token."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def new_recovery_code() -> str:
    """A fresh recovery code of 120 bits, in groups that can be read aloud."""
    letters = [secrets.choice(ALPHABET) for _ in range(CODE_GROUPS * GROUP_LETTERS)]
    groups = ("".join(letters[at : at + GROUP_LETTERS]) for at in range(0, len(letters), 4))
    return "-".join(groups)


def recovery_hash(code: str) -> bytes:
    """What is kept of a recovery code, however it was typed.

    120 random bits need no slow hash (ASVS 6.5.2).
    """
    plain = re.sub(r"[\s-]", "", code).upper().translate(READ_AS)
    return hash_of(f"recovery:{plain}")


def device_of(user_agent: str | None) -> str | None:
    """The program a User-Agent names, as `Firefox 128`: no system, no model, no comments."""
    if user_agent is None:
        return None
    bare, before = user_agent[:500], ""
    while bare != before:
        before, bare = bare, COMMENT.sub(" ", bare)
    products = PRODUCT.findall(bare)
    named = {name: number for name, number in products}
    for name in TELLING:
        if name in named:
            version = named.get("Version", named[name]) if name == "Safari" else named[name]
            return f"{name} {version}"
    others = [(name, number) for name, number in products if name != "Mozilla"]
    return " ".join(others[0])[:DEVICE_LENGTH] if others else None


def network_kind(address: str | None) -> str:
    """`local` (this machine), `private` (the school's own network) or `public`."""
    try:
        found = ip_address(address or "127.0.0.1")
    except ValueError:
        return "public"
    if found.is_loopback:
        return "local"
    return "private" if found.is_private or found.is_link_local else "public"


def has_second_factor(amr: Iterable[str]) -> bool:
    """Whether a session was proved by more than a password (RFC 8176)."""
    return not SECOND_FACTORS.isdisjoint(amr)


def has_local_factor(amr: Iterable[str]) -> bool:
    """Whether a session was proved by a second factor of this server, not by a provider's word."""
    return not LOCAL_FACTORS.isdisjoint(amr)


def without_word_of_others(amr: Iterable[str], auth_time: datetime) -> tuple[list[str], datetime]:
    """Methods and moment of a proof where a provider's word about them does not count."""
    kept = list(amr)
    if "fed" not in kept:
        return kept, auth_time
    return [one for one in kept if one != "mfa"], auth_time - WORD_AGES


def role_asks(actor: Actor) -> bool:
    """Whether the role, or the school for this role, asks for a second factor."""
    return actor.second_factor_asked or needs_second_factor(rights_of(actor))


def built_in_asks(role: str) -> bool:
    """Whether a built-in role needs a second factor, by its name."""
    rights = BUILT_IN.get(ROLE_BY_NAME.get(role, Role.CUSTOM))
    return rights is not None and needs_second_factor(rights)


def second_factor_state(actor: Actor, *, enrolled: bool) -> str:
    """What a front end has to do next about the second factor.

    `done`; `none`: not needed; `enrol`: there is none yet; `prove`: there is one, but this
    session was begun without it.
    """
    if has_second_factor(actor.amr):
        return "done"
    if not role_asks(actor):
        return "none"
    return "prove" if enrolled else "enrol"


def raised(amr: Iterable[str], proved: Iterable[str]) -> list[str]:
    """The methods of a session after one more proof, in the order they came."""
    return list(dict.fromkeys((*amr, *proved)))
