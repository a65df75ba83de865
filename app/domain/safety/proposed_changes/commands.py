"""Confirm or refuse a change that another person made."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import ProposedChange
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.proposed_changes.commands import settle
from app.domain.duty.calendars.commands import confirm_numbers
from app.domain.errors import SecondPersonNeeded
from app.domain.etags import check_version
from app.domain.people.schools.commands import confirm_held
from app.domain.safety.proposed_changes.errors import ChangeDecided, ProposedChangeNotFound
from app.domain.safety.support_services.commands import confirm_authority_contacts, confirm_service

APPLY: Final[Mapping[str, Callable[[UnitOfWork, ProposedChange], Awaitable[None]]]] = {
    "authority_contacts": confirm_authority_contacts,
    "calendar": confirm_numbers,
    "school": confirm_held,
    "support_service": confirm_service,
}
"""How each kind of thing takes what was confirmed."""


async def confirm_proposed_change(work: UnitOfWork, change_id: UUID, version: int) -> None:
    """Put a change in force, as another person than the one who made it.

    Raises `PermissionMissing`, `ProposedChangeNotFound`, `VersionStale`, `ChangeDecided`,
    `SecondPersonNeeded`, `SupportServiceEnded`.
    """
    change = await _to_decide(work, change_id, version)
    if change.proposed_by == work.actor.id:
        raise SecondPersonNeeded
    await APPLY[change.noun](work, change)
    await settle(work, change, "confirmed", AuditEvent.CHANGE_CONFIRMED)


async def refuse_proposed_change(
    work: UnitOfWork, change_id: UUID, version: int, reason: str
) -> None:
    """Refuse a change with a reason. Raises as `confirm_proposed_change`."""
    change = await _to_decide(work, change_id, version)
    await settle(work, change, "refused", AuditEvent.CHANGE_REFUSED, reason)


async def _to_decide(work: UnitOfWork, change_id: UUID, version: int) -> ProposedChange:
    policy.require(work.actor, Permission.CHANGE_CONFIRM)
    change = await work.organisations.lock(ProposedChange, change_id)
    if change is None:
        raise ProposedChangeNotFound
    check_version(change, version)
    if change.state != "proposed":
        raise ChangeDecided
    return change
