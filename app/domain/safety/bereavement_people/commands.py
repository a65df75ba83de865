"""People who may be affected: named by people, each with an owner; kept only in the case.

Nothing here enters the person's own file: no chronology, no record, no tag.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent
from app.db.models import AffectedPerson, BereavementCase, Child, Staff, Task
from app.db.repositories.safety import bereavement_cases as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.errors import (
    ChildNotFound,
    FieldProblem,
    StaffNotFound,
    StateConflict,
    ValidationFailed,
)
from app.domain.etags import check_version
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_cases.errors import PartNotFound, PersonNamed
from app.domain.safety.bereavement_cases.queries import case_for, open_case_for, require_writer
from app.domain.safety.bereavement_duties.commands import check_here, not_needed, owner_of
from app.domain.safety.bereavement_people.schemas import AffectedIn
from app.domain.safety.support_list.commands import put_on_list, take_off_list
from app.domain.steps import new, record_row, touch

REASON = "bereavement"
ASKED_TO_BE_LEFT = "They asked to be left alone."
MOVED = "They go to another school now, whose lead is phoned."
GIVEN_ON = "Somebody else sees to it now."


async def add_person(work: UnitOfWork, case_id: UUID, body: AffectedIn) -> AffectedPerson:
    """Name someone; their owner has to support them, or a lead phones the other school.

    Raises as `open_case_for`, `PermissionMissing`, `ChildNotFound`, `StaffNotFound`, `PersonNamed`,
    `ValidationFailed`, `DueTimePassed`, `DueTooFar`.
    """
    case = await open_case_for(work, case_id)
    require_writer(work.actor)
    await _check_known(work, case, body)
    owner = body.owner_id or await owner_of(work, case, "pupils" if body.child_id else "staff")
    await check_here(work, owner, case, "/owner_id", body.child_id)
    row = new(
        work, AffectedPerson, body, case_id=case.id, reason_codes=list(body.reason_codes),
        owner_id=owner, left_alone=False,
    )  # fmt: skip
    work.concerns.add(row)
    _record(work, AuditEvent.BEREAVEMENT_ADDED, case, row)
    if body.moved_to is not None:
        await _call_other_school(work, case, row)
    else:
        await _see_to(work, row, body.next_at)
    if body.support_list_until is not None and body.child_id is not None:
        await put_on_list(
            work,
            body.child_id,
            REASON,
            source=(rules.PERSON, row.id),
            until=body.support_list_until,
        )
    return row


async def _check_known(work: UnitOfWork, case: BereavementCase, body: AffectedIn) -> None:
    related = work.actor.conflicts.children
    if body.child_id is not None:
        child = await work.children.find(Child, body.child_id)
        if child is None or body.child_id in related:
            raise ChildNotFound
        if body.child_id == case.child_id:
            problem = FieldProblem("/child_id", "same_child", "This is the child who died.")
            raise ValidationFailed(problems=[problem])
    elif body.staff_id is None or await work.staff.find(Staff, body.staff_id) is None:
        raise StaffNotFound
    if await stored.is_named(work.session, case, body.child_id, body.staff_id):
        raise PersonNamed


async def change_person(
    work: UnitOfWork, case_id: UUID, person_id: UUID, version: int, changes: Mapping[str, Any]
) -> AffectedPerson:
    """Record offers and their results, a new owner, or that the person is left alone.

    Raises as `case_for`, `PermissionMissing`, `PartNotFound`, `VersionStale`, `StateConflict`,
    `ValidationFailed`, `DueTimePassed`, `DueTooFar`.
    """
    case = await case_for(work, case_id)
    require_writer(work.actor)
    row = await _person(work, case, person_id, version)
    if (owner := changes.get("owner_id")) is not None:
        await check_here(work, owner, case, "/owner_id", row.child_id)
    before = (row.owner_id, row.left_alone, row.moved_to)
    next_at = changes.get("next_at")
    for name, value in changes.items():
        if name not in ("next_at", "support_list_until"):
            setattr(row, name, value)
    await _follow(work, case, row, before, next_at)
    if (until := changes.get("support_list_until")) is not None and row.child_id is not None:
        await put_on_list(work, row.child_id, REASON, source=(rules.PERSON, row.id), until=until)
    touch(work, row)
    _record(work, AuditEvent.BEREAVEMENT_CHANGED, case, row, sorted(changes))
    return row


async def end_person(
    work: UnitOfWork, case_id: UUID, person_id: UUID, version: int, body: ReasonIn
) -> AffectedPerson:
    """End support for a person, or correct one named by mistake. Raises as `change_person`."""
    case = await case_for(work, case_id)
    require_writer(work.actor)
    row = await _person(work, case, person_id, version)
    row.ended_at = work.now
    touch(work, row)
    await _drop_tasks(work, row, body.reason)
    await take_off_list(work, (rules.PERSON, row.id), body.reason)
    _record(work, AuditEvent.BEREAVEMENT_CHANGED, case, row, ["ended_at"])
    return row


async def _person(
    work: UnitOfWork, case: BereavementCase, person_id: UUID, version: int
) -> AffectedPerson:
    row = await work.concerns.lock(AffectedPerson, person_id)
    if row is None or row.case_id != case.id or row.child_id in work.actor.conflicts.children:
        raise PartNotFound
    check_version(row, version)
    if row.ended_at is not None:
        raise StateConflict
    return row


async def _follow(
    work: UnitOfWork,
    case: BereavementCase,
    row: AffectedPerson,
    before: tuple[UUID, bool, str | None],
    next_at: datetime | None,
) -> None:
    """Update the tasks: nobody is sent to people who asked to be left alone or have moved."""
    owner, left_alone, moved_to = before
    if row.left_alone:
        if not left_alone:
            await _drop_tasks(work, row, ASKED_TO_BE_LEFT)
            await take_off_list(work, (rules.PERSON, row.id), ASKED_TO_BE_LEFT)
        return
    if row.moved_to is not None:
        if row.moved_to != moved_to:
            await _drop_tasks(work, row, MOVED)
            await _call_other_school(work, case, row)
        return
    dropped = await _drop_tasks(work, row, GIVEN_ON) if row.owner_id != owner else []
    if next_at is not None:
        await _see_to(work, row, next_at)
    else:
        for task in dropped:
            await _again(work, row, task)


async def _drop_tasks(work: UnitOfWork, row: AffectedPerson, reason: str) -> list[Task]:
    tasks = await open_tasks(work, about_id=row.id)
    for task in tasks:
        not_needed(work, task, reason)
    return tasks


async def _again(work: UnitOfWork, row: AffectedPerson, task: Task) -> None:
    """Set the former owner's task again, for the present one."""
    rule = None if task.due_at > work.now else "affected.person"
    await set_task(
        work,
        SetTask(
            task.kind, child_id=row.child_id, about=(rules.PERSON, row.id),
            confidentiality=ANYONE, owner_id=row.owner_id,
            due_at=task.due_at if rule is None else None, rule_id=rule, facts=task.facts,
        ),
    )  # fmt: skip


