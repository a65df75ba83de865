"""Who reaches a check-in."""

from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import CheckIn
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import VersionStale
from app.domain.safety.check_ins.errors import CheckInEnded
from app.domain.safety.check_ins.kind import CHECK_IN
from app.domain.steps import find_target


async def check_in_for(work: UnitOfWork, check_in_id: UUID, *, lock: bool = False) -> CheckIn:
    """The check-in, for who may see it. Raises `PermissionMissing`, `CheckInNotFound`."""
    return (await find_target(work, CHECK_IN, check_in_id, lock=lock)).row


async def check_in_to_change(work: UnitOfWork, check_in_id: UUID, version: int) -> CheckIn:
    """The open check-in, locked, at the version the client last saw.

    Raises as `check_in_for`, `VersionStale`, `CheckInEnded`.
    """
    found = await check_in_for(work, check_in_id, lock=True)
    if found.version != version:
        raise VersionStale
    if found.ended_at is not None:
        raise CheckInEnded
    return found


async def check_in_to_do(work: UnitOfWork, check_in_id: UUID, version: int) -> CheckIn:
    """The same for whoever has it or stands in, and for leads.

    Raises as `check_in_to_change`, `PermissionMissing`.
    """
    found = await check_in_to_change(work, check_in_id, version)
    if not is_mine(work.actor, found):
        policy.require(work.actor, Permission.SAFETY_WRITE)
    return found


def is_mine(actor: Actor, check_in: CheckIn) -> bool:
    """Whether the actor has it, stands in, or was asked to."""
    return actor.id in (check_in.owner_id, check_in.cover_id, check_in.asked_id)
