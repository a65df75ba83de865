"""Ends what is open of a concern that moves, and takes along what was kept of it for leads."""

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
    """What the move ends, ends; what was kept of it for leads goes with it."""
    for ended in ENDED.values():
        await ended(work, adult_concern.id)
    await _move_incomplete(work, adult_concern)


async def _end_actions(work: UnitOfWork, concern_id: UUID) -> None:
    """What was to be done is with who reads the register now; nobody is asked for it any more."""
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
    """Nobody who could hold one reads the concern any more; who does reads what was planned."""
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
    """Nobody is asked for anything of it any more; what was asked for goes out of sight with it."""
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
"""What the move ends, by kind."""
GOES_ON: Final = ("concern", "break_glass")
"""What stays as it is: the concern itself, and that somebody looked at it in an emergency."""


async def _move_incomplete(work: UnitOfWork, concern: AdultConcern) -> None:
    """What was kept of a concern for leads goes with it to the adult register.

    Of an ended one the words go, too; nobody is asked for anything. Nobody who is kept out of the
    concern gets it.
    """
    await work.organisations.lock_own()  # what is being kept at this moment goes along, too
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
