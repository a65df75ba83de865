"""Reading a plan again with the pupil: who does it and by when, and the outcome."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import SafetyPlan, Task
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, check_furthest, start_clock
from app.domain.common.deadlines.errors import DueTimePassed
from app.domain.common.deadlines.rules import rule_on
from app.domain.duty.tasks.commands import (
    SetTask,
    finish,
    finish_all,
    give_task,
    open_tasks,
    set_task,
)
from app.domain.duty.tasks.rules import NOUN as TASK_NOUN
from app.domain.safety.records.commands import KeepRecord, keep_record
from app.domain.safety.safety_plan_reviews.schemas import ReviewPlanIn
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.commands import keep_on_support_list, next_state
from app.domain.safety.safety_plans.errors import PlanUnread
from app.domain.safety.safety_plans.queries import plan_to_change
from app.domain.steps import record_row, touch

READ_AGAIN: Final = "read_again"


async def review_plan(
    work: UnitOfWork, plan_id: UUID, version: int, body: ReviewPlanIn
) -> SafetyPlan:
    """Save the result of a review, and set the next one.

    Raises as `plan_to_change`, `PlanNotNow`, `PlanUnread`, `DueTimePassed`, `DueTooFar`.
    """
    plan, child = await plan_to_change(work, plan_id, version)
    state = next_state(plan, "review_plan")
    if not body.read_with_pupil and not body.not_read_reason:
        raise PlanUnread
    if plan.state in rules.IN_FORCE and not body.still_right:
        state = "under_review"
    plan.state = state
    if body.read_with_pupil:
        plan.last_read_with_pupil = work.now
    touch(work, plan)
    record = await keep_record(work, child, _record_of(plan, body))
    before = await end_reviews(work, plan, READ_AGAIN)
    due = await set_review(
        work, plan, body.next_due_at, first=False, with_pupil=body.read_with_pupil,
        owned=any(task.owner_id == plan.lead_id for task in before),
    )  # fmt: skip
    if plan.state in rules.IN_FORCE:
        await keep_on_support_list(work, plan, due)
    record_row(
        work, AuditEvent.PLAN_READ_AGAIN, plan,
        details={
            "record_id": str(record.id), "with_pupil": body.read_with_pupil,
            "still_right": body.still_right,
        },
    )  # fmt: skip
    return plan


def _record_of(plan: SafetyPlan, body: ReviewPlanIn) -> KeepRecord:
    content: Mapping[str, Any] = {
        "plan_id": str(plan.id), "number": plan.number, "with_pupil": body.read_with_pupil,
        "not_read_reason": body.not_read_reason, "still_right": body.still_right,
        "what_changed": body.what_changed, "pupil_words": body.pupil_words,
    }  # fmt: skip
    text = "read again with the pupil" if body.read_with_pupil else "not read with the pupil"
    return KeepRecord(
        rules.READ_AGAIN, content, f"Safety plan, version {plan.number}: {text}.",
        concern_id=plan.concern_id, confidentiality=plan.confidentiality,
    )  # fmt: skip


async def set_review(
    work: UnitOfWork, plan: SafetyPlan, due_at: datetime | None, *, first: bool,
    with_pupil: bool = True, owned: bool = False,
) -> datetime | None:  # fmt: skip
    """Set who reviews it and by when: a chosen time, never later than the limit.

    `owned` if its lead is known to be here: they had the earlier review. Raises `DueTimePassed`,
    `DueTooFar`.
    """
    rule = rules.limit_of(plan.content, first=first, with_pupil=with_pupil)
    if due_at is not None:
        if due_at <= work.now:
            raise DueTimePassed
        await check_furthest(work, due_at, rule)
    task = await set_task(
        work,
        SetTask(
            rules.TASK, plan.child_id, plan.concern_id, (rules.NOUN, plan.id),
            plan.confidentiality, owner_id=plan.lead_id if owned else None, first=plan.lead_id,
            due_at=due_at, rule_id=rule, facts={"number": plan.number},
        ),
    )  # fmt: skip
    return None if task is None else task.due_at


async def end_reviews(work: UnitOfWork, plan: SafetyPlan, outcome: str) -> list[Task]:
    """End the reviews due for this version; returns their tasks.

    A version no longer in force has no reviews. A review also covers the check after a declined
    referral.
    """
    if outcome != READ_AGAIN:
        kinds = [rules.TASK, rules.HOLIDAY]
        return await finish_all(work, kinds, outcome=outcome, about_id=plan.id)
    kinds = [rules.TASK, rules.DECLINED]
    there = await open_tasks(work, kinds=kinds, child_id=plan.child_id)
    done = [item for item in there if item.kind == rules.DECLINED or item.about_id == plan.id]
    for task in done:
        finish(work, task, outcome=outcome)
    return done


async def give_reviews(work: UnitOfWork, plan: SafetyPlan) -> None:
    """Give the due review to the plan's lead."""
    for task in await open_tasks(work, kinds=[rules.TASK], about_id=plan.id):
        if task.owner_id != plan.lead_id and plan.lead_id not in task.barred:
            await give_task(work, task, plan.lead_id, task.cover_id)


