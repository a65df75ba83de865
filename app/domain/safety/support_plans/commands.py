"""Agreeing, changing, reading again and ending a support plan: each kept as a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import SafetyRecord, SupportPlan, Task
from app.db.repositories.safety import support_plans as stored
from app.db.repositories.safety.check_ins import lock_check_ins_of_plan
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import calendar_of, check_furthest
from app.domain.common.deadlines.rules import rule_on
from app.domain.duty.tasks.commands import SetTask, finish, finish_all, open_tasks, set_task
from app.domain.errors import require_row
from app.domain.etags import check_version
from app.domain.safety.check_in_schedules.commands import give_way, make_for
from app.domain.safety.check_ins.commands import drop_all
from app.domain.safety.check_ins.queries import Here, chosen_here
from app.domain.safety.check_ins.rules import span_of
from app.domain.safety.records.commands import (
    KeepRecord,
    amend_record,
    child_to_keep_safe,
    keep_record,
)
from app.domain.safety.support_list.commands import add_entry, take_off_list
from app.domain.safety.support_plans.errors import (
    SupportPlanExists,
    SupportPlanNotFound,
    SupportPlanPersonUnsuitable,
    SupportPlanTimeUnsuitable,
)
from app.domain.safety.support_plans.kind import SUPPORT_PLAN
from app.domain.safety.support_plans.rules import LAPSES_NOT_BEFORE, starting_cadence
from app.domain.steps import check_changes, record_row, touch
from app.formats.calendars import SchoolCalendar

NOUN: Final = "support_plan"
KIND, REVIEW = "support_plan", "support_plan_review"
REVIEW_RULE: Final = "support_plan.review"
FIRST_WINDOW: Final = timedelta(minutes=60)
PLAN_TASKS = (REVIEW, "holiday_arrangement", "find_adult")
SUMMARY: Final = "Support plan: who is there for the pupil, when and where."


@dataclass(frozen=True, slots=True)
class SetPlan:
    """An agreement: two adults, times and place; `content` is everything else."""

    adult_id: UUID
    cover_id: UUID
    place: str | None = None
    windows: Sequence[Mapping[str, str]] = ()
    cadence: Sequence[Mapping[str, Any]] = ()
    holiday_arrangement: str | None = None
    review_due_at: datetime | None = None
    concern_id: UUID | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    id: UUID | None = None


async def make_plan(work: UnitOfWork, child_id: UUID, command: SetPlan) -> SupportPlan:
    """Agree a plan, make its check-ins, and put the pupil on the support list.

    Raises as `child_to_keep_safe`, `keep_record`, `SupportPlanExists`,
    `SupportPlanPersonUnsuitable`, `SupportPlanTimeUnsuitable`, `DueTooFar`.
    """
    child = await child_to_keep_safe(work, child_id, lock=True)
    if await stored.plan_of(work.session, work.actor.school_id, child_id) is not None:
        raise SupportPlanExists
    here = await _check(work, child_id, command, command.concern_id)
    plan = SupportPlan(
        school_id=work.actor.school_id, id=command.id or new_id(), child_id=child_id,
        began_on=here.day_of(work.now), made_at=work.now, made_by=work.actor.id, version=1,
        review_due_at=await _review_due(work, command.review_due_at, here.calendar),
    )  # fmt: skip
    record = await keep_record(work, child, _record(command, here))
    await work.session.flush()
    plan.record_id = record.id
    await _take(work, plan, command, here)
    work.children.add(plan)
    await work.session.flush()
    record_row(
        work, AuditEvent.SUPPORT_PLAN_MADE, plan, child_id=child_id,
        details={"record_id": str(record.id)},
    )  # fmt: skip
    until = here.calendar.at(plan.began_on + timedelta(days=LAPSES_NOT_BEFORE), time(12))
    add_entry(work, child_id, "plan_in_use", (NOUN, plan.id), until)
    await _set_review(work, plan)
    await make_for(work, plan, here)
    await give_way(work, child_id, here)
    return plan


async def update_plan(
    work: UnitOfWork, child_id: UUID, version: int, command: SetPlan, reason: str
) -> SupportPlan:
    """Agree again: the earlier version stays in the file, and check-ins ahead follow the new one.

    When it is read again stays as it was set. Raises as `make_plan`, `SupportPlanNotFound`,
    `VersionStale`.
    """
    await child_to_keep_safe(work, child_id, lock=True)
    plan = await _to_change(work, child_id, version)
    before = await _record_of(work, plan)
    here = await _check(work, child_id, command, before.concern_id)
    record = await amend_record(work, before, _record(command, here), reason)
    await work.session.flush()
    plan.record_id = record.id
    await _take(work, plan, command, here)
    await _changed(work, plan, AuditEvent.SUPPORT_PLAN_CHANGED, reason)
    made = await _drop_ahead(work, plan, here)
    for task in await open_tasks(work, kinds=PLAN_TASKS, about_id=plan.id):
        if _answered(task, plan):
            finish(work, task, outcome="changed")
    await make_for(work, plan, here, made)
    return plan


def _answered(task: Task, plan: SupportPlan) -> bool:
    """Whether a new agreement completes the task; the usual review stays due."""
    if task.kind == REVIEW:
        return task.facts.get("because") == "missed_twice"
    return task.kind == "find_adult" or plan.holiday_arrangement is not None


async def review_plan(
    work: UnitOfWork, child_id: UUID, version: int, content: Mapping[str, Any],
    next_due_at: datetime | None,
) -> SupportPlan:  # fmt: skip
    """Record a review with the pupil that changes nothing, and set the next one.

    Raises as `child_to_keep_safe`, `SupportPlanNotFound`, `VersionStale`, `DueTooFar`.
    """
    child = await child_to_keep_safe(work, child_id, lock=True)
    plan = await _to_change(work, child_id, version)
    summary = "Support plan: read again with the pupil."
    await keep_record(work, child, KeepRecord(REVIEW, content, summary))
    plan.review_due_at = await _review_due(work, next_due_at, await calendar_of(work))
    await _changed(work, plan, AuditEvent.SUPPORT_PLAN_CHANGED, None)
    await finish_all(work, [REVIEW], about_id=plan.id, outcome="reviewed")
    await _set_review(work, plan)
    return plan


async def end_plan(
    work: UnitOfWork, child_id: UUID, version: int, reason: str, pupils_view: Mapping[str, Any]
) -> None:
    """End the check-ins, as a lead, with a reason and the pupil's view.

    Overdue ones stay until someone records what happened. Also allowed if another school has the
    file. Raises as `update_plan`, except `FileLocked`.
    """
    child = await child_to_keep_safe(work, child_id, lock=True, ends=True)
    plan = await _to_change(work, child_id, version)
    content = {"plan_id": str(plan.id), "reason": reason, "pupils_view": dict(pupils_view)}
    await keep_record(work, child, KeepRecord("support_plan_end", content, "Support plan: ended."))
    await _finish_plan(work, plan, reason)


async def end_for_child(work: UnitOfWork, child_id: UUID, reason: str) -> None:
    """End a child's plan, if there is one, for a reason that another record gives."""
    plan = await stored.lock_plan_of(work.session, work.actor.school_id, child_id)
    if plan is not None:
        await _finish_plan(work, plan, reason)


