"""How a program signs in with its key: OAuth 2 client credentials (RFC 6749, 4.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent, Role
from app.db.limits import Policy, give_back, take
from app.db.models import ServiceKey, SignInAttempt
from app.db.session import Database, SessionEnded
from app.db.unit_of_work import UnitOfWork, open_work, request_id
from app.domain.abuse import MINUTE, Guards, TooManyRequests
from app.domain.people.service_keys import rules
from app.domain.people.service_keys.errors import ClientRefused

TRIES = Policy("client_credentials", 60, MINUTE, burst=60)
"""Failed tries for one key from one network."""
NO_HASH = bytes(32)


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
    """A key that signed in, and what its token is for."""

    key_id: UUID
    school_id: UUID
    organisation: str
    scopes: tuple[str, ...]
    at: datetime


async def sign_in_key(database: Database, wish: ShowKey, guards: Guards) -> Admitted:
    """Prove a key. An unknown id and a wrong secret cost the same work and get the same answer.

    Expiry, revocation and networks are proved by the statement that sets the scope, as they are
    with every request. Raises `ClientRefused`, `ScopeRefused`, `TooManyRequests`.
    """
    charged = await _charge(database, wish, guards)
    key_id = _id_of(wish.client_id)
    claimed = Actor(id=key_id, school_id=NIL, role=Role.SYSTEM)
    async with open_work(database, claimed) as work:
        school_id = await _school_of(work, key_id, rules.hash_of(wish.secret))
        if school_id is None:
            _note_attempt(work)
    if school_id is None:
        raise ClientRefused
    try:
        admitted = await _admit(database, wish, key_id, school_id)
    except SessionEnded as ended:
        await _record_refusal(database, key_id, school_id, wish)
        raise ClientRefused from ended
    for key, policy in charged:
        await give_back(database, key, policy)
    return admitted


async def _charge(
    database: Database, wish: ShowKey, guards: Guards
) -> list[tuple[tuple[str, ...], Policy]]:
    """Count a try as failed before it is looked at. Raises `TooManyRequests`."""
    charged: list[tuple[tuple[str, ...], Policy]] = []
    wanted = [((wish.client_id, wish.network), TRIES)]
    for key, policy in [*wanted, *([((wish.network,), guards.network)] if guards.network else [])]:
        taken = await take(database, key, policy)
        if not taken.allowed:
            raise TooManyRequests(policy, taken.retry_after_seconds)
        charged.append((key, policy))
    return charged


def _id_of(client_id: str) -> UUID:
    try:
        return UUID(client_id)
    except ValueError:
        return NIL


async def _school_of(work: UnitOfWork, key_id: UUID, shown: bytes) -> UUID | None:
    """The school of the key, when the secret is its own."""
    row: Any = await work.service_keys.claimed(key_id)
    known = row or {"secret_hash": NO_HASH, "former_hash": None, "former_until": None}
    is_own = rules.is_secret(
        shown, known["secret_hash"], known["former_hash"], known["former_until"], work.now
    )
    return row["school_id"] if row is not None and is_own else None


def _note_attempt(work: UnitOfWork) -> None:
    attempt = SignInAttempt(
        id=new_id(), at=work.now, outcome="client_refused", request_id=request_id.get()
    )
    work.service_keys.add(attempt)


async def _admit(database: Database, wish: ShowKey, key_id: UUID, school_id: UUID) -> Admitted:
    """Note the use of a key. Raises `SessionEnded`, `ScopeRefused`."""
    actor = Actor(key_id, school_id, Role.SERVICE_KEY, address=wish.address)
    async with open_work(database, actor) as work:
        key = await work.service_keys.lock(ServiceKey, key_id)
        assert key is not None  # noqa: S101 - the scope statement saw it
        scopes = rules.scopes_granted(wish.scope, key.scopes)
        key.last_used_at, key.last_used_from = work.now, wish.address
        work.record(
            AuditEvent.SERVICE_KEY_USED, "service_key", key_id, details={"scopes": list(scopes)}
        )
        organisation = await work.service_keys.organisation()
    return Admitted(key_id, school_id, organisation or "", scopes, work.now)


async def _record_refusal(database: Database, key_id: UUID, school_id: UUID, wish: ShowKey) -> None:
    """The right secret of a key that has ended, or from outside its networks, is worth a trace."""
    async with open_work(database, Actor.system(school_id)) as work:
        work.record(
            AuditEvent.SERVICE_KEY_REFUSED, "service_key", key_id, details={"address": wish.address}
        )
        _note_attempt(work)
