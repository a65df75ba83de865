"""Recall copies of a safety plan."""

from typing import Final
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import SafetyPlan, SafetyPlanHolder
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.errors import CopyRecalled, HolderNotFound
from app.domain.safety.safety_plans.queries import plan_to_change
from app.domain.steps import record_row, touch

HOLDER: Final = "safety_plan_holder"


async def recall_copy(work: UnitOfWork, plan_id: UUID, holder_id: UUID, version: int) -> SafetyPlan:
    """Set a task to recall one copy.

    Raises as `plan_to_change`, `HolderNotFound`, `CopyRecalled`.
    """
    plan, _ = await plan_to_change(work, plan_id, version)
    holder = await work.children.lock(SafetyPlanHolder, holder_id)
    if holder is None or holder.plan_id != plan.id:
        raise HolderNotFound
    if holder.recalled_at is not None:
        raise CopyRecalled
    await _recall(work, plan, holder)
    touch(work, plan)
    return plan


async def recall_copies(work: UnitOfWork, plan: SafetyPlan) -> None:
    """Set a task to recall every paper copy of a version, unless someone is already doing so."""
    for holder in await stored.list_on_paper(work.session, plan.school_id, plan.id):
        await _recall(work, plan, holder)


async def _recall(work: UnitOfWork, plan: SafetyPlan, holder: SafetyPlanHolder) -> None:
    task = await set_task(
        work,
        SetTask(
            rules.RECALL, plan.child_id, plan.concern_id, (HOLDER, holder.id),
            plan.confidentiality, first=plan.lead_id,
            facts={"number": plan.number, "kind": holder.kind, "copy": holder.copy},
        ),
    )  # fmt: skip
    await work.session.flush()
    holder.recalled_at, holder.recalled_by = work.now, work.actor.id
    holder.recall_task_id = None if task is None else task.id
    record_row(
        work, AuditEvent.PLAN_COPY_RECALLED, holder, child_id=plan.child_id,
        details={"task_id": str(holder.recall_task_id)},
    )  # fmt: skip
