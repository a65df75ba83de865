"""End the open work of a concern that moves, and move the incomplete reports kept for leads."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import AdultConcern
from app.db.repositories.duty.tasks import lock_tasks_of_concern, open_ones_of
from app.db.repositories.record.actions import lock_open_actions
from app.db.repositories.record.incomplete_reports import lock_moving_with
from app.db.repositories.record.meetings import lock_planned_meetings
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import stop_clock
from app.domain.duty.tasks.commands import finish, finish_all
from app.domain.duty.tasks.rules import NOT_NEEDED
from app.domain.record.incomplete_reports import commands as incomplete
from app.domain.record.incomplete_reports import rules
from app.domain.steps import record_row, touch

ADULTS_ONLY: Final = "K6"
BECAUSE: Final = "It is kept in another register now."


async def end_open_work(work: UnitOfWork, adult_concern: AdultConcern) -> None:
    """End the work that the move ends, and move the incomplete reports kept for leads."""
    for ended in ENDED.values():
        await ended(work, adult_concern.id)
    await _move_incomplete(work, adult_concern)


async def _end_actions(work: UnitOfWork, concern_id: UUID) -> None:
    """Drop open actions: readers of the adult register take over the work."""
    for action in await lock_open_actions(work.session, work.actor.school_id, concern_id):
        action.state, action.reason = "dropped", BECAUSE
        action.ended_at, action.ended_by = work.now, work.actor.id
        touch(work, action)
        stop_clock(work, action, action.state)
        record_row(
            work, AuditEvent.ACTION_DROPPED, action, before={"state": "open"}, reason=BECAUSE,
            details={"concern_id": str(concern_id)},
        )  # fmt: skip


async def _cancel_meetings(work: UnitOfWork, concern_id: UUID) -> None:
    """Cancel planned meetings: the people who could hold them no longer read the concern."""
    for meeting in await lock_planned_meetings(work.session, work.actor.school_id, concern_id):
        meeting.state, meeting.cancel_reason = "cancelled", BECAUSE
        meeting.ended_at, meeting.ended_by = work.now, work.actor.id
        touch(work, meeting)
        stop_clock(work, meeting, meeting.state)
        record_row(
            work, AuditEvent.MEETING_CANCELLED, meeting, before={"state": "planned"},
            reason=BECAUSE, details={"concern_id": str(concern_id)},
        )  # fmt: skip


async def _end_tasks(work: UnitOfWork, concern_id: UUID) -> None:
    """End the open tasks, and hide every task of the concern from the children's register."""
    ids = await open_ones_of(await work.driver(), work.actor.school_id, concern_id)
    school_id = work.actor.school_id
    for task in await lock_tasks_of_concern(work.session, school_id, concern_id, ids):
        task.confidentiality = ADULTS_ONLY
        if task.ended_at is None:
            finish(work, task, state=NOT_NEEDED, note=BECAUSE)
        else:
            touch(work, task)


ENDED: Final[Mapping[str, Callable[[UnitOfWork, UUID], Awaitable[None]]]] = {
    "action": _end_actions, "task": _end_tasks, "meeting": _cancel_meetings,
}  # fmt: skip
"""How the move ends open work, by kind."""
GOES_ON: Final = ("concern", "break_glass")
"""Kinds that the move leaves unchanged: the concern and any record of emergency access."""


async def _move_incomplete(work: UnitOfWork, concern: AdultConcern) -> None:
    """Move incomplete reports of a concern to the adult register.

    The text of ended ones moves too, without asking anyone to act. People excluded from the concern
    do not get them.
    """
    await work.organisations.lock_own()  # includes a report being saved at this moment
    for row in await lock_moving_with(work.session, work.actor.school_id, concern.id):
        row.register, row.concern_id = "adults", None
        row.barred = sorted({*row.barred, *(item for item in concern.kept_out if item)})
        if row.state == rules.OPEN:
            await incomplete.find_owner(work, row, rules.parsed(row.body), known=concern)
            await finish_all(work, [rules.KIND], about_id=row.id)
        else:
            row.about_head = concern.about_head
            row.owner_id = (await incomplete.keepers_of(work, row)).owner_id
        touch(work, row)
        record_row(
            work, AuditEvent.INCOMPLETE_REPORT_KEPT, row, details={"moved_with": str(concern.id)},
            register="adults",
        )  # fmt: skip