async def _finish_plan(work: UnitOfWork, plan: SupportPlan, reason: str) -> None:
    plan.ended_at, plan.ended_by = work.now, None if work.actor.is_system else work.actor.id
    await _changed(work, plan, AuditEvent.SUPPORT_PLAN_ENDED, reason)
    await _drop_ahead(work, plan, await chosen_here(work, ()))
    await finish_all(work, PLAN_TASKS, about_id=plan.id, outcome="ended")
    await take_off_list(work, (NOUN, plan.id), reason)


async def _to_change(work: UnitOfWork, child_id: UUID, version: int) -> SupportPlan:
    lock_plan = await stored.lock_plan_of(work.session, work.actor.school_id, child_id)
    plan = require_row(lock_plan, SupportPlanNotFound)
    await check_changes(work, SUPPORT_PLAN, plan)
    check_version(plan, version)
    return plan


async def _record_of(work: UnitOfWork, plan: SupportPlan) -> SafetyRecord:
    row = require_row(await work.children.find(SafetyRecord, plan.record_id), SupportPlanNotFound)
    return row


async def _check(
    work: UnitOfWork, child_id: UUID, command: SetPlan, concern_id: UUID | None
) -> Here:
    """Load who is here. Raises if the two adults or the times do not fit."""
    chosen = await chosen_here(work, [command.adult_id, command.cover_id])
    here = chosen.for_concern(concern_id)
    two = command.adult_id != command.cover_id
    if not two or not all(
        here.suits(item, child_id) for item in (command.adult_id, command.cover_id)
    ):
        raise SupportPlanPersonUnsuitable
    for begins, ends in map(span_of, command.windows):
        if not here.calendar.opens <= begins < ends <= here.calendar.closes:
            raise SupportPlanTimeUnsuitable
    return here


