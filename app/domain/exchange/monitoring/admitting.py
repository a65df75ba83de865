"""Knowing a source by its signature: which school it sends to, and that it is really it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from app.core.ids import NIL
from app.core.words import Actor, Role
from app.db.limits import Policy, give_back, take
from app.db.repositories.exchange import monitoring as stored
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.abuse import MINUTE, TooManyRequests
from app.domain.exchange.monitoring import signatures
from app.domain.exchange.monitoring.errors import SignatureRefused
from app.domain.people.sessions.vaults import Vault

log = structlog.get_logger()
TRIES = Policy("alert_signature", 60, MINUTE, burst=60)
"""Wrong signatures for one source from one network: strangers cannot keep a tool out."""
ALERTS = Policy("alert_intake", 600, MINUTE, burst=600)
"""Alerts of one source."""
NO_KEY = bytes(signatures.SECRET_BYTES)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A source that signed what it sends."""

    source_id: UUID
    school_id: UUID
    webhook_id: str


async def admit(
    database: Database,
    vault: Vault,
    source_id: UUID,
    shown: signatures.Shown,
    body: bytes,
    network: str,
) -> Admitted:
    """Prove a signature. A source that is unknown or has ended costs and says the same.

    Raises `SignatureRefused`, `TooManyRequests`.
    """
    tried = (str(source_id), network)
    await _charge(database, tried, TRIES)
    async with open_work(database, Actor(id=source_id, school_id=NIL, role=Role.SYSTEM)) as work:
        row: Any = await stored.source_claimed(await work.driver(), source_id)
        keys = _keys_of(row, source_id, vault, work.now)
        is_own = signatures.is_signed(shown, body, keys or [NO_KEY], work.now)
    if row is None or not keys or not is_own:
        log.info("alert_intake.signature_refused", known=row is not None)
        raise SignatureRefused
    await give_back(database, tried, TRIES)
    await _charge(database, (str(source_id),), ALERTS)
    return Admitted(source_id, row["school_id"], shown.id)


async def _charge(database: Database, key: tuple[str, ...], policy: Policy) -> None:
    taken = await take(database, key, policy)
    if not taken.allowed:
        raise TooManyRequests(policy, taken.retry_after_seconds)


def _keys_of(row: Mapping[str, Any] | None, source_id: UUID, vault: Vault, now: Any) -> list[bytes]:
    if row is None or row["ended_at"] is not None:
        return []
    sealed = [row["sealed"]]
    if row["former_until"] is not None and row["former_until"] > now:
        sealed.append(row["former_sealed"])
    return [vault.open(bytes(one), source_id.bytes) for one in sealed]
