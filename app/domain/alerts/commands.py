"""Acknowledging an alert, and keeping what became of its message."""

from dataclasses import dataclass
from uuid import UUID

from app.core.words import Did, Permission
from app.db.models import Alert
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import AlertNotFound


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """A wish to say: I have seen it."""

    alert_id: UUID


async def acknowledge_alert(work: UnitOfWork, wish: AcknowledgeAlert) -> Alert:
    """Acknowledge one's own alert; a second time changes nothing.

    Raises `PermissionMissing`, `AlertNotFound` (also for somebody else's).
    """
    policy.require(work.actor, Permission.ALERT_READ)
    alert = await work.concerns.lock(Alert, wish.alert_id)
    if alert is None or alert.recipient_id != work.actor.id:
        raise AlertNotFound
    if alert.acknowledged_at is None:
        alert.acknowledged_at = work.now
        alert.version += 1
        work.record(Did.ALERT_ACKNOWLEDGED, "alert", alert.id)
    return alert


async def note_sent(work: UnitOfWork, alert_id: UUID) -> None:
    """Keep that the mail server took the message; a second time changes nothing."""
    alert = await work.concerns.lock(Alert, alert_id)
    if alert is not None and alert.sent_at is None:
        alert.sent_at = work.now
        alert.version += 1
        work.record(Did.ALERT_SENT, "alert", alert_id)


async def note_refused(work: UnitOfWork, alert_id: UUID, code: int | None) -> None:
    """Keep that the address was refused for good; `code` is the mail server's answer."""
    work.record(Did.ALERT_REFUSED, "alert", alert_id, details={"code": code})
