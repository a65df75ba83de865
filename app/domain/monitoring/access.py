"""Who reaches a monitoring alert: readers of its class whom nothing locks out from the child."""

from collections.abc import Iterable
from uuid import UUID

from app.core.words import Actor, Permission, Rights
from app.db.models import MonitoringAlert
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import PermissionMissing, VersionStale
from app.domain.monitoring.errors import MonitoringAlertDecided, MonitoringAlertNotFound

CLASS = "K3"


def may_review(rights: Rights) -> bool:
    """Whether a role looks at monitoring alerts: it has the permission and reads the class."""
    return Permission.MONITORING_READ in rights.permissions and CLASS in rights.classes


def require_review(actor: Actor) -> None:
    """Raise `PermissionMissing` unless the actor's role looks at monitoring alerts."""
    policy.require(actor, Permission.MONITORING_READ)
    if not may_review(policy.rights_of(actor)):
        raise PermissionMissing


def locked_out(actor: Actor, children: Iterable[UUID | None]) -> bool:
    """Whether the actor has an interest in one of the children."""
    return not actor.conflicts.children.isdisjoint(child for child in children if child is not None)


async def alert_for(work: UnitOfWork, alert_id: UUID, version: int) -> MonitoringAlert:
    """An alert that waits for a person, locked, at the version the client last saw.

    Raises `PermissionMissing`, `MonitoringAlertNotFound` (also for those who are locked out),
    `VersionStale`, `MonitoringAlertDecided`.
    """
    require_review(work.actor)
    alert = await work.concerns.lock(MonitoringAlert, alert_id)
    if alert is None or await _is_hidden(work, alert):
        raise MonitoringAlertNotFound
    if alert.version != version:
        raise VersionStale
    if alert.state != "open":
        raise MonitoringAlertDecided
    return alert


async def _is_hidden(work: UnitOfWork, alert: MonitoringAlert) -> bool:
    if locked_out(work.actor, [alert.child_id, *alert.candidates]):
        return True
    if alert.collapsed_into is None:
        return False
    head = await work.concerns.find(MonitoringAlert, alert.collapsed_into)
    return head is not None and locked_out(work.actor, [head.child_id, *head.candidates])
