"""Adding, changing, rotating and revoking the keys of programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import ServiceKey
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import VersionStale
from app.domain.etags import check_was_read
from app.domain.people.service_keys import rules
from app.domain.people.service_keys.errors import ServiceKeyNotFound, ServiceKeyRevoked


@dataclass(frozen=True, slots=True)
class AddServiceKey:
    """A key for a program; without `expires_at` it lasts a year."""

    name: str
    scopes: Sequence[str]
    networks: Sequence[str] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangeServiceKey:
    """The named fields change: name, networks, expires_at, scopes."""

    key_id: UUID
    version: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RotateServiceKey:
    """A new secret; the present one works on for `overlap`."""

    key_id: UUID
    version: int
    overlap: timedelta


class WithSecret(NamedTuple):
    """A key and its secret, which is shown this once."""

    key: ServiceKey
    secret: str


async def add_service_key(work: UnitOfWork, wish: AddServiceKey) -> WithSecret:
    """Add a key. Raises `PermissionMissing`, `ScopeNotYours`, `ValidationFailed`."""
    policy.require(work.actor, Permission.KEY_CHANGE)
    rules.require_scopes(work.actor, wish.scopes)
    return _make(work, wish)


def key_of_agency(
    work: UnitOfWork,
    agency_id: UUID,
    name: str,
    networks: Sequence[str],
    expires_at: datetime | None,
) -> WithSecret:
    """A key that answers the referrals of one agency, for good. Raises `ValidationFailed`.

    Whether the actor may make one is for the caller to check.
    """
    wish = AddServiceKey(name, [Permission.REFERRAL_ANSWER.value], networks, expires_at)
    return _make(work, wish, agency_id)


def _make(work: UnitOfWork, wish: AddServiceKey, agency_id: UUID | None = None) -> WithSecret:
    secret = rules.new_secret()
    key = ServiceKey(
        school_id=work.actor.school_id,
        id=new_id(),
        name=wish.name,
        scopes=sorted(wish.scopes),
        networks=list(wish.networks),
        agency_id=agency_id,
        secret_hash=rules.hash_of(secret),
        expires_at=rules.expiry_of(wish.expires_at, work.now),
        created_by=work.actor.id,
        created_at=work.now,
        changed_at=work.now,
        version=1,
    )
    work.service_keys.add(key)
    work.record(
        AuditEvent.SERVICE_KEY_ADDED, "service_key", key.id,
        after=_told(key), details={"scopes": key.scopes, "networks": key.networks},
    )  # fmt: skip
    return WithSecret(key, secret)


async def change_service_key(work: UnitOfWork, wish: ChangeServiceKey) -> ServiceKey:
    """Change a key; what its tokens may do changes with the next request.

    Raises `PermissionMissing`, `ServiceKeyNotFound`, `ServiceKeyRevoked`, `VersionStale`,
    `ScopeNotYours`, `ValidationFailed`.
    """
    key = await _key_for(work, wish.key_id, wish.version)
    changes = dict(wish.changes)
    if "expires_at" in changes:
        changes["expires_at"] = rules.expiry_of(changes["expires_at"], work.now)
        key.expiry_told_at = None
    if "scopes" in changes:
        changes["scopes"] = sorted(changes["scopes"])
    rules.require_scopes(work.actor, {*key.scopes, *changes.get("scopes", ())})
    before = _told(key)
    for name, value in changes.items():
        setattr(key, name, value)
    _touch(work, key)
    work.record(
        AuditEvent.SERVICE_KEY_CHANGED, "service_key", key.id,
        before=before, after=_told(key), details={"fields": sorted(changes)},
    )  # fmt: skip
    return key


async def rotate_service_key(work: UnitOfWork, wish: RotateServiceKey) -> WithSecret:
    """Give a key a new secret.

    Raises `PermissionMissing`, `ServiceKeyNotFound`, `ServiceKeyRevoked`, `VersionStale`,
    `ScopeNotYours`.
    """
    key = await _key_for(work, wish.key_id, wish.version)
    rules.require_scopes(work.actor, key.scopes)
    secret = rules.new_secret()
    lasts = bool(wish.overlap)
    key.former_hash = key.secret_hash if lasts else None
    key.former_until = work.now + wish.overlap if lasts else None
    key.secret_hash = rules.hash_of(secret)
    key.rotated_at = work.now
    _touch(work, key)
    minutes = int(wish.overlap.total_seconds() // 60)
    work.record(
        AuditEvent.SERVICE_KEY_ROTATED, "service_key", key.id, details={"overlap_minutes": minutes}
    )
    return WithSecret(key, secret)


async def revoke_service_key(work: UnitOfWork, key_id: UUID, version: int) -> ServiceKey:
    """End a key at once, with every token of it; doing it twice is no failure.

    An older version is taken: nobody who revokes a lost key is held up.
    Raises `PermissionMissing`, `ServiceKeyNotFound`, `VersionStale`.
    """
    policy.require(work.actor, Permission.KEY_CHANGE)
    key = await work.service_keys.lock(ServiceKey, key_id)
    if key is None:
        raise ServiceKeyNotFound
    revoke_key(work, key, version)
    return key


def revoke_key(work: UnitOfWork, key: ServiceKey, version: int) -> None:
    """End a locked key, and say so. Raises `VersionStale`."""
    check_was_read(key, version)
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by = work.now, work.actor.id
        key.former_hash = key.former_until = None
        _touch(work, key)
    work.record(AuditEvent.SERVICE_KEY_REVOKED, "service_key", key.id)


async def _key_for(work: UnitOfWork, key_id: UUID, version: int) -> ServiceKey:
    policy.require(work.actor, Permission.KEY_CHANGE)
    key = await work.service_keys.lock(ServiceKey, key_id)
    if key is None:
        raise ServiceKeyNotFound
    if key.version != version:
        raise VersionStale
    if key.revoked_at is not None:
        raise ServiceKeyRevoked
    return key


def _touch(work: UnitOfWork, key: ServiceKey) -> None:
    key.version += 1
    key.changed_at = work.now


def _told(key: ServiceKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": list(key.scopes),
        "networks": [str(network) for network in key.networks],
        "expires_at": key.expires_at,
    }