async def resume_reviews(work: UnitOfWork, child_id: UUID) -> None:
    """Set a review soon for every plan agreed or in use, after a mistaken confirmation of death.

    A review that is still due is enough.
    """
    tasks = await open_tasks(work, kinds=[rules.TASK], child_id=child_id)
    read = {task.about_id for task in tasks}
    for plan in await stored.list_agreed(work.session, work.actor.school_id, child_id):
        if plan.id not in read:
            await set_review(work, plan, None, first=True)


async def review_soon(
    work: UnitOfWork,
    child_id: UUID,
    concern_id: UUID | None = None,
    locked_out: Sequence[UUID] = (),
) -> list[UUID]:
    """Bring a child's plan review forward to the next school day, because something new is known.

    The new matter's own code calls this, with its concern if there is one; an earlier review stays.
    People `locked_out` from the concern must not learn of it: their review stays unchanged, and
    another is set beside it. Returns the tasks now due by then: empty without a plan.
    """
    tasks = await open_tasks(work, kinds=[rules.TASK], child_id=child_id)
    if not tasks:
        return []
    calendar = await calendar_of(work)
    rule = rule_on(rules.AFTER_EVENT, calendar.local(work.now).date())
    due_at = rule.due(work.now, calendar)
    soon = {task.about_id for task in tasks if task.due_at <= due_at}
    moved = []
    for task in tasks:
        if task.about_id in soon:
            continue
        if locked_out:
            soon.add(task.about_id)
            moved += await _beside(work, task, concern_id, locked_out)
        else:
            await _bring_forward(work, task)
            moved.append(task.id)
    return moved


async def _beside(
    work: UnitOfWork, task: Task, concern_id: UUID | None, locked_out: Sequence[UUID]
) -> list[UUID]:
    """Set the same review for someone who may know why it is earlier."""
    about = None if task.about_id is None else (rules.NOUN, task.about_id)
    command = SetTask(
        rules.TASK, task.child_id, concern_id, about, task.confidentiality, first=task.owner_id,
        rule_id=rules.AFTER_EVENT, barred=locked_out, facts=task.facts,
    )  # fmt: skip
    made = await set_task(work, command)
    return [] if made is None else [made.id]


async def _bring_forward(work: UnitOfWork, task: Task) -> None:
    before = task.due_at
    await start_clock(work, task, rules.AFTER_EVENT)
    touch(work, task)
    if task.owner_id != work.actor.id:
        tell(work, task.owner_id, "task_set", urgent=task.urgent, about=(TASK_NOUN, task.id))
    record_row(
        work, AuditEvent.PLAN_REVIEW_SOONER, task,
        details={"before": written(before), "due_at": written(task.due_at)},
    )  # fmt: skip
