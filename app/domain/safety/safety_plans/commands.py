"""Shared parts of every step of a plan: the next state, and further effects."""

from datetime import datetime

from app.db.models import SafetyPlan
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.errors import PlanNotNow
from app.domain.safety.support_list.commands import put_on_list


def next_state(plan: SafetyPlan, verb: str) -> str:
    """Get the state after a step. Raises `PlanNotNow`."""
    known = rules.NEXT[plan.state]
    if verb not in known:
        raise PlanNotNow
    return known[verb]


async def keep_on_support_list(
    work: UnitOfWork, plan: SafetyPlan, until: datetime | None = None
) -> None:
    """Keep the child on the support list while the plan is in use, until its next review."""
    due = until or await stored.review_due(await work.driver(), plan.school_id, plan.id)
    source = (rules.NOUN, plan.id)
    await put_on_list(work, plan.child_id, "plan_in_use", source=source, until=due or work.now)
