"""Setting, completing, dropping and handing on actions, and reminding their owners."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import Action
from app.db.repositories.record import actions as stored
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HOLDER, carries, either
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, choose_clock, start_clock
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.common.role_rights.queries import roles_where
from app.domain.errors import PermissionMissing
from app.domain.record.actions.errors import ActionOwnerUnsuitable
from app.domain.record.actions.kind import ACTION
from app.domain.record.actions.rules import FURTHEST, LONGEST, REVIEW, check_reminder, reminder_at
from app.domain.record.actions.schemas import ActionIn, CompleteActionIn, ReassignActionIn
from app.domain.record.chronology.commands import chronicle
from app.domain.record.concern_notes.commands import begin_work
from app.domain.record.concerns import rules
from app.domain.steps import Details, Target, new, record_row, step

P = Permission
DUE_SOON: Final = "action_due_soon"


async def add_action(
    work: UnitOfWork, concern_id: UUID, body: ActionIn, *, meeting_id: UUID | None = None
) -> Action:
    """Add an action to an open concern, or to its meeting, and alert its owner.

    Raises `ConcernEnded`, `ActionOwnerUnsuitable`, `DueTimePassed`, `DueTooFar`.
    """
    concern = await concern_to_work_on(work, concern_id, P.ACTION_SET)
    rules.next_state("assign", concern.state)
    await _check_owner(work, concern.id, body.owner_id)
    action = new(work, Action, body, concern_id=concern.id, meeting_id=meeting_id, state="open")
    if body.due_at is not None:
        await choose_clock(work, action, body.due_at, FURTHEST)
    else:
        await start_clock(work, action, REVIEW)
    check_reminder(action.remind_at, action.due_at, work.now)
    work.concerns.add(action)
    await work.session.flush()
    chronicle(
        work, child_ids=await work.concerns.child_ids(concern.id), kind="action",
        resource_id=action.id, occurred_at=work.now, concern_id=concern.id,
        confidentiality=concern.confidentiality,
    )  # fmt: skip
    _alert_owner(work, action)
    begin_work(work, concern)
    record_row(
        work, AuditEvent.ACTION_SET, action, after={"what": body.what},
        details={"concern_id": str(concern.id), "owner_id": str(body.owner_id)},
    )  # fmt: skip
    return action


async def _check_owner(work: UnitOfWork, concern_id: UUID, owner_id: UUID) -> None:
    roles = await roles_where(work, lambda rights: P.ACTION_COMPLETE in rights.permissions)
    if not await work.concerns.can_own(owner_id, concern_id, roles, work.today):
        raise ActionOwnerUnsuitable


def _alert_owner(work: UnitOfWork, action: Action, kind: str = "action_set") -> None:
    if action.owner_id != work.actor.id:
        _tell(work, action.owner_id, kind, action.concern_id, action.id)


def _tell(work: UnitOfWork, person: UUID, kind: str, concern_id: UUID, action_id: UUID) -> None:
    tell(
        work, person, kind, concern_id=concern_id, action_id=action_id,
        about=("action", action_id),
    )  # fmt: skip


@step(
    ACTION, AuditEvent.ACTION_COMPLETED, P.ACTION_COMPLETE, body=CompleteActionIn, ends="done",
    who=either(HOLDER, carries(P.ACTION_SET)), refused=PermissionMissing, by_password=True,
)  # fmt: skip
async def complete_action(
    work: UnitOfWork, target: Target[Action], body: CompleteActionIn
) -> Details:
    """Complete an action.

    Records that the action was done, and the outcome. Its deadline stops.
    """
    target.row.outcome = body.outcome
    return None


@step(ACTION, AuditEvent.ACTION_DROPPED, P.ACTION_SET, body=ReasonIn, ends="dropped")
async def drop_action(work: UnitOfWork, target: Target[Action], body: ReasonIn) -> Details:
    """Drop an action.

    Records that the action will not be done, and why. Its deadline stops.
    """
    target.row.reason = body.reason
    return None


@step(
    ACTION, AuditEvent.ACTION_REASSIGNED, P.ACTION_SET, body=ReassignActionIn,
    errors=(ActionOwnerUnsuitable, DueTimePassed, DueTooFar),
)  # fmt: skip
async def reassign_action(
    work: UnitOfWork, target: Target[Action], body: ReassignActionIn
) -> Details:
    """Give an action to another owner.

    Gives the action to another owner, who is alerted.
    """
    action, before = target.row, target.row.owner_id
    await _check_owner(work, action.concern_id, body.owner_id)
    if body.due_at is not None:
        await choose_clock(work, action, body.due_at, FURTHEST)
        action.remind_at = None  # it was chosen for the previous due time
    action.owner_id = body.owner_id
    _alert_owner(work, action)
    return {"from": str(before), "to": str(body.owner_id)}


async def remind(work: UnitOfWork) -> int:
    """Remind each owner once for each due time; returns the number of actions.

    From the due time on, the ladder alerts them. An action set after its reminder time gets none:
    its owner has just been alerted.
    """
    calendar = await calendar_of(work)
    rows = await stored.to_remind(
        await work.driver(), work.actor.school_id, work.now,
        work.now + LONGEST + timedelta(days=1), work.today,
    )  # fmt: skip
    reminded = 0
    for row in rows:
        when = row["remind_at"] or reminder_at(row["due_at"], calendar)
        if when > work.now or (row["remind_at"] is None and when <= row["made_at"]):
            continue
        reminded += 1
        for person in dict.fromkeys([row["owner_id"], *row["stand_ins"]]):
            _tell(work, person, DUE_SOON, row["concern_id"], row["id"])
    return reminded
