"""Who reaches a child's record."""

from collections.abc import Sequence
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.db.models import Child
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import ChildNotFound, Forbidden, PermissionMissing


class OutsideCohort(Forbidden):
    code = "outside_cohort"
    title = "This child is not in the part of the school you work with."
    advice = "Ask a safeguarding lead."


async def child_for(
    work: UnitOfWork, child_id: UUID, permission: Permission, *, lock: bool = False
) -> Child:
    """The child, for somebody who may. Raises `PermissionMissing`, `ChildNotFound`,

    `OutsideCohort`.
    """
    policy.require(work.actor, permission)
    found = await (work.children.lock if lock else work.children.find)(Child, child_id)
    if found is None:
        raise ChildNotFound
    check_cohort(work.actor, found.year_group, found.registration_group)
    return found


async def child_for_any(
    work: UnitOfWork, child_id: UUID, permissions: Sequence[Permission]
) -> Child:
    """The child, for somebody who may do one of several things. Raises as `child_for` does."""
    held = [permission for permission in permissions if policy.may(work.actor, permission)]
    if not held:
        raise PermissionMissing
    return await child_for(work, child_id, held[0])


def check_cohort(actor: Actor, year_group: str | None, registration_group: str | None) -> None:
    """Raise `OutsideCohort` for a pastoral member who does not work with this child."""
    if actor.role is Role.PASTORAL and not in_cohort(actor, year_group, registration_group):
        raise OutsideCohort


def in_cohort(actor: Actor, year_group: str | None, registration_group: str | None) -> bool:
    """Whether a child belongs to the part of the school the actor works with."""
    cohort = actor.cohort
    return year_group in cohort.year_groups or registration_group in cohort.registration_groups
