"""Who reaches a child's record."""

from collections.abc import Sequence
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Child
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.locks import check_unlocked
from app.domain.errors import (
    ChildNotFound,
    ConflictOfInterest,
    FileLimited,
    Forbidden,
    PermissionMissing,
)

WRITES_FILE = frozenset(
    {Permission.CHILD_SAFEGUARD, Permission.REVIEW_SET, Permission.SAFETY_WRITE}
)
"""What writes to the safeguarding file itself: not while another school has it."""


class OutsideCohort(Forbidden):
    code = "outside_cohort"
    title = "This child is not in the part of the school you work with."
    advice = "Ask a safeguarding lead."


async def child_for(
    work: UnitOfWork,
    child_id: UUID,
    permission: Permission,
    *,
    lock: bool = False,
    adds: bool = False,
) -> Child:
    """The child, for somebody who may. Raises `PermissionMissing`, `ChildNotFound`,

    `ConflictOfInterest`, `OutsideCohort`, for what writes to the file `FileLocked`, and
    `FileFrozen` unless it only `adds`.
    """
    policy.require(work.actor, permission)
    found = await (work.children.lock if lock else work.children.find)(Child, child_id)
    if found is None:
        raise ChildNotFound
    check_reach(work.actor, child_id, found.year_group, found.registration_group)
    if permission is Permission.SAFETY_READ and not policy.reads_safety(work.actor, child_id):
        raise PermissionMissing
    if permission in WRITES_FILE:
        await check_unlocked(work, child_id, adds=adds)
    return found


def why_reached(actor: Actor, child: Child) -> str:
    """The rule that let the actor open this child's record, for the trail."""
    return why(actor, child.id, child.year_group, child.registration_group)


def why(
    actor: Actor, child_id: UUID, year_group: str | None, registration_group: str | None
) -> str:
    """The same from a child's columns."""
    facts = child_facts(actor, child_id, year_group, registration_group)
    last = policy.child_chain(actor, facts)[-1]
    return facts.granted or "grant" if last.rule == "grant" else last.rule


async def child_for_any(
    work: UnitOfWork, child_id: UUID, permissions: Sequence[Permission]
) -> Child:
    """The child, for somebody who may do one of several things. Raises as `child_for` does."""
    held = [permission for permission in permissions if policy.may(work.actor, permission)]
    if not held:
        raise PermissionMissing
    return await child_for(work, child_id, held[0])


def check_reach(
    actor: Actor, child_id: UUID, year_group: str | None, registration_group: str | None
) -> None:
    """Raise `ConflictOfInterest` for somebody related to the child, `OutsideCohort` for a

    pastoral member who neither works with this child nor was granted its record.
    """
    facts = child_facts(actor, child_id, year_group, registration_group)
    last = policy.child_chain(actor, facts)[-1]
    if child_id in actor.conflicts.limited:
        raise FileLimited
    if last.rule == "conflict" or facts.in_conflict:
        raise ConflictOfInterest
    if last.rule == "outside":
        raise OutsideCohort


def child_facts(
    actor: Actor, child_id: UUID, year_group: str | None, registration_group: str | None
) -> policy.ChildFacts:
    """What decides about opening a child's record."""
    kinds = [grant.kind for grant in actor.grants if grant.child_id == child_id]
    return policy.ChildFacts(
        in_conflict=child_id in actor.conflicts.children,
        in_cohort=in_cohort(actor, year_group, registration_group),
        granted=next(iter(kinds), None),
    )


def in_cohort(actor: Actor, year_group: str | None, registration_group: str | None) -> bool:
    """Whether a child belongs to the part of the school the actor works with."""
    cohort = actor.cohort
    return year_group in cohort.year_groups or registration_group in cohort.registration_groups
