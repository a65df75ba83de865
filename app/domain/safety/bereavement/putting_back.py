"""A confirmation was a mistake: what it ended goes on, with the owners and due times it had."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import (
    Action,
    BereavementCase,
    CheckIn,
    Review,
    SupportListEntry,
    SupportPlan,
    Task,
)
from app.db.models.base import SchoolRow
from app.db.repositories.safety import frozen_files as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.clocks.running_on import run_on
from app.domain.duty.owners.rules import OwnedResource, counted
from app.domain.safety.bereavement.stopping import BECAUSE, OUTCOME

Row = TypeVar("Row", bound=SchoolRow)
PUT_BACK = "put_back"


async def put_back(work: UnitOfWork, case: BereavementCase, child_id: UUID) -> None:
    """Take up again what ended with the confirmation, and nothing that ended for itself.

    Whoever has some of it is told. What fell due meanwhile is overdue, and rings.
    """
    at = case.decided_at
    if at is None:
        return
    concerns = await stored.concerns_of(await work.driver(), case.school_id, child_id)
    back: list[Any] = await _check_ins(work, child_id, at, await _plan(work, child_id, at))
    of: Any = (Task.child_id == child_id) | Task.concern_id.in_(concerns)
    back += await _ended(work, Task, at, of, Task.outcome == OUTCOME)
    of = (Review.child_id == child_id) | Review.concern_id.in_(concerns)
    back += await _ended(work, Review, at, of, Review.end_reason == BECAUSE)
    of = Action.concern_id.in_(concerns)
    back += await _ended(work, Action, at, of, Action.reason == BECAUSE)
    for row in back:
        _AGAIN[type(row)](work, row)
    await run_on(work, back)
    await _put_back_on_support_list(work, child_id, at)
    _tell(work, back)


async def _plan(work: UnitOfWork, child_id: UUID, at: datetime) -> SupportPlan | None:
    """The support plan that was ended; not where the pupil has another by now."""
    there = await work.session.scalar(
        select(SupportPlan.id).where(
            SupportPlan.school_id == work.actor.school_id, SupportPlan.child_id == child_id,
            SupportPlan.ended_at.is_(None),
        )
    )  # fmt: skip
    found = await _ended(work, SupportPlan, at, SupportPlan.child_id == child_id)
    if there is not None or not found:
        return None
    plan = found[0]
    plan.ended_at = plan.ended_by = None
    _touch(work, plan)
    work.record(
        AuditEvent.SUPPORT_PLAN_CHANGED, "support_plan", plan.id, child_id=child_id,
        details={"record_id": str(plan.record_id), "because": PUT_BACK},
    )  # fmt: skip
    await work.session.flush()
    return plan


async def _check_ins(
    work: UnitOfWork, child_id: UUID, at: datetime, plan: SupportPlan | None
) -> list[CheckIn]:
    """Those of the plan that goes on, and those that belonged to none in use."""
    of: Any = CheckIn.child_id == child_id
    found = await _ended(work, CheckIn, at, of, CheckIn.state == "dropped")
    return [one for one in found if plan is not None or one.plan_id is None]


async def _put_back_on_support_list(work: UnitOfWork, child_id: UUID, at: datetime) -> None:
    """The pupil is on the support list again, for what put them there and until when."""
    of: Any = SupportListEntry.child_id == child_id
    for entry in await _ended(
        work, SupportListEntry, at, of, SupportListEntry.end_reason == BECAUSE
    ):
        entry.ended_at = entry.ended_by = entry.end_reason = None
        _touch(work, entry)
        work.record(
            AuditEvent.SUPPORT_LIST_RENEWED, "support_list_entry", entry.id, child_id=child_id,
            details={"reason": entry.reason, "until": written(entry.until)},
        )  # fmt: skip
    await work.session.flush()


async def _ended(work: UnitOfWork, kind: type[Row], at: datetime, *asked: Any) -> list[Row]:
    """Rows of a kind that ended in the moment of the confirmation, locked, oldest first."""
    of: Any = kind
    found = await work.session.scalars(
        select(kind)
        .where(kind.school_id == work.actor.school_id, of.ended_at == at, *asked)
        .order_by(kind.id)
        .with_for_update(of=kind, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _check_in_again(work: UnitOfWork, row: CheckIn) -> None:
    row.state, row.ended_at, row.ended_by = "open", None, None
    _touch(work, row)
    work.record(
        AuditEvent.CHECK_IN_CHANGED, "check_in", row.id, child_id=row.child_id,
        details={"because": PUT_BACK, "person_id": None},
    )  # fmt: skip


def _task_again(work: UnitOfWork, row: Task) -> None:
    row.state, row.outcome, row.note = "open", None, None
    row.ended_at = row.ended_by = None
    _touch(work, row)
    work.record(
        AuditEvent.TASK_SET, "task", row.id, child_id=row.child_id,
        details={
            "kind": row.kind, "owner_id": str(row.owner_id), "due_rule": row.due_rule,
            "because": PUT_BACK,
        },
    )  # fmt: skip


def _review_again(work: UnitOfWork, row: Review) -> None:
    row.ended_at = row.ended_by = row.end_reason = None
    _touch(work, row)
    work.record(
        AuditEvent.REVIEW_CHANGED, "review", row.id, child_id=row.child_id,
        details={"because": PUT_BACK},
    )  # fmt: skip


def _action_again(work: UnitOfWork, row: Action) -> None:
    row.state, row.reason, row.ended_at, row.ended_by = "open", None, None, None
    _touch(work, row)
    work.record(
        AuditEvent.ACTION_SET, "action", row.id,
        details={"concern_id": str(row.concern_id), "because": PUT_BACK},
    )  # fmt: skip


_AGAIN: Mapping[Any, Callable[[UnitOfWork, Any], None]] = {
    CheckIn: _check_in_again, Task: _task_again, Review: _review_again, Action: _action_again,
}  # fmt: skip


def _touch(work: UnitOfWork, row: Any) -> None:
    row.version += 1
    row.changed_at = work.now


def _tell(work: UnitOfWork, back: Sequence[Any]) -> None:
    """Each owner but whoever undoes it, once: how much is theirs again."""
    for person in dict.fromkeys(row.owner_id for row in back):
        if person == work.actor.id:
            continue
        things = [
            OwnedResource(row.__clocked__, row.id, person, urgent=getattr(row, "urgent", False))
            for row in back
            if row.owner_id == person
        ]
        urgent = any(one.urgent for one in things)
        only = (things[0].noun, things[0].id) if len(things) == 1 else None
        tell(work, person, "work_handed_over", urgent=urgent, about=only, counts=counted(things))
