"""Who reaches a check-in."""

from collections.abc import Callable
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import CheckIn
from app.db.repositories.sources import behind
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.check_ins import rules
from app.domain.check_ins.errors import CheckInEnded, CheckInNotFound
from app.domain.errors import VersionStale
from app.domain.policy import Step


async def check_in_for(work: UnitOfWork, check_in_id: UUID, *, lock: bool = False) -> CheckIn:
    """The check-in, for who may see it. Raises `PermissionMissing`, `CheckInNotFound`."""
    policy.require(work.actor, Permission.TASK_DO)
    found = await (work.concerns.lock if lock else work.concerns.find)(CheckIn, check_in_id)
    if found is None:
        raise CheckInNotFound
    judge = await judge_of(work, found)
    if not policy.decided(judge(work.actor)):
        raise CheckInNotFound
    return found


async def judge_of(work: UnitOfWork, check_in: CheckIn) -> Callable[[Actor], tuple[Step, ...]]:
    """What is behind a check-in, read once, as the rules that say whether somebody sees it."""
    plan = ("support_plan", check_in.plan_id)
    source = ("return", check_in.return_id) if check_in.return_id else plan
    of = await behind(await work.driver(), work.actor.school_id, *source)

    def judge(actor: Actor) -> tuple[Step, ...]:
        return rules.chain(actor, check_in.child_id, of, mine=is_mine(actor, check_in))

    return judge


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
