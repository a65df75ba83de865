"""Pure rules of service keys: their scopes, who may give them, and how long they last.

People can give a key only scopes that they hold. A role holds `roster:import` and `roster:read`. No
person holds `staff:provision` or `alert:intake`, which only programs need: those who administer
keys (`key:change`) give them. Changing or rotating a key needs the same rights as giving all its
scopes, since both put the key into the actor's hands. Nobody gives `referral:answer` here: keys of
agencies are made with the agency, by people who may approve referrals
(`app.domain.sharing.agencies.commands`).
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from app.core.words import PERMISSION_BY_NAME, Actor, Permission
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.service_keys.errors import ScopeNotYours, ScopeRefused
from app.domain.policy import SERVICE_SCOPES, may

LASTS = timedelta(days=365)
LONGEST = timedelta(days=731)
TOLD_BEFORE = timedelta(days=14)
PREFIX = "cairn_"
FOR_PROGRAMS = frozenset({Permission.STAFF_PROVISION, Permission.ALERT_INTAKE})


def may_give(actor: Actor, scope: str) -> bool:
    """Whether the actor may give a key this scope."""
    permission = PERMISSION_BY_NAME.get(scope)
    if permission is None or permission not in SERVICE_SCOPES:
        return False
    needed = Permission.KEY_CHANGE if permission in FOR_PROGRAMS else permission
    return bool(may(actor, needed))


def require_scopes(actor: Actor, scopes: Collection[str]) -> None:
    """Raise `ScopeNotYours` unless the actor may give every one of the scopes."""
    if not all(may_give(actor, scope) for scope in scopes):
        raise ScopeNotYours


def expiry_of(asked: datetime | None, now: datetime) -> datetime:
    """When a key ends: as requested, or in a year. Raises `ValidationFailed` beyond two years."""
    if asked is None:
        return now + LASTS
    if not now < asked <= now + LONGEST:
        sentence = "A key must end in the future, within two years."
        raise ValidationFailed(problems=[FieldProblem("/expires_at", "out_of_range", sentence)])
    return asked


def scopes_granted(asked: str | None, held: Collection[str]) -> tuple[str, ...]:
    """The scopes of a token: those requested, or all of the key's. Raises `ScopeRefused`."""
    wanted = frozenset((asked or "").split())
    if not wanted <= frozenset(held):
        raise ScopeRefused
    return tuple(sorted(wanted or held))


def new_secret() -> str:
    """A secret of 256 random bits, with a beginning that secret scanners can look for."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """Hash a secret for storage: it is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def is_secret(
    content: bytes, present: bytes, former: bytes | None, until: datetime | None, now: datetime
) -> bool:
    """Whether a hash is that of the secret, or of the one before it while that still works."""
    is_present = hmac.compare_digest(content, present)
    is_former = hmac.compare_digest(content, former or present)
    return is_present or (is_former and until is not None and now < until)
