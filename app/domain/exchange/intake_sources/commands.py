"""Add, change, rotate and end the tools that send alerts, and recognise their signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from app.core.ids import NIL, new_id
from app.core.limits import Policy
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.limits import give_back, take
from app.db.models import IntakeSource, ServiceKey
from app.db.repositories.exchange import alert_intake as stored
from app.db.repositories.record.concern_reports import facts_for_raising
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.abuse import MINUTE
from app.domain.common.alerts.commands import tell
from app.domain.common.category_rules.commands import in_common_codes
from app.domain.errors import FieldProblem, TooManyRequests, require_row
from app.domain.etags import check_version, check_was_read
from app.domain.exchange.intake_sources.errors import (
    IntakeSourceEnded,
    IntakeSourceNotFound,
    SignatureRefused,
    SpeakerUnknown,
)
from app.domain.exchange.monitoring_alerts import rules as monitoring_alerts_rules
from app.domain.exchange.monitoring_alerts.rules import UNMAPPED
from app.domain.people.second_factors.rules import Vault
from app.domain.record.concern_reports.rules import recipients
from app.domain.steps import new, record_row, touch
from app.formats import standard_webhooks

CHANGED = "intake_changed"
HEARD_BY = ("severities", "categories", "identifiers", "service_key_id")
"""Fields of a source that decide how loud its alerts are, who they are about and who sends them."""
OVERLAP = timedelta(hours=24)
"""How long the previous secret works after a rotation."""

log = structlog.get_logger()
TRIES = Policy("alert_signature", 60, MINUTE, burst=60)
"""Wrong signatures for one source from one network: strangers cannot keep a tool out."""
ALERTS = Policy("alert_intake", 600, MINUTE, burst=600)
"""Limit for alerts of one source."""
NO_KEY = bytes(standard_webhooks.SECRET_BYTES)


class WithSecret(NamedTuple):
    """A source and its signing secret, which is shown this once."""

    source: IntakeSource
    secret: str


async def add_source(
    work: UnitOfWork,
    vault: Vault,
    name: str,
    kind: str,
    severities: Mapping[str, str],
    categories: Mapping[str, str],
    identifiers: Sequence[str],
    service_key_id: UUID | None = None,
) -> WithSecret:
    """Add a source. Raises `PermissionMissing`, `SpeakerUnknown`, `ValidationFailed`.

    `service_key_id` is the only key that may send for it; None: the first that does. A live source
    of the same name is a conflict.
    """
    policy.require(work.actor, Permission.INTAKE_CHANGE)
    await _check_key(work, service_key_id)
    await _check_words(work, categories)
    source_id, secret = new_id(), standard_webhooks.new_secret()
    source = new(
        work, IntakeSource, id=source_id, name=name, kind=kind, severities=_looked_up(severities),
        categories=_looked_up(categories), identifiers=list(identifiers),
        service_key_id=service_key_id, sealed=vault.seal(secret, source_id.bytes),
    )  # fmt: skip
    work.session.add(source)
    record_row(
        work, AuditEvent.INTAKE_SOURCE_ADDED, source, after=_audit_facts(source),
        details={"kind": source.kind},
    )  # fmt: skip
    if any(
        monitoring_alerts_rules.rank(ours) < monitoring_alerts_rules.rank(UNMAPPED)
        for ours in severities.values()
    ):
        await _tell_leads(work)
    return WithSecret(source, standard_webhooks.written(secret))


async def change_source(
    work: UnitOfWork, source_id: UUID, version: int, changes: Mapping[str, Any]
) -> IntakeSource:
    """Change how a source's later alerts are read, and alert the leads.

    Raises `PermissionMissing`, `IntakeSourceNotFound`, `IntakeSourceEnded`, `VersionStale`,
    `ValidationFailed`.
    """
    source = await _source_for(work, source_id, version)
    await _check_key(work, changes.get("service_key_id"))
    await _check_words(work, changes.get("categories", {}))
    before = _audit_facts(source)
    for name, value in changes.items():
        mapped = name in ("severities", "categories")
        setattr(source, name, _looked_up(value) if mapped else value)
    touch(work, source)
    record_row(
        work, AuditEvent.INTAKE_SOURCE_CHANGED, source, before=before, after=_audit_facts(source),
        details={"fields": sorted(changes)},
    )  # fmt: skip
    after = _audit_facts(source)
    if any(before[name] != after[name] for name in HEARD_BY):
        await _tell_leads(work)
    return source


async def rotate_source(
    work: UnitOfWork, source_id: UUID, version: int, vault: Vault
) -> WithSecret:
    """Give a source a new signing secret; the present one works for another day.

    Raises `PermissionMissing`, `IntakeSourceNotFound`, `IntakeSourceEnded`, `VersionStale`.
    """
    source = await _source_for(work, source_id, version)
    secret = standard_webhooks.new_secret()
    source.former_sealed, source.former_until = source.sealed, work.now + OVERLAP
    source.sealed = vault.seal(secret, source.id.bytes)
    source.rotated_at = work.now
    touch(work, source)
    record_row(
        work, AuditEvent.INTAKE_SOURCE_ROTATED, source,
        details={"overlap_minutes": int(OVERLAP.total_seconds() // 60)},
    )  # fmt: skip
    return WithSecret(source, standard_webhooks.written(secret))


async def end_source(work: UnitOfWork, source_id: UUID, version: int) -> IntakeSource:
    """Stop accepting what a source signs; repeating it does not fail.

    Its earlier alerts stay, and open ones still need a decision; what it still sends with a key is
    saved and marked. The leads are alerted. Accepts an older version: nothing delays stopping a
    source. Raises `PermissionMissing`, `IntakeSourceNotFound`, `VersionStale`.
    """
    policy.require(work.actor, Permission.INTAKE_CHANGE)
    source = require_row(await work.concerns.lock(IntakeSource, source_id), IntakeSourceNotFound)
    check_was_read(source, version)
    if source.ended_at is None:
        source.ended_at, source.ended_by = work.now, work.actor.id
        source.former_sealed = source.former_until = None
        touch(work, source)
        await _tell_leads(work)
    record_row(work, AuditEvent.INTAKE_SOURCE_ENDED, source)
    return source


async def _tell_leads(work: UnitOfWork) -> None:
    """Alert every other lead, so that nobody can quieten a tool unnoticed."""
    facts = await facts_for_raising(await work.driver(), work.actor.school_id, [], work.today)
    for person in recipients(facts.people, work.actor.id):
        if person != work.actor.id:
            tell(work, person, CHANGED)


async def reseal_sources(work: UnitOfWork, vault: Vault) -> None:
    """Seal again the secrets of an older key; delete former secrets that have expired."""
    for source_id in await stored.living_sources(await work.driver(), work.actor.school_id):
        source = await work.concerns.lock(IntakeSource, source_id)
        if source is not None and source.ended_at is None and _resealed(source, vault, work.now):
            record_row(
                work, AuditEvent.INTAKE_SOURCE_CHANGED, source, details={"fields": ["sealed"]}
            )


def _resealed(source: IntakeSource, vault: Vault, now: datetime) -> bool:
    """Whether anything of it had to be sealed again or deleted."""
    done = source.former_until is not None and source.former_until <= now
    if done:
        source.former_sealed = source.former_until = None
    bound = source.id.bytes
    for name in ("sealed", "former_sealed"):
        secret = getattr(source, name)
        if secret is not None and not vault.is_current(secret):
            setattr(source, name, vault.seal(vault.open(secret, bound), bound))
            done = True
    return done


async def _source_for(work: UnitOfWork, source_id: UUID, version: int) -> IntakeSource:
    policy.require(work.actor, Permission.INTAKE_CHANGE)
    source = require_row(await work.concerns.lock(IntakeSource, source_id), IntakeSourceNotFound)
    check_version(source, version)
    if source.ended_at is not None:
        raise IntakeSourceEnded
    return source


async def _check_key(work: UnitOfWork, key_id: UUID | None) -> None:
    if key_id is not None and await work.concerns.find(ServiceKey, key_id) is None:
        problem = FieldProblem("/service_key_id", "unknown", "Cairn cannot find this service key.")
        raise SpeakerUnknown(problems=[problem])


async def _check_words(work: UnitOfWork, categories: Mapping[str, str]) -> None:
    """Raise `ValidationFailed` for a word of the school's own that is not used here today."""
    parts = {word: word.replace("~", "~0").replace("/", "~1") for word in categories}
    named = {f"/categories/{parts[word]}": code for word, code in categories.items()}
    await in_common_codes(work, named)


