"""Add, change, rotate and revoke service keys, and sign programs in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.limits import Policy
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.limits import give_back, take
from app.db.models import ServiceKey, SignInAttempt
from app.db.scope import SessionEnded
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work, request_id
from app.domain import policy
from app.domain.abuse import MINUTE, Guards
from app.domain.errors import TooManyRequests, require_row
from app.domain.etags import check_version, check_was_read
from app.domain.people.service_keys import rules
from app.domain.people.service_keys.errors import (
    ClientRefused,
    ServiceKeyNotFound,
    ServiceKeyRevoked,
)
from app.domain.steps import new, record_row, touch

TRIES = Policy("client_credentials", 60, MINUTE, burst=60)
"""Failed tries for one key from one network."""
NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class AddServiceKey:
    """A key for a program. Default for `expires_at`: in a year."""

    name: str
    scopes: Sequence[str]
    networks: Sequence[str] = ()
    expires_at: datetime | None = None
    roster_sources: Sequence[str] = ()


class WithSecret(NamedTuple):
    """A key and its secret, which is shown this once."""

    key: ServiceKey
    secret: str


async def create_service_key(work: UnitOfWork, command: AddServiceKey) -> WithSecret:
    """Add a key. Raises `PermissionMissing`, `ScopeNotYours`, `ValidationFailed`."""
    policy.require(work.actor, Permission.KEY_CHANGE)
    rules.require_scopes(work.actor, command.scopes)
    return _make(work, command)


def key_of_agency(
    work: UnitOfWork,
    agency_id: UUID,
    name: str,
    networks: Sequence[str],
    expires_at: datetime | None,
) -> WithSecret:
    """Make a key that answers only the referrals of one agency. Raises `ValidationFailed`.

    The caller has to check that the actor may make one.
    """
    command = AddServiceKey(name, [Permission.REFERRAL_ANSWER.value], networks, expires_at)
    return _make(work, command, agency_id)


def _make(work: UnitOfWork, command: AddServiceKey, agency_id: UUID | None = None) -> WithSecret:
    secret = rules.new_secret()
    key = new(
        work, ServiceKey, name=command.name, scopes=sorted(command.scopes),
        networks=list(command.networks), roster_sources=sorted(command.roster_sources),
        agency_id=agency_id, secret_hash=rules.hash_of(secret),
        expires_at=rules.expiry_of(command.expires_at, work.now),
    )  # fmt: skip
    work.service_keys.add(key)
    record_row(
        work, AuditEvent.SERVICE_KEY_ADDED, key, after=_audit_facts(key),
        details={
            "scopes": key.scopes, "networks": key.networks, "roster_sources": key.roster_sources,
        },
    )  # fmt: skip
    return WithSecret(key, secret)


async def update_service_key(
    work: UnitOfWork, key_id: UUID, version: int, changes: Mapping[str, Any]
) -> ServiceKey:
    """Change a key; its tokens' rights change with the next request.

    Raises `PermissionMissing`, `ServiceKeyNotFound`, `ServiceKeyRevoked`, `VersionStale`,
    `ScopeNotYours`, `ValidationFailed`.
    """
    key = await _key_for(work, key_id, version)
    changes = dict(changes)
    if "expires_at" in changes:
        changes["expires_at"] = rules.expiry_of(changes["expires_at"], work.now)
        key.expiry_told_at = None
    if "scopes" in changes:
        changes["scopes"] = sorted(changes["scopes"])
    rules.require_scopes(work.actor, {*key.scopes, *changes.get("scopes", ())})
    before = _audit_facts(key)
    for name, value in changes.items():
        setattr(key, name, value)
    touch(work, key)
    record_row(
        work, AuditEvent.SERVICE_KEY_CHANGED, key, before=before, after=_audit_facts(key),
        details={"fields": sorted(changes)},
    )  # fmt: skip
    return key


async def rotate_service_key(
    work: UnitOfWork, key_id: UUID, version: int, overlap: timedelta
) -> WithSecret:
    """Give a key a new secret.

    Raises `PermissionMissing`, `ServiceKeyNotFound`, `ServiceKeyRevoked`, `VersionStale`,
    `ScopeNotYours`.
    """
    key = await _key_for(work, key_id, version)
    rules.require_scopes(work.actor, key.scopes)
    secret = rules.new_secret()
    lasts = bool(overlap)
    key.former_hash = key.secret_hash if lasts else None
    key.former_until = work.now + overlap if lasts else None
    key.secret_hash = rules.hash_of(secret)
    key.rotated_at = work.now
    touch(work, key)
    minutes = int(overlap.total_seconds() // 60)
    record_row(work, AuditEvent.SERVICE_KEY_ROTATED, key, details={"overlap_minutes": minutes})
    return WithSecret(key, secret)


async def revoke_service_key(work: UnitOfWork, key_id: UUID, version: int) -> ServiceKey:
    """End a key at once, with all of its tokens; repeating it does not fail.

    Accepts an older version: nothing delays revoking a lost key. Raises `PermissionMissing`,
    `ServiceKeyNotFound`, `VersionStale`.
    """
    policy.require(work.actor, Permission.KEY_CHANGE)
    key = require_row(await work.service_keys.lock(ServiceKey, key_id), ServiceKeyNotFound)
    revoke_key(work, key, version)
    return key


def revoke_key(work: UnitOfWork, key: ServiceKey, version: int) -> None:
    """End a locked key, and log it. Raises `VersionStale`."""
    check_was_read(key, version)
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by = work.now, work.actor.id
        key.former_hash = key.former_until = None
        touch(work, key)
    record_row(work, AuditEvent.SERVICE_KEY_REVOKED, key)


async def _key_for(work: UnitOfWork, key_id: UUID, version: int) -> ServiceKey:
    policy.require(work.actor, Permission.KEY_CHANGE)
    key = require_row(await work.service_keys.lock(ServiceKey, key_id), ServiceKeyNotFound)
    check_version(key, version)
    if key.revoked_at is not None:
        raise ServiceKeyRevoked
    return key


def _audit_facts(key: ServiceKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": list(key.scopes),
        "networks": [str(network) for network in key.networks],
        "roster_sources": list(key.roster_sources),
        "expires_at": key.expires_at,
    }


@dataclass(frozen=True, slots=True)
class ShowKey:
    """A program's claim to be a key; `scope` asks for fewer scopes than the key has."""

    client_id: str
    secret: str
    scope: str | None
    address: str | None
    network: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A key that signed in, and the rights of its token."""

    key_id: UUID
    school_id: UUID
    organisation: str
    scopes: tuple[str, ...]
    at: datetime


async def sign_in_key(database: Database, command: ShowKey, guards: Guards) -> Admitted:
    """Prove a key. An unknown ID and a wrong secret take the same time and get the same answer.

    The statement that sets the scope checks expiry, revocation and networks, as with every request.
    Raises `ClientRefused`, `ScopeRefused`, `TooManyRequests`.
    """
    charged = await _charge(database, command, guards)
    key_id = _id_of(command.client_id)
    claimed = Actor(id=key_id, school_id=NIL, role=Role.SYSTEM)
    async with open_work(database, claimed) as work:
        school_id = await _school_of(work, key_id, rules.hash_of(command.secret))
        if school_id is None:
            _note_attempt(work)
    if school_id is None:
        raise ClientRefused
    try:
        admitted = await _admit(database, command, key_id, school_id)
    except SessionEnded as ended:
        await _record_refusal(database, key_id, school_id, command)
        raise ClientRefused from ended
    for key, limit in charged:
        await give_back(database, key, limit)
    return admitted


async def _charge(
    database: Database, command: ShowKey, guards: Guards
) -> list[tuple[tuple[str, ...], Policy]]:
    """Count a try as failed before it is looked at. Raises `TooManyRequests`."""
    charged: list[tuple[tuple[str, ...], Policy]] = []
    wanted = [((command.client_id, command.network), TRIES)]
    for key, limit in [
        *wanted,
        *([((command.network,), guards.network)] if guards.network else []),
    ]:
        taken = await take(database, key, limit)
        if not taken.allowed:
            raise TooManyRequests(limit, taken.retry_after_seconds)
        charged.append((key, limit))
    return charged


def _id_of(client_id: str) -> UUID:
    try:
        return UUID(client_id)
    except ValueError:
        return NIL


async def _school_of(work: UnitOfWork, key_id: UUID, content: bytes) -> UUID | None:
    """The school of the key, when the secret is its own."""
    row: Any = await work.service_keys.claimed(key_id)
    known = row or {"secret_hash": NO_HASH, "former_hash": None, "former_until": None}
    is_own = rules.is_secret(
        content, known["secret_hash"], known["former_hash"], known["former_until"], work.now
    )
    return row["school_id"] if row is not None and is_own else None


def _note_attempt(work: UnitOfWork) -> None:
    attempt = SignInAttempt(
        id=new_id(), at=work.now, outcome="client_refused", request_id=request_id.get()
    )
    work.service_keys.add(attempt)


async def _admit(database: Database, command: ShowKey, key_id: UUID, school_id: UUID) -> Admitted:
    """Note the use of a key. Raises `SessionEnded`, `ScopeRefused`."""
    actor = Actor(key_id, school_id, Role.SERVICE_KEY, address=command.address)
    async with open_work(database, actor) as work:
        key = await work.service_keys.lock(ServiceKey, key_id)
        assert key is not None  # noqa: S101 - the scope statement saw it
        scopes = rules.scopes_granted(command.scope, key.scopes)
        key.last_used_at, key.last_used_from = work.now, command.address
        work.record(
            AuditEvent.SERVICE_KEY_USED, "service_key", key_id, details={"scopes": list(scopes)}
        )
        organisation = await work.service_keys.organisation()
    return Admitted(key_id, school_id, organisation or "", scopes, work.now)


async def _record_refusal(
    database: Database, key_id: UUID, school_id: UUID, command: ShowKey
) -> None:
    """Log the right secret of a key that has ended, or from outside its networks."""
    async with open_work(database, Actor.system(school_id)) as work:
        work.record(
            AuditEvent.SERVICE_KEY_REFUSED, "service_key", key_id,
            details={"address": command.address},
        )  # fmt: skip
        _note_attempt(work)


async def note_ending_told(work: UnitOfWork, key_ids: Sequence[UUID]) -> None:
    """Record that the administrators know of these keys."""
    for key_id in key_ids:
        key = await work.service_keys.lock(ServiceKey, key_id)
        if key is not None:
            key.expiry_told_at = work.now
            work.record(AuditEvent.SERVICE_KEY_EXPIRY_TOLD, "service_key", key_id)
