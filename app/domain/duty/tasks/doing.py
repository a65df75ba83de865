"""Doing a task, saying that it is not needed, and giving it to somebody else."""

from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Task
from app.db.repositories.duty.escalation import begin_anew
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.alerts.telling import tell
from app.domain.duty.owners.rules import OwnedResource, why_not
from app.domain.duty.owners.settling import people_here
from app.domain.duty.tasks import rules
from app.domain.duty.tasks.errors import TaskOfRecord, TaskOwnerUnsuitable
from app.domain.duty.tasks.setting import finish
from app.domain.duty.tasks.sight import file_has_gone, has, task_to_change
from app.domain.errors import PermissionMissing


async def complete_task(
    work: UnitOfWork, task_id: UUID, version: int, outcome: str | None, note: str | None
) -> Task:
    """It has been done. Raises as `task_to_change`, `TaskOfRecord`, `PermissionMissing`."""
    task = await task_to_change(work, task_id, version)
    _check_ends_here(task)
    if not has(work.actor, task):
        policy.require(work.actor, Permission.SAFETY_WRITE)
    finish(work, task, outcome=outcome, note=note)
    return task


async def end_task(work: UnitOfWork, task_id: UUID, version: int, reason: str) -> Task:
    """A lead says that it is not needed, and why.

    Also what ends by a record, once the file has gone and nothing more is written to it.
    Raises as `task_to_change`, `TaskOfRecord`, `PermissionMissing`.
    """
    task = await task_to_change(work, task_id, version)
    if not await file_has_gone(work, task):
        _check_ends_here(task)
    policy.require(work.actor, Permission.SAFETY_WRITE)
    finish(work, task, state=rules.NOT_NEEDED, note=reason)
    return task


def _check_ends_here(task: Task) -> None:
    if task.kind in rules.OF_RECORDS:
        raise TaskOfRecord.by(rules.ENDED_BY[task.kind])


async def assign_task(
    work: UnitOfWork, task_id: UUID, version: int, owner_id: UUID, cover_id: UUID | None
) -> Task:
    """Give it to somebody, who is told, and say who stands in.

    Raises as `task_to_change`, `PermissionMissing`, `TaskOwnerUnsuitable`.
    """
    task = await task_to_change(work, task_id, version)
    if not policy.may(work.actor, Permission.SAFETY_WRITE):
        raise PermissionMissing
    for person in {owner_id, cover_id} - {None}:
        await check_suits(work, task, person)
    await give_task(work, task, owner_id, cover_id)
    return task


async def give_task(work: UnitOfWork, task: Task, owner_id: UUID, cover_id: UUID | None) -> None:
    """Give an open, locked task to somebody who may have it, and tell them."""
    before, task.owner_id, task.cover_id = task.owner_id, owner_id, cover_id
    task.version += 1
    task.changed_at = work.now
    work.record(
        AuditEvent.TASK_ASSIGNED, rules.NOUN, task.id, child_id=task.child_id,
        before={"owner_id": before}, after={"owner_id": owner_id},
        details={"from": str(before), "to": str(owner_id), "because": "assigned"},
    )  # fmt: skip
    if owner_id != before:
        things = [(rules.NOUN, task.id)]
        await begin_anew(await work.driver(), work.actor.school_id, work.now, things)
        if owner_id != work.actor.id:
            tell(work, owner_id, "task_assigned", urgent=task.urgent, about=(rules.NOUN, task.id))


async def check_suits(work: UnitOfWork, task: Task, person: UUID | None) -> None:
    """Raise `TaskOwnerUnsuitable` unless somebody is here, may have it and has no conflict."""
    children = await work.concerns.child_ids(task.concern_id) if task.concern_id else []
    about = {task.child_id, task.concern_id, *children}
    thing = OwnedResource(
        rules.NOUN, task.id, task.owner_id, task.confidentiality, task.concern_id,
        frozenset(one for one in about if one is not None), frozenset(task.barred),
    )  # fmt: skip
    found = await people_here(work, [person] if person else [])
    if why_not(next(iter(found), None), thing) is not None:
        raise TaskOwnerUnsuitable
