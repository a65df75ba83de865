"""Set, complete, end and reassign tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.behind import SOURCES
from app.db.models import Concern, Reintegration, SafetyPlan, SafetyRecord, Task
from app.db.repositories.duty import tasks as stored
from app.db.repositories.sources import behind
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import choose_clock, deadline, start_clock, stop_clock
from app.domain.common.deadlines.rules import rule_on
from app.domain.common.owners.queries import people_here, waits_with
from app.domain.common.owners.rules import OwnedResource, next_owner, why_not
from app.domain.duty.tasks import rules
from app.domain.duty.tasks.errors import TaskOfRecord, TaskOwnerUnsuitable
from app.domain.duty.tasks.queries import file_has_gone, has, task_to_change
from app.domain.duty.tasks.schemas import AssignTaskIn, CompleteTaskIn
from app.domain.errors import PermissionMissing, ServiceUnavailable
from app.domain.steps import new, record_row, touch
from app.formats.calendars import SchoolCalendar

NAMES_CONCERN: Mapping[str, Any] = {
    "record": SafetyRecord, "safety_plan": SafetyPlan, "reintegration": Reintegration,
}  # fmt: skip
"""Subjects of tasks that name their concern themselves."""
THEIR_DUTY: Final = "This report is their own duty in law: nobody else makes it or passes it on."
BETWEEN_TWO: Final = "This was agreed in supervision: it is for the person who has it alone."
NOBODY: Final = "Nobody at this school can be given this now: phone, and send it again later."


@dataclass(frozen=True, slots=True)
class SetTask:
    """A task to set: its kind, its subject and due time (default: the limit of its kind).

    Without an owner, the first lead who is here gets it. `first` comes before all others if they
    can have it. `dedupe` names what is set only once in a school, however often it is asked.
    """

    kind: str
    child_id: UUID | None = None
    concern_id: UUID | None = None
    about: tuple[str, UUID] | None = None
    confidentiality: str = "K3"
    owner_id: UUID | None = None
    first: UUID | None = None
    cover_id: UUID | None = None
    due_at: datetime | None = None
    rule_id: str | None = None
    since: datetime | None = None
    urgent: bool = False
    barred: Sequence[UUID] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    dedupe: str | None = None
    is_alone: bool = False
    """Whether this work has locked the subject, so that no other sets the same task meanwhile."""
    tells: bool = True
    """Whether its owner gets an alert at once, besides the ladder when it is overdue."""


async def set_task(work: UnitOfWork, command: SetTask) -> Task | None:
    """Set a task and alert its owner; None if one with the same `dedupe` exists.

    If nobody can have it, the actor keeps it, or a former lead holds it: a task always has an
    owner. Raises `ServiceUnavailable`.
    """
    if command.dedupe is not None and await _known(work, command.dedupe, alone=command.is_alone):
        return None
    confidentiality, concern_id = await _class_of(work, command)
    command = replace(command, confidentiality=confidentiality)
    by = work.actor.id if work.actor.is_person else None
    owner = command.owner_id or await owner_for(work, command, source=concern_id)
    task = new(
        work, Task, kind=command.kind, child_id=command.child_id, concern_id=command.concern_id,
        about_noun=command.about[0] if command.about else None,
        about_id=command.about[1] if command.about else None,
        confidentiality=command.confidentiality, owner_id=owner, cover_id=command.cover_id,
        urgent=command.urgent, barred=list(command.barred), facts=dict(command.facts),
        dedupe=command.dedupe, set_by=by, state=rules.OPEN,
    )  # fmt: skip
    if command.due_at is not None:
        await choose_clock(work, task, command.due_at, rules.FURTHEST)
    else:
        await start_clock(
            work, task, command.rule_id or rules.rule_of(command.kind), since=command.since
        )
    work.concerns.add(task)
    record_row(
        work, AuditEvent.TASK_SET, task,
        details={"kind": task.kind, "owner_id": str(owner), "due_rule": task.due_rule},
    )  # fmt: skip
    if command.tells and owner != work.actor.id:
        tell(
            work, owner, "task_set", urgent=command.urgent, about=(rules.NOUN, task.id),
            soon=command.kind in rules.MAILED_AT_ONCE,
        )  # fmt: skip
    return task


def task_row(
    work: UnitOfWork, kind: str, owner: UUID, calendar: SchoolCalendar, *,
    child_id: UUID | None = None, urgent: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Build a task for the statement that raises a concern; its clock and log entry are pending."""
    rule = rule_on(rules.rule_of(kind), calendar.local(work.now).date(), calendar.nation)
    id_, due_at = new_id(), rule.due(work.now, calendar)
    work.keep_time(deadline(rules.NOUN, id_, rule, calendar, started=work.now, due_at=due_at))
    work.record(
        AuditEvent.TASK_SET, rules.NOUN, id_, child_id=child_id,
        details={"kind": kind, "owner_id": str(owner), "due_rule": rule.id},
    )  # fmt: skip
    return {
        "id": str(id_), "kind": kind, "child_id": child_id and str(child_id),
        "owner_id": str(owner), "due_at": due_at, "due_rule": rule.id, "urgent": urgent,
    }  # fmt: skip


