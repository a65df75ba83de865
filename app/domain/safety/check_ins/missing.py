"""A check-in did not happen: a lead is told, and after a second one plans are read again."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.db.models import CheckIn
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import SetTask, open_tasks, set_task
from app.domain.safety.check_ins import rules
from app.domain.safety.safety_plans.reviewing import review_soon

TWICE: Final = timedelta(days=7)
"""Two missed in so many days, and plans are read again."""
MISSED_TWICE: Final = 2


async def tell_lead(work: UnitOfWork, check_in: CheckIn) -> None:
    """It did not happen: a lead has to write what became of it before the school day ends."""
    is_new = check_in.missed_at is None
    if is_new:
        check_in.missed_at = work.now
    await set_task(
        work,
        SetTask(
            "check_in_missed", child_id=check_in.child_id, about=(rules.NOUN, check_in.id),
            dedupe=f"check_in_missed:{check_in.id}",
        ),
    )  # fmt: skip
    if is_new:
        await _look_for_two(work, check_in)


async def _look_for_two(work: UnitOfWork, check_in: CheckIn) -> None:
    """Two that were missed within a week: both plans are read again within a school day."""
    await work.session.flush()
    missed = await work.session.scalar(
        select(func.count()).where(
            CheckIn.school_id == check_in.school_id, CheckIn.child_id == check_in.child_id,
            CheckIn.missed_at > work.now - TWICE,
        )
    )  # fmt: skip
    if (missed or 0) < MISSED_TWICE:
        return
    if check_in.plan_id is not None:
        await _read_plan_again(work, check_in.plan_id, check_in.child_id)
    await review_soon(work, check_in.child_id)


async def _read_plan_again(work: UnitOfWork, plan_id: UUID, child_id: UUID) -> None:
    because = {"because": "missed_twice"}
    there = await open_tasks(work, kinds=["support_plan_review"], about_id=plan_id)
    if not any(task.facts.get("because") == because["because"] for task in there):
        await set_task(
            work,
            SetTask(
                "support_plan_review", child_id=child_id, about=("support_plan", plan_id),
                facts=because,
            ),
        )  # fmt: skip
