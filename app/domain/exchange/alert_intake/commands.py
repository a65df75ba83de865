"""Saves an alert whole, matches it, counts it into its burst, and applies further versions."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.models import IntakeSource, MonitoringAlert, MonitoringBody
from app.db.repositories.exchange import alert_intake as stored
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.common.category_rules.commands import own_word
from app.domain.common.category_rules.rules import OWN
from app.domain.common.deadlines.commands import stop_clock
from app.domain.duty.lead_availability.queries import read_lead_availability
from app.domain.duty.lead_availability.rules import LeadAvailability, matter_of
from app.domain.exchange.intake_sources.errors import IntakeSourceNotFound
from app.domain.exchange.monitoring_alerts import rules
from app.domain.exchange.monitoring_alerts.commands import (
    begin,
    columns_of,
    keep_all,
    keep_named,
    leave_no_conflict,
    match_of,
    raise_severity,
    rematch,
    reopen,
    ring_again,
    share_candidates,
    tell_of_decided,
)
from app.domain.exchange.monitoring_alerts.errors import (
    IntakeSourceNotYours,
    MonitoringVersionsFull,
)
from app.domain.exchange.monitoring_alerts.rules import content_of
from app.domain.record.concerns.rules import check_occurred
from app.domain.steps import new, record_row, touch

MOST_VERSIONS, LARGEST_VERSIONS = 100, 1_000_000
"""Maximum versions of one alert, and bytes of all of them together."""


@dataclass(frozen=True, slots=True)
class Source:
    """How to read the codes of a source."""

    id: UUID
    severities: Mapping[str, str]
    categories: Mapping[str, str]
    identifiers: Sequence[str]
    created_by: UUID


@dataclass(frozen=True, slots=True)
class Reading:
    """An alert as it is understood."""

    severity: rules.Severity
    category: str | None
    source_category: str | None
    own_category: dict[str, Any] | None
    """The school's own word to which the category is mapped, as it is today."""
    content: dict[str, Any]
    subject: Mapping[str, str]

    @property
    def weighty(self) -> bool:
        """Whether it rings even if a person had decided the earlier version."""
        outcome = self.content.get("review", {}).get("outcome")
        return rules.rings(self.severity.value) or rules.is_true(outcome)


async def apply_update(
    work: UnitOfWork, source: Source, alert: MonitoringAlert, read: Reading
) -> None:
    """Apply a further version, which never lowers an alert."""
    before, severity = alert.child_id, read.severity.value
    graver = rules.rank(severity) > rules.rank(alert.severity)
    alert.severity = rules.higher(alert.severity, severity)
    moved = await rematch(work, alert, source.identifiers, read.subject)
    if moved and alert.child_id is None:
        await keep_all(work, alert)
    named = await keep_named(work, alert, read.subject)
    if alert.collapsed_into is not None:
        await _heed_part(work, source, alert, read, moved=moved)
        return
    if moved and before is not None:
        await _leave_parts(work, alert, source.created_by)
    if alert.state == "open" and (moved or named):
        await leave_no_conflict(work, alert)
    await _ring(work, source, alert, moved=moved, graver=graver, weighty=read.weighty)


async def _ring(
    work: UnitOfWork,
    source: Source,
    alert: MonitoringAlert,
    *,
    moved: bool,
    graver: bool,
    weighty: bool,
) -> None:
    fallback = source.created_by
    if alert.state == "open":
        if graver:
            await raise_severity(work, alert, alert.severity, fallback)
        if moved and not (graver and rules.rings(alert.severity)):
            await ring_again(work, alert)
        return
    if alert.state == "taken_up" and (moved or graver or weighty):
        await tell_of_decided(work, alert)
    if moved or (alert.state == "dismissed" and (graver or weighty)):
        await reopen(work, alert, alert.severity, fallback)


async def _heed_part(
    work: UnitOfWork, source: Source, part: MonitoringAlert, read: Reading, *, moved: bool
) -> None:
    """Turn a part that is about another child, or graver than its burst, into its own item."""
    head = await work.concerns.lock(MonitoringAlert, part.collapsed_into)  # type: ignore[arg-type]
    assert head is not None  # noqa: S101 - a foreign key holds it
    apart = moved and (part.child_id is None or part.child_id != head.child_id)
    graver = rules.rank(part.severity) > rules.rank(head.severity)
    if apart or graver or (head.state != "open" and read.weighty):
        head.count -= 1
        touch(work, head)
        await begin(work, part, source.created_by)
    else:
        await share_candidates(work, part, head)


