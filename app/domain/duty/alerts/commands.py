"""Acknowledging an alert, and keeping what became of its message."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.words import AuditEvent, Permission, Role
from app.db.models import Alert
from app.db.repositories.duty import alert_addresses
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.alerts.telling import register_of, tell
from app.domain.errors import AlertNotFound

ADDRESS_REFUSED = "address_refused"
TOLD_OF_ADDRESSES = (Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL)


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
        work.record(
            AuditEvent.ALERT_ACKNOWLEDGED, "alert", alert.id, register=register_of(alert.kind)
        )
    return alert


async def note_sent(
    work: UnitOfWork, alert_id: UUID, rung_again_at: datetime | None = None
) -> None:
    """Keep that the mail server took the message; a second time changes nothing.

    An alert that rang anew while its message was on the way is to be mailed still.
    """
    alert = await work.concerns.lock(Alert, alert_id)
    if alert is None or rung_again(alert.created_at, alert.rung_at) != rung_again_at:
        return
    if alert.sent_at is None:
        alert.sent_at = work.now
        alert.version += 1
        work.record(AuditEvent.ALERT_SENT, "alert", alert_id, register=register_of(alert.kind))


def rung_again(created_at: datetime, rung_at: datetime | None) -> datetime | None:
    """When an alert last rang anew, or None where it rang once."""
    return rung_at if rung_at is not None and rung_at > created_at else None


async def note_refused(
    work: UnitOfWork, alert_id: UUID, code: int | None, *, reached: bool = False
) -> None:
    """Keep that the address was refused for good; `code` is the mail server's answer.

    `reached`: another address of theirs took the message, so that the alert is not given up.

    Administrators and leads are told in the tray alone that some address takes no mail, each once
    a day.
    """
    alert = await work.concerns.find(Alert, alert_id)
    if alert is None:
        return
    if not reached:
        work.record(
            AuditEvent.ALERT_REFUSED, "alert", alert_id, details={"code": code},
            register=register_of(alert.kind),
        )  # fmt: skip
    roles = [role.value for role in TOLD_OF_ADDRESSES]
    for person in await alert_addresses.list_unnotified(
        await work.driver(), work.actor.school_id, roles, ADDRESS_REFUSED, work.now
    ):
        tell(work, person, ADDRESS_REFUSED, mail=False)