async def _class_of(work: UnitOfWork, command: SetTask) -> tuple[str, UUID | None]:
    """Class of a task, never wider than its concern's present one, and the ID of that concern."""
    if command.confidentiality == ANYONE:
        return ANYONE, command.concern_id
    concern_id = command.concern_id
    if concern_id is None and command.about is not None and command.about[0] in SOURCES:
        await work.session.flush()
        row = _at_hand(work, *command.about)
        if row is None:
            of = await behind(await work.driver(), work.actor.school_id, *command.about)
            return max(command.confidentiality, of.confidentiality or ""), of.concern_id
        concern_id = row.concern_id
    concern = await work.concerns.held(Concern, concern_id) if concern_id else None
    return max(command.confidentiality, concern.confidentiality if concern else ""), concern_id


def _at_hand(work: UnitOfWork, resource_type: str, id_: UUID) -> Any:
    """The subject of a task, if this work has just written or read it."""
    model = NAMES_CONCERN.get(resource_type)
    return model and work.concerns.at_hand(model, id_)


async def _known(work: UnitOfWork, dedupe: str, *, alone: bool) -> bool:
    if not alone:
        await work.organisations.lock_own()  # two must not look at the same time
    await work.session.flush()  # includes what this work has set
    return await stored.is_set(work.session, work.actor.school_id, dedupe)


async def owner_for(work: UnitOfWork, command: SetTask, *, source: UUID | None = None) -> UUID:
    """Choose the owner: `first` if they can have it, or the first lead who is here and may.

    Never anyone named in its concern or in `source`, the concern behind its subject.

    Without such a person, the actor. For a job or a program, the last person who was a lead holds
    it until someone comes and gets it at once; meanwhile it rings. Raises `ServiceUnavailable` if
    nobody could even hold it.
    """
    children = await work.concerns.child_ids(command.concern_id) if command.concern_id else []
    about = {command.child_id, command.concern_id, source, *children} - {None}
    thing = OwnedResource(
        rules.NOUN, new_id(), None, command.confidentiality, command.concern_id,
        frozenset(item for item in about if item is not None), frozenset(command.barred),
    )  # fmt: skip
    people = everybody = await people_here(work)
    if command.confidentiality == ANYONE:
        people = [
            person for person in people if {"dsl", "deputy_dsl", "headteacher"} & {*person.roles}
        ]
    if command.first is not None and all(person.id != command.first for person in people):
        people = [*people, *await people_here(work, [command.first])]
    result = next_owner(people, thing, command.first)
    if result is not None:
        return result
    if work.actor.is_person:
        return work.actor.id
    waiting = next_owner(everybody, thing) or await waits_with(work, thing)
    if waiting is None:
        raise ServiceUnavailable(NOBODY)
    return waiting


async def open_tasks(
    work: UnitOfWork,
    *,
    kinds: Sequence[str] = (),
    child_id: UUID | None = None,
    concern_id: UUID | None = None,
    about_id: UUID | None = None,
) -> list[Task]:
    """Lock the open tasks of some kinds about a subject, oldest first."""
    await work.session.flush()  # reads what this work has set or ended
    about = stored.About(child_id, concern_id, about_id)
    return await stored.lock_open_tasks(work.session, work.actor.school_id, kinds, about)


def finish(
    work: UnitOfWork,
    task: Task,
    *,
    state: str = rules.DONE,
    outcome: str | None = None,
    note: str | None = None,
) -> None:
    """End an open, locked task; `note` is a person's own text about it."""
    task.state, task.outcome, task.note = state, outcome, note
    task.ended_at, task.ended_by = work.now, work.actor.id if work.actor.is_person else None
    touch(work, task)
    stop_clock(work, task, state)
    done = state == rules.DONE
    record_row(
        work, AuditEvent.TASK_DONE if done else AuditEvent.TASK_ENDED, task,
        reason=None if done else note, after={"note": note} if note else None,
        details={"kind": task.kind, "outcome": outcome},
    )  # fmt: skip
    if task.kind in rules.FOLLOWED_BY:
        work.enqueue(Job(rules.FOLLOWED_BY[task.kind], {"about_id": str(task.about_id)}))


