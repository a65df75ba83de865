"""Setting, completing, dropping and handing on actions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Action, Concern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.actions import action_for
from app.domain.access.concerns import concern_to_work_on
from app.domain.access.roles import roles_where
from app.domain.actions.errors import ActionEnded, ActionOwnerUnsuitable
from app.domain.actions.rules import FURTHEST, check_reminder
from app.domain.alerts.telling import tell
from app.domain.chronology.entries import chronicle
from app.domain.clocks.choosing import choose_clock
from app.domain.clocks.keeping import stop_clock
from app.domain.concerns import rules
from app.domain.concerns.notes import begin_work
from app.domain.concerns.steps import touch
from app.domain.conflicts.moving import is_locked_out
from app.domain.errors import NotYours, VersionStale


@dataclass(frozen=True, slots=True)
class SetAction:
    """What is to be done, by whom, by when."""

    id: UUID | None
    what: str
    owner_id: UUID
    due_at: datetime
    remind_at: datetime | None = None
    """When its owner is reminded; by rule where it is left out."""


async def set_action(work: UnitOfWork, concern_id: UUID, wish: SetAction) -> Action:
    """Add an action to a living concern and alert its owner.

    Raises `ConcernEnded`, `ActionOwnerUnsuitable`, `DueTimePassed`, `DueTooFar`.
    """
    concern = await concern_to_work_on(work, concern_id, Permission.ACTION_SET)
    rules.next_state("assign", concern.state)
    await _check_owner(work, concern.id, wish.owner_id)
    action = Action(
        school_id=concern.school_id,
        id=wish.id or new_id(),
        concern_id=concern.id,
        what=wish.what,
        owner_id=wish.owner_id,
        due_at=wish.due_at,
        remind_at=wish.remind_at,
        state="open",
        set_by=work.actor.id,
        set_at=work.now,
        version=1,
        changed_at=work.now,
    )
    await choose_clock(work, action, wish.due_at, FURTHEST)
    check_reminder(wish.remind_at, wish.due_at, work.now)
    work.concerns.add(action)
    await work.session.flush()
    chronicle(
        work,
        child_ids=await work.concerns.child_ids(concern.id),
        kind="action",
        thing_id=action.id,
        occurred_at=work.now,
        concern_id=concern.id,
        confidentiality=concern.confidentiality,
    )
    _alert_owner(work, action)
    begin_work(work, concern)
    work.record(
        Did.ACTION_SET,
        "action",
        action.id,
        after={"what": wish.what},
        details={"concern_id": str(concern.id), "owner_id": str(wish.owner_id)},
    )
    return action


async def _check_owner(work: UnitOfWork, concern_id: UUID, owner_id: UUID) -> None:
    roles = await roles_where(work, lambda rights: Permission.ACTION_COMPLETE in rights.permissions)
    if not await work.concerns.holds_role(owner_id, roles, work.today):
        raise ActionOwnerUnsuitable
    if await is_locked_out(work, owner_id, concern_id):
        raise ActionOwnerUnsuitable


def _alert_owner(work: UnitOfWork, action: Action) -> None:
    if action.owner_id == work.actor.id:
        return
    tell(
        work, action.owner_id, "action_set", concern_id=action.concern_id, action_id=action.id,
        about=("action", action.id),
    )  # fmt: skip


async def open_action(work: UnitOfWork, action_id: UUID) -> Action:
    """Read one action; its owner may, and whoever may read its concern."""
    action, concern = await action_for(work, action_id, Permission.ACTION_COMPLETE)
    for child_id in await work.concerns.child_ids(concern.id):
        work.record(
            Did.ACTION_OPENED, "action", action.id, child_id=child_id,
            details={"concern_id": str(concern.id)},
        )  # fmt: skip
    return action


async def _open_action_to_change(
    work: UnitOfWork, action_id: UUID, permission: Permission, version: int
) -> tuple[Action, Concern]:
    action, concern = await action_for(work, action_id, permission, lock=True)
    if action.version != version:
        raise VersionStale
    if action.state != "open":
        raise ActionEnded
    return action, concern


async def complete_action(work: UnitOfWork, action_id: UUID, version: int, outcome: str) -> Action:
    """Say that it was done and what came of it: its owner, or a person who sets actions."""
    action, concern = await _open_action_to_change(
        work, action_id, Permission.ACTION_COMPLETE, version
    )
    if action.owner_id != work.actor.id and not policy.may(work.actor, Permission.ACTION_SET):
        raise NotYours
    action.outcome = outcome
    _end(work, action, concern, "done", Did.ACTION_COMPLETED)
    return action


async def drop_action(work: UnitOfWork, action_id: UUID, version: int, reason: str) -> Action:
    """Say that it will not be done, and why."""
    action, concern = await _open_action_to_change(work, action_id, Permission.ACTION_SET, version)
    action.reason = reason
    _end(work, action, concern, "dropped", Did.ACTION_DROPPED)
    return action


def _end(work: UnitOfWork, action: Action, concern: Concern, state: str, did: Did) -> None:
    action.state, action.ended_by, action.ended_at = state, work.actor.id, work.now
    stop_clock(work, action, state)
    _changed(work, action, concern)
    work.record(
        did,
        "action",
        action.id,
        before={"state": "open"},
        after={"state": state, "outcome": action.outcome, "reason": action.reason},
        details={"concern_id": str(concern.id)},
    )


def _changed(work: UnitOfWork, action: Action, concern: Concern) -> None:
    action.version += 1
    action.changed_at = work.now
    touch(work, concern)


async def reassign_action(
    work: UnitOfWork, action_id: UUID, version: int, owner_id: UUID, due_at: datetime | None
) -> Action:
    """Give it to another owner, who is alerted."""
    action, concern = await _open_action_to_change(work, action_id, Permission.ACTION_SET, version)
    await _check_owner(work, concern.id, owner_id)
    if due_at is not None:
        await choose_clock(work, action, due_at, FURTHEST)
        action.remind_at = None  # it was chosen for the former time
    before = action.owner_id
    action.owner_id = owner_id
    _changed(work, action, concern)
    await work.session.flush()
    _alert_owner(work, action)
    work.record(
        Did.ACTION_REASSIGNED,
        "action",
        action.id,
        details={"from": str(before), "to": str(owner_id), "concern_id": str(concern.id)},
    )
    return action
