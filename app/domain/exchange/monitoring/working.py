"""What a person decides about a monitoring alert: whose it is, who looks at it, that it is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import MonitoringAlert
from app.db.repositories.exchange import monitoring as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.children import child_for
from app.domain.access.checks.roles import roles_where
from app.domain.access.conflicts.moving import is_locked_out
from app.domain.clocks.keeping import stop_clock
from app.domain.errors import FieldProblem
from app.domain.exchange.monitoring.access import alert_for
from app.domain.exchange.monitoring.errors import ReviewerUnsuitable
from app.domain.exchange.monitoring.kind import may_review
from app.domain.exchange.monitoring.naming import keep_all
from app.domain.exchange.monitoring.receiving import NOUN
from app.domain.exchange.monitoring.ringing import give, leave_no_conflict, touch


@dataclass(frozen=True, slots=True)
class MatchAlert:
    """The child it is about, or None: about nobody known."""

    alert_id: UUID
    version: int
    child_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class AssignAlert:
    """Who looks at it next."""

    alert_id: UUID
    version: int
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class DismissAlert:
    """It needs no concern; `reason` is a code that also goes back to the tool."""

    alert_id: UUID
    version: int
    reason: str
    note: str


async def match_alert(work: UnitOfWork, wish: MatchAlert) -> MonitoringAlert:
    """Say which child an alert is about, whatever identifiers say.

    An owner who is locked out from that child is replaced; about nobody, those it may be about
    stay kept with it. Raises what `alert_for` and
    `child_for` raise.
    """
    alert = await alert_for(work, wish.alert_id, wish.version)
    if wish.child_id is not None:
        await child_for(work, wish.child_id, Permission.MONITORING_READ)
    before: dict[str, Any] = {"child_id": alert.child_id, "confidence": alert.confidence}
    alert.child_id, alert.matched_by = wish.child_id, work.actor.id
    alert.confidence = "person" if wish.child_id is not None else "none"
    if wish.child_id is not None:
        alert.candidates = []
    else:
        await keep_all(work, alert, before["child_id"])
    touch(work, alert)
    work.record(
        AuditEvent.MONITORING_MATCHED, NOUN, alert.id, child_id=wish.child_id, reason=wish.reason,
        before=before, after={"child_id": alert.child_id, "confidence": alert.confidence},
        details={"confidence": alert.confidence, "by": "person"},
    )  # fmt: skip
    await leave_no_conflict(work, alert)
    return alert


async def assign_alert(work: UnitOfWork, wish: AssignAlert) -> MonitoringAlert:
    """Give an alert to another person who looks at such alerts. Its due time stays.

    Raises what `alert_for` raises, and `ReviewerUnsuitable`.
    """
    alert = await alert_for(work, wish.alert_id, wish.version)
    await _check_reviewer(work, wish.owner_id, alert)
    touch(work, alert)
    give(work, alert, wish.owner_id, "assigned")
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


async def dismiss_alert(work: UnitOfWork, wish: DismissAlert) -> MonitoringAlert:
    """Decide that nothing more comes of an alert, nor of those counted with it.

    The tool can ask for the reason. Raises what `alert_for` raises.
    """
    alert = await alert_for(work, wish.alert_id, wish.version)
    decide(work, alert, "dismissed", wish.reason)
    alert.note = wish.note
    work.record(
        AuditEvent.MONITORING_DISMISSED, NOUN, alert.id, child_id=alert.child_id,
        after={"outcome": wish.reason, "note": wish.note},
        details={"outcome": wish.reason, "count": alert.count, "source_id": str(alert.source_id)},
    )  # fmt: skip
    return alert


def decide(work: UnitOfWork, alert: MonitoringAlert, state: str, outcome: str) -> None:
    """An alert waits for nobody any more."""
    alert.state, alert.outcome = state, outcome
    alert.decided_by, alert.ended_at = work.actor.id, work.now
    touch(work, alert)
    stop_clock(work, alert, state)
