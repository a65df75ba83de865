"""Ends what is open of a concern that moves, and takes along what was kept of it for leads."""

from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from app.core.words import AuditEvent
from app.db.models import Action, AdultConcern, IncompleteReport, Meeting, Task
from app.db.repositories.duty.tasks import open_ones_of
from app.db.unit_of_work import UnitOfWork
from app.domain.deadlines.commands import stop_clock
from app.domain.duty.tasks.commands import finish, finish_all
from app.domain.duty.tasks.rules import NOT_NEEDED
from app.domain.record.incomplete_reports import commands as incomplete
from app.domain.record.incomplete_reports import rules
from app.domain.steps import record_row, touch

ADULTS_ONLY: Final = "K6"
BECAUSE: Final = "It is kept in another register now."


async def end_open_work(work: UnitOfWork, kept: AdultConcern) -> None:
    """Actions, tasks and meetings end; what was kept of it for leads goes with it."""
    await _end_actions(work, kept.id)
    await _end_tasks(work, kept.id)
    await _cancel_meetings(work, kept.id)
    await _move_incomplete(work, kept)


async def _end_actions(work: UnitOfWork, concern_id: UUID) -> None:
    """What was to be done is with who reads the register now; nobody is asked for it any more."""
    actions = await work.session.scalars(
        select(Action)
        .where(
            Action.school_id == work.actor.school_id,
            Action.concern_id == concern_id,
            Action.state == "open",
        )
        .order_by(Action.id)
        .with_for_update(of=Action, key_share=True)
        .execution_options(populate_existing=True)
    )
    for action in actions:
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
    meetings = await work.session.scalars(
        select(Meeting)
        .where(
            Meeting.school_id == work.actor.school_id,
            Meeting.concern_id == concern_id,
            Meeting.ended_at.is_(None),
        )
        .order_by(Meeting.id)
        .with_for_update(of=Meeting, key_share=True)
        .execution_options(populate_existing=True)
    )
    for meeting in meetings:
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
    tasks = await work.session.scalars(
        select(Task)
        .where(
            Task.school_id == work.actor.school_id,
            or_(Task.id.in_(ids), Task.concern_id == concern_id),
        )
        .order_by(Task.id)
        .with_for_update(of=Task, key_share=True)
        .execution_options(populate_existing=True)
    )
    for task in tasks:
        task.confidentiality = ADULTS_ONLY
        if task.ended_at is None:
            finish(work, task, state=NOT_NEEDED, note=BECAUSE)
        else:
            touch(work, task)


async def _move_incomplete(work: UnitOfWork, concern: AdultConcern) -> None:
    """What was kept of a concern for leads goes with it to the adult register.

    Of an ended one the words go, too; nobody is asked for anything. Nobody who is kept out of the
    concern gets it.
    """
    found = await work.session.scalars(
        select(IncompleteReport)
        .where(
            IncompleteReport.school_id == work.actor.school_id,
            IncompleteReport.register == "children",
            or_(IncompleteReport.thing_id == concern.id, IncompleteReport.concern_id == concern.id),
        )
        .order_by(IncompleteReport.id)
        .with_for_update(of=IncompleteReport, key_share=True)
        .execution_options(populate_existing=True)
    )
    for row in found.all():
        row.register, row.concern_id = "adults", None
        row.barred = sorted({*row.barred, *(one for one in concern.kept_out if one)})
        if row.state == rules.OPEN:
            await incomplete.place(work, row, rules.parsed(row.body), known=concern)
            await finish_all(work, [rules.KIND], about_id=row.id)
        else:
            row.about_head = concern.about_head
            row.owner_id = (await incomplete.keepers_of(work, row)).owner_id
        touch(work, row)
        record_row(
            work, AuditEvent.INCOMPLETE_REPORT_KEPT, row, details={"moved_with": str(concern.id)},
            register="adults",
        )  # fmt: skip
