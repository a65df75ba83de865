"""What a death does to the plan in use, and how it goes on where the death was a mistake."""

from uuid import UUID

from sqlalchemy import select

from app.core.words import AuditEvent
from app.db.models import SafetyPlan
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.reviewing import resume_reviews
from app.domain.safety.safety_plans.sight import plan_in_force
from app.domain.safety.safety_plans.stepping import keep_on_support_list, touch


async def stop_plans(work: UnitOfWork, child_id: UUID, reason: str) -> None:
    """End the version in use, by whoever acts and with the reason; nothing where none is.

    A version that was never in use stays as it is: nobody was given it.
    """
    plan = await plan_in_force(work, child_id)
    if plan is None:
        return
    plan.state, plan.end_reason = "ended", reason
    plan.ended_at, plan.ended_by = work.now, work.actor.id
    touch(work, plan)
    work.record(
        AuditEvent.PLAN_ENDED, rules.NOUN, plan.id, child_id=child_id, reason=reason,
        details={"number": plan.number, "agreed": True},
    )  # fmt: skip


async def resume_plans(work: UnitOfWork, child_id: UUID, reason: str) -> None:
    """It was a mistake: the version that was ended for that reason is in use, and read again soon.

    Where another has been put in use since, that stays.
    """
    stopped = await work.session.scalar(
        select(SafetyPlan)
        .where(
            SafetyPlan.school_id == work.actor.school_id, SafetyPlan.child_id == child_id,
            SafetyPlan.state == "ended", SafetyPlan.end_reason == reason,
            SafetyPlan.used_at.is_not(None),
        )
        .order_by(SafetyPlan.ended_at.desc())
        .limit(1)
        .with_for_update(of=SafetyPlan, key_share=True)
    )  # fmt: skip
    if stopped is not None and await plan_in_force(work, child_id) is None:
        stopped.state, stopped.end_reason = "in_use", None
        stopped.ended_at = stopped.ended_by = None
        touch(work, stopped)
        work.record(
            AuditEvent.PLAN_USED, rules.NOUN, stopped.id, child_id=child_id,
            details={"number": stopped.number, "replaces": None},
        )  # fmt: skip
        await work.session.flush()
        await keep_on_support_list(work, stopped)
    await resume_reviews(work, child_id)