def _record(command: SetPlan, here: Here) -> KeepRecord:
    content = {
        **command.content,
        "adult_id": str(command.adult_id),
        "cover_id": str(command.cover_id),
        "place": command.place,
        "windows": _windows(command, here),
        "cadence": _cadence(command),
        "holiday_arrangement": command.holiday_arrangement,
    }
    return KeepRecord(KIND, content, SUMMARY, concern_id=command.concern_id)


async def _take(work: UnitOfWork, plan: SupportPlan, command: SetPlan, here: Here) -> None:
    plan.adult_id, plan.cover_id, plan.place = command.adult_id, command.cover_id, command.place
    plan.windows, plan.cadence = _windows(command, here), _cadence(command)
    plan.holiday_arrangement = command.holiday_arrangement
    plan.changed_at = work.now


def _windows(command: SetPlan, here: Here) -> list[dict[str, Any]]:
    """The agreed windows. Default: the first hour of the day."""
    if command.windows:
        return [dict(window) for window in command.windows]
    opens = here.calendar.opens
    ends = (datetime.combine(date.min, opens) + FIRST_WINDOW).time()
    return [{"from": opens.isoformat(), "to": min(ends, here.calendar.closes).isoformat()}]


def _cadence(command: SetPlan) -> list[dict[str, Any]]:
    return [dict(part) for part in command.cadence] or starting_cadence()


async def _review_due(
    work: UnitOfWork, wanted: datetime | None, calendar: SchoolCalendar
) -> datetime:
    if wanted is not None:
        await check_furthest(work, wanted, REVIEW_RULE)
        return wanted
    rule = rule_on(REVIEW_RULE, calendar.local(work.now).date())
    return rule.due(work.now, calendar)


async def _set_review(work: UnitOfWork, plan: SupportPlan) -> None:
    await set_task(
        work,
        SetTask(
            REVIEW, child_id=plan.child_id, about=(NOUN, plan.id), owner_id=work.actor.id,
            due_at=plan.review_due_at, tells=False,
        ),
    )  # fmt: skip


async def _changed(
    work: UnitOfWork, plan: SupportPlan, did: AuditEvent, reason: str | None
) -> None:
    touch(work, plan)
    record_row(work, did, plan, reason=reason, details={"record_id": str(plan.record_id)})


async def _drop_ahead(work: UnitOfWork, plan: SupportPlan, here: Here) -> set[datetime]:
    """Remove check-ins whose window has not opened; returns when today's others open."""
    await work.session.flush()
    today = here.calendar.at(here.day_of(work.now), time())
    rows = await lock_check_ins_of_plan(work.session, plan.school_id, plan.id, today)
    ahead = [row for row in rows if row.ended_at is None and row.opens_at > work.now]
    await drop_all(work, ahead)
    return {row.opens_at for row in rows if row not in ahead}