async def _leave_parts(work: UnitOfWork, head: MonitoringAlert, fallback: UUID) -> None:
    """Remove parts about another child from a burst; the gravest of the rest becomes its head."""
    ids = await stored.parts_of(await work.driver(), head.school_id, head.id)
    items = [await work.concerns.lock(MonitoringAlert, id_) for id_ in ids]
    parts = [part for part in items if part is not None]
    if not parts:
        return
    first, *rest = parts
    first.count, head.count = 1 + len(rest), 1
    for part in rest:
        part.collapsed_into = first.id
        first.last_at = max(first.last_at, part.occurred_at)
    for name in ("concern_id", "outcome", "reason", "decided_by", "ended_at"):
        setattr(first, name, getattr(head, name))
    touch(work, first)
    if head.state == "open":
        await begin(work, first, fallback)
    else:
        first.state, first.collapsed_into = head.state, None
        stop_clock(work, first, first.state)


# Saved before it is answered; nothing raises a concern or decides about a person automatically.
@dataclass(frozen=True, slots=True)
class ReceiveAlert:
    """An alert as a tool sent it; `body` is its parsed form and `raw` its bytes."""

    source: str
    external_id: str
    occurred_at: datetime
    detected_at: datetime | None
    severity: str | None
    source_severity: str | None
    category: str | None
    source_category: str | None
    body: Mapping[str, Any]
    raw: bytes
    webhook_id: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """Answer to the tool."""

    id: UUID
    state: str
    matched: bool
    duplicate: bool
    availability: LeadAvailability


async def receive_alert(work: UnitOfWork, command: ReceiveAlert) -> Received:
    """Save an alert; one with the same source and source ID is the same alert.

    Raises `PermissionMissing`, `IntakeSourceNotFound`, `IntakeSourceNotYours`, `OccurredInFuture`,
    `MonitoringVersionsFull`. Alerts from an ended source are saved.
    """
    policy.require(work.actor, Permission.ALERT_INTAKE)
    check_occurred(command.occurred_at, work.now)
    source = await _source(work, command.source)
    read = await _read(work, source, command)
    driver, school_id = await work.driver(), work.actor.school_id
    await stored.hold(driver, school_id, source.id, command.external_id)
    known = await stored.alert_sent(driver, school_id, source.id, command.external_id)
    if known is not None:
        return await _again(work, source, known, command, read)
    match = await match_of(work, source.identifiers, read.subject)
    alert = _new(work, source, command, read, match)
    await keep_named(work, alert, read.subject)
    head = await _head(work, alert)
    if head is None:
        await begin(work, alert, source.created_by)
    else:
        await _collapse(work, alert, head)
    work.session.add(alert)
    await work.session.flush()
    _keep(work, alert, command, read, 1)
    record_row(
        work, AuditEvent.MONITORING_RECEIVED, alert,
        details={
            "source_id": str(source.id), "severity": alert.severity,
            "confidence": alert.confidence, "signed": command.webhook_id is not None,
            "collapsed_into": head and str(head.id),
        },
    )  # fmt: skip
    return await _received(work, alert, duplicate=False)


async def _received(work: UnitOfWork, alert: MonitoringAlert, *, duplicate: bool) -> Received:
    availability = await read_lead_availability(await work.driver(), work.actor, work.now)
    own = alert.own_category
    about = own["categories"] if own else [alert.category] if alert.category else []
    availability = availability.about(matter_of(about))
    return Received(alert.id, alert.state, alert.child_id is not None, duplicate, availability)


async def _source(work: UnitOfWork, name: str) -> Source:
    row = await stored.source_named(await work.driver(), work.actor.school_id, name)
    if row is None:
        raise IntakeSourceNotFound
    await _bind(work, row["id"], row["service_key_id"])
    return Source(
        row["id"], orjson.loads(row["severities"]), orjson.loads(row["categories"]),
        row["identifiers"], row["created_by"],
    )  # fmt: skip


async def _bind(work: UnitOfWork, source_id: UUID, bound: UUID | None) -> None:
    """Bind a source to one key: the one it was given, or the first that sends for it."""
    if not work.actor.is_service:
        return
    if bound is None:
        source = await work.concerns.lock(IntakeSource, source_id)
        assert source is not None  # noqa: S101 - sources are never removed
        if source.service_key_id is None:
            source.service_key_id = work.actor.id
            work.record(
                AuditEvent.INTAKE_SOURCE_CHANGED, "intake_source", source_id,
                details={"fields": ["service_key_id"]},
            )  # fmt: skip
        bound = source.service_key_id
    if bound != work.actor.id:
        raise IntakeSourceNotYours


async def _read(work: UnitOfWork, source: Source, command: ReceiveAlert) -> Reading:
    content = content_of(command.body)
    severity = rules.severity_of(command.severity, command.source_severity, source.severities)
    category, word = rules.category_of(command.category, command.source_category, source.categories)
    own = None
    if category is not None and category.startswith(OWN):
        own = await own_word(work, category)
        category = None if own is None else str(own["categories"][0])
    return Reading(severity, category, word, own, content, content.get("subject", {}))


