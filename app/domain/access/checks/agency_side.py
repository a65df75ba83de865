"""Who outside reaches a referral: the agency it was sent to, behind its link or its key."""

from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.db.models import Referral
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import PermissionMissing, ReferralNotFound

AGENCY_OF_KEY = """
select k.agency_id from service_key k
join agency a on a.school_id = $1 and a.id = k.agency_id and a.retired_at is null
where k.school_id = $1 and k.id = $2
"""
NO_LONGER_READ = frozenset({"closed", "withdrawn"})
"""States in which an agency reads nothing of a referral any more, by its link or its key."""


async def sent_referral_for(work: UnitOfWork, referral_id: UUID) -> Referral:
    """A referral that was sent to whoever acts here, locked.

    Whose link it is was proved when its session was. Raises `PermissionMissing`,
    `ReferralNotFound` (also for a draft, for one sent to another agency or to one that was retired,
    and for one that was closed or taken back).
    """
    require_agency(work.actor)
    found = await work.sharing.lock(Referral, referral_id)
    if found is None or found.sent_at is None or found.snapshot_id is None:
        raise ReferralNotFound
    if found.state in NO_LONGER_READ:
        raise ReferralNotFound
    if work.actor.is_service and found.agency_id != await agency_of_key(
        await work.driver(), work.actor
    ):
        raise ReferralNotFound
    return found


def require_agency(actor: Actor) -> None:
    """Raise `PermissionMissing` unless the actor is an agency's key or behind a link."""
    if actor.is_service:
        policy.require(actor, Permission.REFERRAL_ANSWER)
    elif actor.role is not Role.RECIPIENT:
        raise PermissionMissing


async def agency_of_key(driver: Driver, actor: Actor) -> UUID | None:
    """The agency that a key belongs to; None once it was retired."""
    found: UUID | None = await driver.value(AGENCY_OF_KEY, actor.school_id, actor.id)
    return found
