"""Who owns a monitoring alert, who is told of it, and by when somebody has to have looked."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Concern, IntakeSource, MonitoringAlert
from app.db.repositories.exchange import monitoring as stored
from app.db.repositories.record.concerns import RaisingFacts
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import calendar_of, start_clock
from app.domain.clocks.rules import rule_on
from app.domain.exchange.monitoring import rules
from app.domain.record.concerns.raising import recipients

KIND = "monitoring_alert"
FOLDED = timedelta(minutes=10)
"""How long what is not critical is counted in an alert that somebody has not looked at."""


async def facts_about(work: UnitOfWork, alert: MonitoringAlert) -> RaisingFacts:
    """Who leads here today, and who is locked out from the children it may be about."""
    children = [alert.child_id] if alert.child_id is not None else list(alert.candidates)
    facts = await work.concerns.facts_for_raising(children, work.today)
    work.know_calendar(*facts.calendar)
    return facts


async def begin(work: UnitOfWork, alert: MonitoringAlert, fallback: UUID) -> None:
    """Give an alert its owner and due time, and tell the leads."""
    facts = await facts_about(work, alert)
    alert.owner_id = rules.first_owner(facts.people, facts.locked_out, facts.away, fallback)
    await start_clock(work, alert, rules.rule_for(alert.severity))
    await _tell_leads(work, alert, facts)


async def raise_severity(
    work: UnitOfWork, alert: MonitoringAlert, severity: str, fallback: UUID
) -> None:
    """An open alert is graver than it was: it may be due sooner, and rings again."""
    alert.severity = severity
    facts = await facts_about(work, alert)
    if alert.owner_id is None:
        alert.owner_id = rules.first_owner(facts.people, facts.locked_out, facts.away, fallback)
    await hasten(work, alert)
    if rules.rings(severity):
        await _tell_leads(work, alert, facts)


async def ring_again(work: UnitOfWork, alert: MonitoringAlert) -> None:
    """Something of an open alert is new, though no graver than it was."""
    await _tell_leads(work, alert, await facts_about(work, alert))


def touch(work: UnitOfWork, alert: MonitoringAlert) -> None:
    """Give an alert a new version, since something of it is new."""
    alert.version += 1
    alert.changed_at = work.now


async def hasten(work: UnitOfWork, alert: MonitoringAlert) -> None:
    """Let the clock run by the rule of its severity, unless it is due sooner already."""
    rule_id = rules.rule_for(alert.severity)
    calendar = await calendar_of(work)
    due_at = rule_on(rule_id, calendar.local(work.now).date()).due(work.now, calendar)
    sooner = alert.due_at is None or due_at < alert.due_at
    if sooner or alert.severity == "critical":
        await start_clock(work, alert, rule_id)


async def reopen(work: UnitOfWork, alert: MonitoringAlert, severity: str, fallback: UUID) -> None:
    """What was decided waits for a person again: it is graver, or about another.

    A concern it became stays named until it is taken up anew.
    """
    alert.state, alert.severity = "open", severity
    alert.outcome = alert.note = alert.decided_by = alert.ended_at = None
    await begin(work, alert, fallback)
    work.record(
        AuditEvent.MONITORING_RECEIVED, KIND, alert.id, child_id=alert.child_id,
        details={"reopened": True, "severity": severity},
    )  # fmt: skip


async def tell_of_decided(work: UnitOfWork, alert: MonitoringAlert) -> None:
    """What became a concern is graver than it was: who works on that concern has to know."""
    concern = await work.concerns.find(Concern, alert.concern_id) if alert.concern_id else None
    facts = await facts_about(work, alert)
    owner = concern.owner_id if concern is not None and concern.ended_at is None else None
    people = [owner] if owner is not None else _leads(alert, facts)
    for person in people:
        tell(
            work, person, KIND, urgent=alert.severity == "critical", about=(KIND, alert.id),
            concern_id=alert.concern_id if owner is not None else None,
        )  # fmt: skip


async def leave_no_conflict(work: UnitOfWork, alert: MonitoringAlert) -> None:
    """Give an alert another owner where its own is locked out from its child."""
    facts = await facts_about(work, alert)
    if alert.owner_id not in facts.locked_out:
        return
    source = await work.concerns.find(IntakeSource, alert.source_id)
    assert source is not None  # noqa: S101 - a foreign key holds it
    owner = rules.first_owner(facts.people, facts.locked_out, facts.away, source.created_by)
    give(work, alert, owner, "conflict_of_interest")


def give(work: UnitOfWork, alert: MonitoringAlert, owner: UUID, because: str) -> None:
    """Let somebody own an alert, and tell them."""
    before, alert.owner_id = alert.owner_id, owner
    work.record(
        AuditEvent.MONITORING_ASSIGNED, KIND, alert.id, child_id=alert.child_id,
        before={"owner_id": before}, after={"owner_id": owner},
        details={"from": before and str(before), "to": str(owner), "because": because},
    )  # fmt: skip
    if owner not in (before, work.actor.id):
        tell(work, owner, KIND, urgent=alert.severity == "critical", about=(KIND, alert.id))


async def _tell_leads(work: UnitOfWork, alert: MonitoringAlert, facts: RaisingFacts) -> None:
    """Alert the leads: at once about what is critical, of the rest in one for some minutes."""
    people, critical = _leads(alert, facts), alert.severity == "critical"
    told = frozenset() if critical else await _fold(work, alert, people)
    for person in people:
        if person not in told:
            tell(
                work, person, KIND, urgent=critical, about=(KIND, alert.id),
                mail=rules.rings(alert.severity),
                counts=None if critical else {alert.severity: 1},
            )  # fmt: skip


async def _fold(
    work: UnitOfWork, alert: MonitoringAlert, people: Sequence[UUID]
) -> frozenset[UUID]:
    """Count it in the alerts that wait in people's trays, as loud as it is; whose those are."""
    await stored.hold(await work.driver(), alert.school_id, "told")
    standing = await stored.alerts_to_fold(
        work.session, alert.school_id, people, KIND, work.now - FOLDED,
        loud=rules.rings(alert.severity),
    )  # fmt: skip
    for one in standing:
        counts = one.counts or {}
        one.counts = {**counts, alert.severity: counts.get(alert.severity, 0) + 1}
        one.version += 1
    return frozenset(one.recipient_id for one in standing)


def _leads(alert: MonitoringAlert, facts: RaisingFacts) -> Sequence[UUID]:
    owner = alert.owner_id
    found = recipients(facts.people, owner, facts.locked_out) if owner else []
    return list(dict.fromkeys([*found, *([owner] if owner else [])]))