async def finish_all(
    work: UnitOfWork, kinds: Sequence[str], *, outcome: str | None = None, **about: UUID | None
) -> list[Task]:
    """End every open task of these kinds about a child, a concern or another resource."""
    tasks = await open_tasks(work, kinds=kinds, **about)
    for task in tasks:
        finish(work, task, outcome=outcome)
    return tasks


async def complete_task(
    work: UnitOfWork, task_id: UUID, version: int, body: CompleteTaskIn
) -> Task:
    """Complete a task. Raises as `task_to_change`, `TaskOfRecord`, `PermissionMissing`."""
    task = await task_to_change(work, task_id, version)
    _check_ends_here(task)
    if not has(work.actor, task):
        policy.require(work.actor, Permission.SAFETY_WRITE)
        _check_not_theirs(task)
        _check_agreed(work, task)
    finish(work, task, outcome=body.outcome, note=body.note)
    return task


async def end_task(work: UnitOfWork, task_id: UUID, version: int, body: ReasonIn) -> Task:
    """End a task that is not needed, as a lead, with a reason.

    Also for tasks that a record ends, once the file has gone and nobody writes to it any more.
    Raises as `task_to_change`, `TaskOfRecord`, `PermissionMissing`.
    """
    task = await task_to_change(work, task_id, version)
    if not await file_has_gone(work, task):
        _check_ends_here(task)
    policy.require(work.actor, Permission.SAFETY_WRITE)
    _check_agreed(work, task)
    finish(work, task, state=rules.NOT_NEEDED, note=body.reason)
    return task


def _check_not_theirs(task: Task) -> None:
    if task.kind == rules.OWN_REPORT:
        raise PermissionMissing(THEIR_DUTY)


def _check_agreed(work: UnitOfWork, task: Task) -> None:
    if task.kind == rules.AGREED and not has(work.actor, task):
        raise PermissionMissing(BETWEEN_TWO)


def _check_ends_here(task: Task) -> None:
    if task.kind in rules.OF_RECORDS:
        raise TaskOfRecord.by(rules.ENDED_BY[task.kind])


async def assign_task(work: UnitOfWork, task_id: UUID, version: int, body: AssignTaskIn) -> Task:
    """Assign a task to someone, alert them, and name who stands in.

    Raises as `task_to_change`, `PermissionMissing`, `TaskOwnerUnsuitable`.
    """
    task = await task_to_change(work, task_id, version)
    if not policy.may(work.actor, Permission.SAFETY_WRITE):
        raise PermissionMissing
    _check_not_theirs(task)
    _check_agreed(work, task)
    for person in {body.owner_id, body.cover_id} - {None}:
        await check_suits(work, task, person)
    await give_task(work, task, body.owner_id, body.cover_id)
    return task


async def give_task(work: UnitOfWork, task: Task, owner_id: UUID, cover_id: UUID | None) -> None:
    """Give an open, locked task to someone who may have it, and alert them."""
    before, task.owner_id, task.cover_id = task.owner_id, owner_id, cover_id
    touch(work, task)
    record_row(
        work, AuditEvent.TASK_ASSIGNED, task, before={"owner_id": before},
        after={"owner_id": owner_id},
        details={"from": str(before), "to": str(owner_id), "because": "assigned"},
    )  # fmt: skip
    if owner_id not in (before, work.actor.id):
        tell(work, owner_id, "task_assigned", urgent=task.urgent, about=(rules.NOUN, task.id))


async def check_suits(work: UnitOfWork, task: Task, person: UUID | None) -> None:
    """Raise `TaskOwnerUnsuitable` unless the person is here, may have it and has no conflict."""
    children = await work.concerns.child_ids(task.concern_id) if task.concern_id else []
    about = {task.child_id, task.concern_id, *children}
    thing = OwnedResource(
        rules.NOUN, task.id, task.owner_id, task.confidentiality, task.concern_id,
        frozenset(item for item in about if item is not None), frozenset(task.barred),
    )  # fmt: skip
    result = await people_here(work, [person] if person else [])
    if why_not(next(iter(result), None), thing) is not None:
        raise TaskOwnerUnsuitable