def _looked_up(mapping: Mapping[str, str]) -> dict[str, str]:
    """A mapping by words as they are looked up."""
    return {monitoring_alerts_rules.plain(word): value for word, value in mapping.items()}


def _audit_facts(source: IntakeSource) -> dict[str, Any]:
    return {
        "name": source.name,
        "kind": source.kind,
        "severities": dict(source.severities),
        "categories": dict(source.categories),
        "identifiers": list(source.identifiers),
        "service_key_id": source.service_key_id,
    }


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
    signature: standard_webhooks.Shown,
    body: bytes,
    network: str,
) -> Admitted:
    """Check a signature. An unknown or ended source takes the same time and gets the same answer.

    Raises `SignatureRefused`, `TooManyRequests`.
    """
    tried = (str(source_id), network)
    await _charge(database, tried, TRIES)
    async with open_work(database, Actor(id=source_id, school_id=NIL, role=Role.SYSTEM)) as work:
        row: Any = await stored.source_claimed(await work.driver(), source_id)
        keys = _keys_of(row, source_id, vault, work.now)
        is_own = standard_webhooks.is_signed(signature, body, keys or [NO_KEY], work.now)
    if row is None or not keys or not is_own:
        log.info("alert_intake.signature_refused", known=row is not None)
        raise SignatureRefused
    await give_back(database, tried, TRIES)
    await _charge(database, (str(source_id),), ALERTS)
    return Admitted(source_id, row["school_id"], signature.id)


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
    return [vault.open(bytes(item), source_id.bytes) for item in sealed]