async def _see_to(work: UnitOfWork, row: AffectedPerson, due_at: datetime | None) -> None:
    await set_task(
        work,
        SetTask(
            rules.SEE, child_id=row.child_id, about=(rules.PERSON, row.id),
            confidentiality=ANYONE, owner_id=row.owner_id, due_at=due_at, facts=facts_of(row),
        ),
    )  # fmt: skip


def facts_of(row: AffectedPerson) -> dict[str, Any]:
    """Who it is, for someone other than a child; never the reason."""
    return {"staff_id": str(row.staff_id)} if row.staff_id else {}


async def _call_other_school(work: UnitOfWork, case: BereavementCase, row: AffectedPerson) -> None:
    """Set a task for a lead to phone the other school's lead: Cairn sends nothing in writing."""
    await set_task(
        work,
        SetTask(
            rules.SEE, child_id=row.child_id, about=(rules.PERSON, row.id),
            confidentiality=ANYONE, owner_id=await owner_of(work, case),
            facts={"call": "other_school", **facts_of(row)},
        ),
    )  # fmt: skip


def _record(
    work: UnitOfWork,
    did: AuditEvent,
    case: BereavementCase,
    row: AffectedPerson,
    fields: Sequence[str] = (),
) -> None:
    """Log in the case, and for no other child."""
    record_row(
        work, did, case,
        after={
            "reason_codes": row.reason_codes, "note": row.note, "offer": row.offer,
            "next": row.next,
        },
        details={"part": "person", "person_id": str(row.id), "fields": list(fields)},
    )  # fmt: skip