def _new(
    work: UnitOfWork, source: Source, command: ReceiveAlert, read: Reading, match: rules.Match
) -> MonitoringAlert:
    category = read.category or (read.source_category and rules.plain(read.source_category))
    return new(
        work,
        MonitoringAlert,
        source_id=source.id,
        external_id=command.external_id,
        occurred_at=command.occurred_at,
        detected_at=command.detected_at,
        received_at=work.now,
        severity=read.severity.value,
        source_severity=read.severity.text,
        severity_known=read.severity.known,
        category=read.category,
        source_category=read.source_category,
        own_category=read.own_category,
        burst_key=rules.burst_key(
            match.child_id, read.subject, category, grave=rules.rings(read.severity.value)
        ),
        state="open",
        count=1,
        last_at=command.occurred_at,
        confidentiality="K3",
        **columns_of(match),
    )


async def _head(work: UnitOfWork, alert: MonitoringAlert) -> MonitoringAlert | None:
    """Lock the open alert of this one's burst; None if it starts a burst."""
    if alert.burst_key is None:
        return None
    driver, school_id = await work.driver(), alert.school_id
    await stored.hold(driver, school_id, alert.source_id, alert.burst_key)
    result = await stored.head_of(
        driver, school_id, alert.source_id, alert.burst_key, alert.occurred_at,
        rules.burst_window(), rules.at_least(alert.severity), alert.child_id,
    )  # fmt: skip
    head = await work.concerns.lock(MonitoringAlert, result) if result else None
    return head if head is not None and head.state == "open" else None


async def _collapse(work: UnitOfWork, alert: MonitoringAlert, head: MonitoringAlert) -> None:
    alert.state, alert.collapsed_into = "collapsed", head.id
    head.count += 1
    head.last_at = max(head.last_at, alert.occurred_at)
    touch(work, head)
    await share_candidates(work, alert, head)
    if rules.rings(alert.severity) and not await _is_unread(work, head):
        await ring_again(work, head)


async def _is_unread(work: UnitOfWork, head: MonitoringAlert) -> bool:
    """Whether the burst's alert is still unacknowledged in each inbox."""
    return await stored.is_unread(await work.driver(), head.school_id, head.id)


def _keep(
    work: UnitOfWork, alert: MonitoringAlert, command: ReceiveAlert, read: Reading, number: int
) -> None:
    """Save the alert exactly as it came."""
    by_key = work.actor.id if work.actor.is_service else UUID(int=0)
    row = new(
        work, MonitoringBody, alert_id=alert.id, number=number, body=command.raw,
        sha256=hashlib.sha256(command.raw).digest(), content=read.content,
        severity=read.severity.value, webhook_id=command.webhook_id, received_by=by_key,
        received_at=work.now,
    )  # fmt: skip
    work.session.add(row)


async def _again(
    work: UnitOfWork, source: Source, known: UUID, command: ReceiveAlert, read: Reading
) -> Received:
    """Take a repeated alert: nothing new, or a further version."""
    first = await work.concerns.find(MonitoringAlert, known)
    if first is not None and first.burst_key is not None:
        await stored.hold(await work.driver(), first.school_id, source.id, first.burst_key)
    alert = await work.concerns.lock(MonitoringAlert, known)
    assert alert is not None  # noqa: S101 - alerts are never removed
    versions = await stored.versions_of(await work.driver(), alert.school_id, alert.id)
    if hashlib.sha256(command.raw).digest() not in {bytes(row["sha256"]) for row in versions}:
        _check_room(versions, command.raw)
        number = len(versions) + 1
        _keep(work, alert, command, read, number)
        record_row(
            work, AuditEvent.MONITORING_RECEIVED, alert,
            details={
                "source_id": str(source.id), "version": number, "severity": read.severity.value,
                "signed": command.webhook_id is not None,
            },
        )  # fmt: skip
        touch(work, alert)
        await apply_update(work, source, alert, read)
    return await _received(work, alert, duplicate=True)


def _check_room(versions: Sequence[Any], raw: bytes) -> None:
    """Raise `MonitoringVersionsFull` if the versions of one alert would fill the record."""
    size = sum(row["size"] for row in versions) + len(raw)
    if len(versions) >= MOST_VERSIONS or size > LARGEST_VERSIONS:
        raise MonitoringVersionsFull


async def receive_signed(database: Database, school_id: UUID, command: ReceiveAlert) -> Received:
    """Take in what a source signed, in its own work. Raises as `receive_alert` does."""
    async with open_work(database, Actor.system(school_id)) as work:
        return await receive_alert(work, command)
