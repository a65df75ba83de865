"""Match, ring, assign and dismiss monitoring alerts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Concern, IntakeSource, MonitoringAlert
from app.db.repositories.exchange import alert_intake as stored
from app.db.repositories.exchange import monitoring_alerts
from app.db.repositories.record.concern_reports import RaisingFacts, facts_for_raising
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for
from app.domain.access.conflicts.queries import is_locked_out
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, start_clock, stop_clock
from app.domain.common.deadlines.rules import rule_on
from app.domain.common.role_rights.queries import roles_where
from app.domain.errors import FieldProblem
from app.domain.exchange.monitoring_alerts import rules
from app.domain.exchange.monitoring_alerts.errors import ReviewerUnsuitable
from app.domain.exchange.monitoring_alerts.kind import may_review
from app.domain.exchange.monitoring_alerts.queries import alert_for
from app.domain.exchange.monitoring_alerts.schemas import AssignMonitoringIn, DismissIn, MatchIn
from app.domain.record.children.rules import name_tokens
from app.domain.record.concern_reports.rules import recipients
from app.domain.steps import record_row, touch

KIND = "monitoring_alert"
FOLDED = timedelta(minutes=10)
DECIDED = {
    "dismissed": AuditEvent.MONITORING_DISMISSED, "taken_up": AuditEvent.MONITORING_TAKEN_UP,
}  # fmt: skip
"""How long alerts that are not critical are counted in one unread inbox alert."""


async def facts_about(work: UnitOfWork, alert: MonitoringAlert) -> RaisingFacts:
    """Who leads here today, and who is locked out of the children it may be about."""
    children = [alert.child_id] if alert.child_id is not None else list(alert.candidates)
    facts = await facts_for_raising(await work.driver(), work.actor.school_id, children, work.today)
    work.know_calendar(*facts.calendar)
    return facts


async def begin(work: UnitOfWork, alert: MonitoringAlert, fallback: UUID) -> None:
    """Open an alert, give it its owner and due time, and tell the leads."""
    facts = await facts_about(work, alert)
    alert.state, alert.collapsed_into = "open", None
    alert.outcome = alert.reason = alert.decided_by = alert.ended_at = None
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
    """Alert the leads to news in an open alert that is no graver than before."""
    await _tell_leads(work, alert, await facts_about(work, alert))


async def hasten(work: UnitOfWork, alert: MonitoringAlert) -> None:
    """Set the clock by the rule of its severity, unless it is due earlier already."""
    rule_id = rules.rule_for(alert.severity)
    calendar = await calendar_of(work)
    due_at = rule_on(rule_id, calendar.local(work.now).date()).due(work.now, calendar)
    is_sooner = alert.due_at is None or due_at < alert.due_at
    if is_sooner or alert.severity == "critical":
        await start_clock(work, alert, rule_id)


async def reopen(work: UnitOfWork, alert: MonitoringAlert, severity: str, fallback: UUID) -> None:
    """Reopen a decided alert that is graver, or about another child.

    A concern made from it stays linked until it is taken up again.
    """
    alert.severity = severity
    await begin(work, alert, fallback)
    record_row(
        work, AuditEvent.MONITORING_RECEIVED, alert,
        details={"reopened": True, "severity": severity},
    )  # fmt: skip


async def tell_of_decided(work: UnitOfWork, alert: MonitoringAlert) -> None:
    """Alert the person who works on its concern, because the alert is now graver."""
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
    """Give an alert another owner if its own is locked out of its child."""
    facts = await facts_about(work, alert)
    if alert.owner_id not in facts.locked_out:
        return
    source = await work.concerns.find(IntakeSource, alert.source_id)
    assert source is not None  # noqa: S101 - a foreign key holds it
    owner = rules.first_owner(facts.people, facts.locked_out, facts.away, source.created_by)
    give(work, alert, owner, "conflict_of_interest")


def give(work: UnitOfWork, alert: MonitoringAlert, owner: UUID, reason: str) -> None:
    """Give an alert to a new owner, and alert them."""
    before, alert.owner_id = alert.owner_id, owner
    record_row(
        work, AuditEvent.MONITORING_ASSIGNED, alert, before={"owner_id": before},
        after={"owner_id": owner},
        details={"from": before and str(before), "to": str(owner), "because": reason},
    )  # fmt: skip
    if owner not in (before, work.actor.id):
        tell(work, owner, KIND, urgent=alert.severity == "critical", about=(KIND, alert.id))


async def _tell_leads(work: UnitOfWork, alert: MonitoringAlert, facts: RaisingFacts) -> None:
    """Alert the leads: at once for a critical one; others are combined for some minutes."""
    people, critical = _leads(alert, facts), alert.severity == "critical"
    notified = frozenset() if critical else await _fold(work, alert, people)
    for person in people:
        if person not in notified:
            tell(
                work, person, KIND, urgent=critical, about=(KIND, alert.id),
                mail=rules.rings(alert.severity),
                counts=None if critical else {alert.severity: 1},
            )  # fmt: skip


async def _fold(
    work: UnitOfWork, alert: MonitoringAlert, people: Sequence[UUID]
) -> frozenset[UUID]:
    """Count it in the unread alerts of these people, as loud as it is; returns whose those are."""
    await stored.hold(await work.driver(), alert.school_id, "told")
    standing = await stored.alerts_to_fold(
        work.session, alert.school_id, people, KIND, work.now - FOLDED,
        loud=rules.rings(alert.severity),
    )  # fmt: skip
    for item in standing:
        counts = item.counts or {}
        item.counts = {**counts, alert.severity: counts.get(alert.severity, 0) + 1}
        item.times += 1
        item.matter_id = item.id  # about several by now: the end of one does not end it
        item.version += 1
    return frozenset(item.recipient_id for item in standing)


def _leads(alert: MonitoringAlert, facts: RaisingFacts) -> Sequence[UUID]:
    owner = alert.owner_id
    result = recipients(facts.people, owner, facts.locked_out) if owner else []
    return list(dict.fromkeys([*result, *([owner] if owner else [])]))


async def keep_named(work: UnitOfWork, alert: MonitoringAlert, subject: Mapping[str, str]) -> bool:
    """Save children with similar names as candidates; returns whether any is new.

    An alert with a matched child has no other candidates.
    """
    tokens = name_tokens(subject.get("name"))
    if alert.child_id is not None or not tokens:
        return False
    named = await stored.named_like(await work.driver(), alert.school_id, sorted(tokens))
    return add_candidates(alert, *named)


async def keep_all(work: UnitOfWork, alert: MonitoringAlert, *others: UUID | None) -> None:
    """Make everyone an alert may be about, by what was sent, a candidate, and `others`."""
    hits = [UUID(hit["child_id"]) for hit in alert.hits]
    add_candidates(alert, *hits, *others)
    for row in await monitoring_alerts.names_sent(await work.driver(), alert.school_id, alert.id):
        await keep_named(work, alert, {"name": row["name"]})


def add_candidates(alert: MonitoringAlert, *children: UUID | None) -> bool:
    """Add children as candidates; returns whether any is new."""
    known = alert.candidates or []
    wanted = list(dict.fromkeys([*known, *(child for child in children if child is not None)]))
    if len(wanted) == len(known):
        return False
    alert.candidates = wanted
    return True


async def share_candidates(work: UnitOfWork, part: MonitoringAlert, head: MonitoringAlert) -> None:
    """Add the candidates of a part to its burst, while nobody has matched that."""
    if head.child_id is not None:
        return
    more = add_candidates(head, part.child_id, *part.candidates)
    if more and head.state == "open":
        await leave_no_conflict(work, head)


async def match_of(
    work: UnitOfWork, identifiers: Sequence[str], subject: Mapping[str, str]
) -> rules.Match:
    """The child a subject names, by the parts the school trusts."""
    wanted = rules.wanted_of(subject, identifiers)
    rows = await stored.hits_of(
        await work.driver(), work.actor.school_id,
        [(item.part, item.system, item.value) for item in wanted], work.today,
    )  # fmt: skip
    return rules.decide(
        [
            rules.Hit(row["part"], row["system"], row["child_id"], row["live"], row["on_roll"])
            for row in rows
        ]
    )


def columns_of(match: rules.Match) -> dict[str, Any]:
    """Columns of a match: codes and ids only."""
    return {
        "child_id": match.child_id,
        "confidence": match.confidence,
        "hits": [
            {
                "identifier": hit.part, "system": hit.system, "child_id": str(hit.child_id),
                "live": hit.live, "on_roll": hit.on_roll,
            }
            for hit in match.hits
        ],
        "candidates": match.candidates,
    }  # fmt: skip


async def rematch(
    work: UnitOfWork, alert: MonitoringAlert, identifiers: Sequence[str], subject: Mapping[str, str]
) -> bool:
    """Match an alert with its further version; returns whether it is now about others.

    If versions name two children, or one and then nobody, a person decides again.
    """
    match = await match_of(work, identifiers, subject)
    hit = [UUID(item["child_id"]) for item in alert.hits]
    named = [match.child_id] if match.child_id is not None else match.candidates
    if alert.matched_by is not None and set(named) <= {*hit, alert.child_id}:
        return False
    before = [alert.child_id] if alert.child_id is not None else hit
    everyone = list(dict.fromkeys([*before, *named]))
    is_one = everyone == [match.child_id] and alert.matched_by is None
    child = match.child_id if is_one else None
    if child == alert.child_id and (is_one or set(everyone) <= set(alert.candidates)):
        return False
    _set(alert, match, child, everyone)
    record_row(
        work, AuditEvent.MONITORING_MATCHED, alert, child_id=child or everyone[0],
        before={"child_id": before[0] if before else None}, after={"child_id": child},
        details={"confidence": alert.confidence, "by": "source"},
    )  # fmt: skip
    return True


def _set(
    alert: MonitoringAlert, match: rules.Match, child: UUID | None, everyone: Sequence[UUID]
) -> None:
    columns = columns_of(match)
    alert.hits = [*alert.hits, *(hit for hit in columns["hits"] if hit not in alert.hits)]
    alert.child_id, alert.matched_by = child, None
    alert.candidates = [] if child else list(dict.fromkeys([*alert.candidates, *everyone]))
    weak = "weak" if len(everyone) == 1 else "none"
    alert.confidence = match.confidence if child else weak


async def match_alert(
    work: UnitOfWork, alert_id: UUID, version: int, body: MatchIn
) -> MonitoringAlert:
    """Match an alert to a child, whatever its identifiers show.

    An owner who is locked out of that child is replaced; without a match, the candidates stay.
    Raises the errors of `alert_for` and `child_for`.
    """
    alert = await alert_for(work, alert_id, version)
    if body.child_id is not None:
        await child_for(work, body.child_id, Permission.MONITORING_READ)
    before: dict[str, Any] = {"child_id": alert.child_id, "confidence": alert.confidence}
    alert.child_id, alert.matched_by = body.child_id, work.actor.id
    alert.confidence = "person" if body.child_id is not None else "none"
    if body.child_id is not None:
        alert.candidates = []
    else:
        await keep_all(work, alert, before["child_id"])
    touch(work, alert)
    record_row(
        work, AuditEvent.MONITORING_MATCHED, alert, child_id=body.child_id, reason=body.reason,
        before=before, after={"child_id": alert.child_id, "confidence": alert.confidence},
        details={"confidence": alert.confidence, "by": "person"},
    )  # fmt: skip
    await leave_no_conflict(work, alert)
    return alert


async def assign_alert(
    work: UnitOfWork, alert_id: UUID, version: int, body: AssignMonitoringIn
) -> MonitoringAlert:
    """Assign an alert to another person who reviews alerts. Its due time stays.

    Raises the errors of `alert_for`, and `ReviewerUnsuitable`.
    """
    alert = await alert_for(work, alert_id, version)
    await _check_reviewer(work, body.owner_id, alert)
    touch(work, alert)
    give(work, alert, body.owner_id, "assigned")
    return alert


async def _check_reviewer(work: UnitOfWork, person: UUID, alert: MonitoringAlert) -> None:
    roles = await roles_where(work, may_review)
    holds = await stored.holds_one(
        await work.driver(), work.actor.school_id, person, roles, work.today
    )
    children: Sequence[UUID] = [
        child for child in (alert.child_id, *alert.candidates) if child is not None
    ]
    if not holds or (children and await is_locked_out(work, person, children=children)):
        problem = FieldProblem("/owner_id", "unsuitable", "This person cannot look at it.")
        raise ReviewerUnsuitable(problems=[problem])


async def dismiss_alert(
    work: UnitOfWork, alert_id: UUID, version: int, body: DismissIn
) -> MonitoringAlert:
    """Dismiss an alert, and those counted with it.

    The tool can request the reason. Raises the errors of `alert_for`.
    """
    alert = await alert_for(work, alert_id, version)
    await decide(work, alert, "dismissed", body.reason_code)
    alert.reason = body.reason
    record_row(
        work, AuditEvent.MONITORING_DISMISSED, alert,
        after={"outcome": body.reason_code, "reason": body.reason},
        details={
            "outcome": body.reason_code, "count": alert.count, "source_id": str(alert.source_id)
        },
    )  # fmt: skip
    return alert


async def decide(work: UnitOfWork, alert: MonitoringAlert, state: str, outcome: str) -> None:
    """Close an alert; an inbox alert about several ends with the last of them."""
    alert.state, alert.outcome = state, outcome
    alert.decided_by, alert.ended_at = work.actor.id, work.now
    touch(work, alert)
    stop_clock(work, alert, state)
    await work.session.flush()
    driver = await work.driver()
    for id_ in await stored.folded_and_over(driver, alert.school_id, KIND, FOLDED):
        work.alerts.end(id_, DECIDED[state].value)
