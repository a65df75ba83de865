"""Ending, by the hand of who confirmed a death, everything that would still ring for the child."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.core.words import AuditEvent
from app.db.models import Action, CheckIn, Review, SupportListEntry, Task
from app.db.models.base import SchoolRow
from app.db.repositories.sharing import transfers
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import stop_clock
from app.domain.duty.tasks.setting import finish
from app.domain.safety.check_ins.doing import drop_all
from app.domain.safety.safety_plans.stopping import stop_plans
from app.domain.safety.support_list.entries import end as take_off
from app.domain.safety.support_plans.keeping import end_for_child
from app.domain.sharing.transfers.locking import withdraw_draft, withdraw_referral

BECAUSE = "The child has died. Two people have confirmed it."
OUTCOME = "died"
Row = TypeVar("Row", bound=SchoolRow)


async def stop_everything(work: UnitOfWork, child_id: UUID, concerns: Sequence[UUID]) -> None:
    """End the reviews, actions, tasks, check-ins and plans of a child, each with the reason.

    `concerns` are about nobody else; what is also about somebody alive goes on.
    """
    of: Any = (Review.child_id == child_id) | Review.concern_id.in_(concerns)
    for review in await _open(work, Review, Review.ended_at.is_(None), of):
        review.ended_at, review.ended_by, review.end_reason = work.now, work.actor.id, BECAUSE
        _end(work, review)
        work.record(AuditEvent.REVIEW_ENDED, "review", review.id, child_id=child_id, reason=BECAUSE)
    of = Action.concern_id.in_(concerns)
    for action in await _open(work, Action, Action.state == "open", of):
        action.state, action.reason = "dropped", BECAUSE
        action.ended_by, action.ended_at = work.actor.id, work.now
        _end(work, action)
        work.record(
            AuditEvent.ACTION_DROPPED, "action", action.id, reason=BECAUSE,
            details={"concern_id": str(action.concern_id)},
        )  # fmt: skip
    of = (Task.child_id == child_id) | Task.concern_id.in_(concerns)
    for task in await _open(work, Task, Task.ended_at.is_(None), of):
        finish(work, task, state="not_needed", outcome=OUTCOME, note=BECAUSE)
    await _stop_support(work, child_id)
    await _stop_drafts(work, child_id)


async def _stop_drafts(work: UnitOfWork, child_id: UUID) -> None:
    """End what was to leave and nobody has approved; what left is its owner's to see through."""
    driver, school_id = await work.driver(), work.actor.school_id
    for id_ in await transfers.ids_of(driver, transfers.OPEN_DRAFTS, school_id, child_id):
        await withdraw_draft(work, id_)
    for id_ in await transfers.ids_of(driver, transfers.OPEN_REFERRAL_DRAFTS, school_id, child_id):
        await withdraw_referral(work, id_, work.actor.id, BECAUSE)


async def _stop_support(work: UnitOfWork, child_id: UUID) -> None:
    await end_for_child(work, child_id, BECAUSE)
    of: Any = CheckIn.child_id == child_id
    await drop_all(work, await _open(work, CheckIn, CheckIn.ended_at.is_(None), of), BECAUSE)
    await stop_plans(work, child_id, BECAUSE)
    of = SupportListEntry.child_id == child_id
    for entry in await _open(work, SupportListEntry, SupportListEntry.ended_at.is_(None), of):
        await take_off(work, entry, BECAUSE)


def _end(work: UnitOfWork, row: Any) -> None:
    row.version += 1
    row.changed_at = work.now
    stop_clock(work, row, OUTCOME)


async def _open(work: UnitOfWork, kind: type[Row], *asked: Any) -> list[Row]:
    """Rows of a kind, locked, oldest first."""
    found = await work.session.scalars(
        select(kind)
        .where(kind.school_id == work.actor.school_id, *asked)
        .order_by(kind.id)
        .with_for_update(of=kind, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(found)
