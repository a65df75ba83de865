"""Who reaches a monitoring alert: readers of its class whom nothing locks out from the child."""

from collections.abc import Iterable
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import MonitoringAlert
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import PermissionMissing, VersionStale
from app.domain.exchange.monitoring.errors import MonitoringAlertDecided
from app.domain.exchange.monitoring.kind import MONITORING_ALERT, may_review
from app.domain.steps import find_target


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
    alert = (await find_target(work, MONITORING_ALERT, alert_id, lock=True)).row
    if alert.version != version:
        raise VersionStale
    if alert.state != "open":
        raise MonitoringAlertDecided
    return alert
