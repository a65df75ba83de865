"""Duties after a death, as tasks: each with its limit, its owner and its source."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import BereavementCase, BereavementMember, Task
from app.db.repositories.safety import bereavement_cases as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.rules import SET_BY_PERSON
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, Person, next_owner, why_not
from app.domain.duty.tasks.commands import SetTask, finish, set_task
from app.domain.duty.tasks.rules import NOT_NEEDED
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_cases.queries import open_case_for, require_writer
from app.domain.steps import record_row

LEADS = ("dsl", "deputy_dsl", "headteacher")


async def begin_duties(work: UnitOfWork, case: BereavementCase) -> None:
    """Set the duties of a confirmation, and a joint review after some weeks."""
    _, nation, _ = await work.calendar()
    people, team = await people_and_team(work, case)
    for duty in rules.duties_of(case.person_died, nation):
        await _set(work, case, duty, owner_among(people, team, case, duty.role))
    await set_task(
        work,
        SetTask(
            rules.REVIEW, about=(rules.CASE, case.id), confidentiality=ANYONE,
            owner_id=owner_among(people, team, case, "lead"), facts={"look": "learning"},
        ),
    )  # fmt: skip


async def _set(
    work: UnitOfWork,
    case: BereavementCase,
    duty: rules.Duty,
    owner: UUID,
    due_at: datetime | None = None,
) -> Task | None:
    return await set_task(
        work,
        SetTask(
            rules.DUTY, about=(rules.CASE, case.id), confidentiality=ANYONE, owner_id=owner,
            urgent=duty.urgent, due_at=due_at, rule_id=duty.rule_id, facts={"duty": duty.code},
        ),
    )  # fmt: skip


async def set_duty(
    work: UnitOfWork, case_id: UUID, code: str, owner_id: UUID | None, due_at: datetime | None
) -> Task:
    """Set a duty that has no automatic start, or set one again.

    Raises as `open_case_for`, `PermissionMissing`, `ValidationFailed`, `DueTimePassed`,
    `DueTooFar`.
    """
    case = await open_case_for(work, case_id)
    require_writer(work.actor)
    duty = rules.DUTIES.get(code)
    if duty is None:
        problem = FieldProblem("/duty", "not_set_by_hand", "This one cannot be set by hand.")
        raise ValidationFailed(problems=[problem])
    if due_at is None and duty.rule_id == SET_BY_PERSON:
        problem = FieldProblem(
            "/due_at", "needed", "Say by when: the people who asked have set a date."
        )
        raise ValidationFailed(problems=[problem])
    owner = owner_id or await owner_of(work, case, duty.role)
    await check_here(work, owner, case, "/owner_id")
    task = await _set(work, case, duty, owner, due_at)
    assert task is not None  # noqa: S101 - only a name that was set before answers None
    record_row(
        work, AuditEvent.BEREAVEMENT_ADDED, case,
        details={"part": "duty", "duty": code, "task_id": str(task.id)},
    )  # fmt: skip
    return task


async def owner_of(work: UnitOfWork, case: BereavementCase, role: str = "lead") -> UUID:
    """The team member with a role's work, or a lead who is here."""
    people, team = await people_and_team(work, case)
    return owner_among(people, team, case, role)


async def people_and_team(
    work: UnitOfWork, case: BereavementCase
) -> tuple[list[Person], Sequence[BereavementMember]]:
    """People who could own work of a case today, and the members of its team."""
    team = await stored.members_of(work.session, work.actor.school_id, case.id)
    people = await people_here(work)
    known = {person.id for person in people}
    named = {item for member in team for item in (member.staff_id, member.deputy_id) if item}
    if others := sorted(named - known):
        people = [*people, *await people_here(work, others)]
    return people, team


def owner_among(
    people: Sequence[Person], team: Sequence[BereavementMember], case: BereavementCase, role: str
) -> UUID:
    """Choose the owner of a role's work: the member, their deputy, the lead, or any lead here.

    A person who is away is chosen only if everyone is; never anyone with a conflict of interest.
    """
    thing = _thing(case)
    named = [
        person
        for member in team
        if member.role == role
        for person in (member.staff_id, member.deputy_id)
    ]
    here = {item.id: item for item in people if not item.away and why_not(item, thing) is None}
    first = next((item for item in [*named, case.lead_id] if item in here), None)
    if first is not None:
        return first
    leads = [item for item in people if set(LEADS) & set(item.roles)]
    return next_owner(leads, thing) or case.lead_id


def _thing(case: BereavementCase, *others: UUID | None) -> OwnedResource:
    about = frozenset(item for item in (case.child_id, *others) if item is not None)
    return OwnedResource("task", new_id(), None, ANYONE, None, about)


async def check_here(
    work: UnitOfWork, person: UUID, case: BereavementCase, pointer: str, *about: UUID | None
) -> None:
    """Raise `ValidationFailed` unless a person works here, free of conflicts about the children."""
    thing = _thing(case, *about)
    result = await people_here(work, [person])
    if why_not(next(iter(result), None), thing) is not None:
        problem = FieldProblem(
            pointer, "unsuitable", "This person is not here today, or has a conflict."
        )
        raise ValidationFailed(problems=[problem])


def not_needed(work: UnitOfWork, task: Task, reason: str) -> None:
    """End a task as not needed, with the reason."""
    finish(work, task, state=NOT_NEEDED, note=reason)
