"""Who reaches a safety plan."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from app.core.words import Permission
from app.db.models import Child, SafetyPlan
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.children import OutsideCohort, child_for
from app.domain.access.checks.concerns import ONLY_READING, reads_concern, works_on_concern
from app.domain.access.checks.locks import check_unfrozen, check_unlocked
from app.domain.errors import ChildNotFound, ConflictOfInterest, PermissionMissing, VersionStale
from app.domain.safety.safety_plans.errors import PlanNotFound
from app.domain.safety.safety_plans.rules import IN_FORCE


async def plan_for(work: UnitOfWork, plan_id: UUID) -> SafetyPlan:
    """A plan, for somebody who reads these records of its child, by their role or a grant.

    Raises `PermissionMissing`, `PlanNotFound`.
    """
    policy.require(work.actor, Permission.SAFETY_READ)
    plan = await work.children.find(SafetyPlan, plan_id)
    if plan is None:
        raise PlanNotFound
    await _check_reads(work, plan)
    return plan


async def plan_to_change(
    work: UnitOfWork, plan_id: UUID, version: int, *, ending: bool = False
) -> tuple[SafetyPlan, Child]:
    """A plan, locked, at the version the client last saw, for a lead; and its child, locked.

    All plans of a child change one after the other. A file that another school has is read-only,
    but a plan in it can be ended; after a death nothing of it changes any more.
    Raises `PermissionMissing`, `PlanNotFound`, `FileLocked`, `FileFrozen`, `VersionStale`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    found = await work.children.find(SafetyPlan, plan_id)
    if found is None:
        raise PlanNotFound
    child = await _check_reads(work, found, lock=True)
    if not await _works_on(work, found):
        raise PermissionMissing(ONLY_READING)
    if not ending:
        await check_unlocked(work, found.child_id)
    else:
        await check_unfrozen(work, [found.child_id])
    plan = await work.children.lock(SafetyPlan, plan_id)
    if plan is None:
        raise PlanNotFound
    if plan.version != version:
        raise VersionStale
    return plan, child


async def _check_reads(work: UnitOfWork, plan: SafetyPlan, *, lock: bool = False) -> Child:
    try:
        child = await child_for(work, plan.child_id, Permission.SAFETY_READ, lock=lock)
    except (ChildNotFound, ConflictOfInterest, OutsideCohort, PermissionMissing):
        raise PlanNotFound from None
    if not await may_read(work, plan):
        raise PlanNotFound
    return child


async def may_read(work: UnitOfWork, plan: SafetyPlan) -> bool:
    """Whether the actor reads its class; of a concern, whether they read the concern."""
    if plan.concern_id is None:
        return bool(policy.may_see_class(work.actor, plan.confidentiality, plan.child_id))
    return reads_concern(work.actor, await work.concerns.sight_of(plan.concern_id))


async def _works_on(work: UnitOfWork, plan: SafetyPlan) -> bool:
    """Whether the actor reads it without a grant, which is for reading alone."""
    if plan.concern_id is None:
        alone = replace(work.actor, grants=())
        return bool(policy.may_see_class(alone, plan.confidentiality, plan.child_id))
    return works_on_concern(work.actor, await work.concerns.sight_of(plan.concern_id))


async def plan_in_force(work: UnitOfWork, child_id: UUID) -> SafetyPlan | None:
    """The version of a child's plan that is in use, locked, whoever asks; None without one."""
    await work.session.flush()
    found: SafetyPlan | None = await work.session.scalar(
        select(SafetyPlan)
        .where(
            SafetyPlan.school_id == work.actor.school_id,
            SafetyPlan.child_id == child_id,
            SafetyPlan.state.in_(IN_FORCE),
        )
        .with_for_update(of=SafetyPlan, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found
