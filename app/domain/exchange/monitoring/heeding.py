"""What a further version of an alert changes: whom it is about, how grave it is, who hears."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.models import MonitoringAlert
from app.db.repositories.exchange import monitoring as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import stop_clock
from app.domain.exchange.monitoring import rules
from app.domain.exchange.monitoring.matching import rematch
from app.domain.exchange.monitoring.naming import keep_all, keep_named, share_candidates
from app.domain.exchange.monitoring.ringing import (
    begin,
    leave_no_conflict,
    raise_severity,
    reopen,
    ring_again,
    tell_of_decided,
    touch,
)


@dataclass(frozen=True, slots=True)
class Source:
    """How a source's words are understood."""

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
    content: dict[str, Any]
    subject: Mapping[str, str]

    @property
    def weighty(self) -> bool:
        """Whether it is heard also where a person was done with what came before."""
        outcome = self.content.get("review", {}).get("outcome")
        return rules.rings(self.severity.value) or rules.is_true(outcome)


async def apply_update(
    work: UnitOfWork, source: Source, alert: MonitoringAlert, read: Reading
) -> None:
    """Let a further version count. Nothing of it calms an alert."""
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
    """A part that is about another, or graver, than its burst becomes an item of its own."""
    head = await work.concerns.lock(MonitoringAlert, part.collapsed_into)  # type: ignore[arg-type]
    assert head is not None  # noqa: S101 - a foreign key holds it
    apart = moved and (part.child_id is None or part.child_id != head.child_id)
    graver = rules.rank(part.severity) > rules.rank(head.severity)
    if apart or graver or (head.state != "open" and read.weighty):
        part.state, part.collapsed_into = "open", None
        head.count -= 1
        touch(work, head)
        await begin(work, part, source.created_by)
    else:
        await share_candidates(work, part, head)


async def _leave_parts(work: UnitOfWork, head: MonitoringAlert, fallback: UUID) -> None:
    """What is about another now leaves its burst: the gravest of the rest takes its place."""
    ids = await stored.parts_of(await work.driver(), head.school_id, head.id)
    found = [await work.concerns.lock(MonitoringAlert, one) for one in ids]
    parts = [part for part in found if part is not None]
    if not parts:
        return
    first, *rest = parts
    first.state, first.collapsed_into = head.state, None
    first.count, head.count = 1 + len(rest), 1
    for part in rest:
        part.collapsed_into = first.id
        first.last_at = max(first.last_at, part.occurred_at)
    for name in ("concern_id", "outcome", "note", "decided_by", "ended_at"):
        setattr(first, name, getattr(head, name))
    touch(work, first)
    if first.state == "open":
        await begin(work, first, fallback)
    else:
        stop_clock(work, first, first.state)
