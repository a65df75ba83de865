"""Who reaches a safety plan."""

from uuid import UUID

from sqlalchemy import select

from app.core.words import Permission
from app.db.models import Child, SafetyPlan
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.concerns import ONLY_READING
from app.domain.access.checks.locks import check_unfrozen, check_unlocked
from app.domain.errors import PermissionMissing, VersionStale
from app.domain.safety.safety_plans.errors import PlanNotFound
from app.domain.safety.safety_plans.kind import SAFETY_PLAN
from app.domain.safety.safety_plans.rules import IN_FORCE
from app.domain.steps import Target, facts_of, may_work_on, sees


async def plan_for(work: UnitOfWork, plan_id: UUID) -> SafetyPlan:
    """A plan, for somebody who reads these records of its child, by their role or a grant.

    Raises `PermissionMissing`, `PlanNotFound`.
    """
    policy.require(work.actor, Permission.SAFETY_READ)
    plan = await work.children.find(SafetyPlan, plan_id)
    if plan is None or not await sees(work, SAFETY_PLAN, plan_id, SAFETY_PLAN.visible):
        raise PlanNotFound
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
    found = await plan_for(work, plan_id)
    child = await work.children.lock(Child, found.child_id)
    facts = (await facts_of(work, SAFETY_PLAN, plan_id))[plan_id]
    if not may_work_on(work.actor, Target(SAFETY_PLAN, found, facts)):
        raise PermissionMissing(ONLY_READING)
    if not ending:
        await check_unlocked(work, found.child_id)
    else:
        await check_unfrozen(work, [found.child_id])
    plan = await work.children.lock(SafetyPlan, plan_id)
    if plan is None or child is None:
        raise PlanNotFound
    if plan.version != version:
        raise VersionStale
    return plan, child


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
