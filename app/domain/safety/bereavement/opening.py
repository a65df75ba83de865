"""Opening a case by two people: one says that somebody has died, another confirms it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import BereavementCase, Child
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.children import child_for
from app.domain.duty.tasks.setting import SetTask, finish_all, open_tasks, set_task
from app.domain.errors import FieldProblem, SecondPersonNeeded, ValidationFailed
from app.domain.safety.bereavement import dates, duties, rules
from app.domain.safety.bereavement.errors import CaseExists
from app.domain.safety.bereavement.freezing import freeze
from app.domain.safety.bereavement.messages import pause_family
from app.domain.safety.bereavement.sight import case_to_decide, touch
from app.domain.safety.bereavement.stopping import stop_everything


@dataclass(frozen=True, slots=True)
class ProposeCase:
    """Somebody says that a person has died; nothing follows until another confirms it."""

    id: UUID | None
    person_died: str
    child_id: UUID | None
    person: str | None
    learned_from: str
    died_on: date | None
    authority: str | None


@dataclass(frozen=True, slots=True)
class ConfirmCase:
    """Who confirmed it to the school, and how; `died_on` where it is known better now."""

    confirmed_by: str
    confirmed_with: str
    died_on: date | None = None


async def propose_case(work: UnitOfWork, wish: ProposeCase) -> BereavementCase:
    """Say that somebody has died; others who may confirm it are told at once.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `ValidationFailed`,
    `CaseExists`.
    """
    policy.require(work.actor, Permission.BEREAVEMENT_WRITE)
    if wish.child_id is not None:
        await child_for(work, wish.child_id, Permission.BEREAVEMENT_WRITE)
        await _check_new(work, wish.child_id)
    elif wish.person_died == "pupil" or wish.person is None:
        problem = FieldProblem("/child_id", "needed", "Name the child, or who it is.")
        raise ValidationFailed(problems=[problem])
    case = BereavementCase(
        school_id=work.actor.school_id, id=wish.id or new_id(), state=rules.PROPOSED,
        person_died=wish.person_died, child_id=wish.child_id, person=wish.person,
        learned_from=wish.learned_from, died_on=wish.died_on, authority=wish.authority,
        cause_wording=rules.USUAL_WORDS, cause_approvals=[], lead_id=work.actor.id,
        proposed_by=work.actor.id, proposed_at=work.now, version=1, changed_at=work.now,
    )  # fmt: skip
    work.concerns.add(case)
    await work.session.flush()
    note(work, AuditEvent.BEREAVEMENT_PROPOSED, case)
    await set_task(
        work,
        SetTask(
            rules.DUTY, about=(rules.CASE, case.id), confidentiality=ANYONE, urgent=True,
            barred=(work.actor.id,), rule_id=rules.CONFIRM, facts={"duty": "confirm"},
        ),
    )  # fmt: skip
    return case


async def _check_new(work: UnitOfWork, child_id: UUID) -> None:
    found = await work.session.scalar(
        select(BereavementCase.id).where(
            BereavementCase.school_id == work.actor.school_id,
            BereavementCase.child_id == child_id,
            BereavementCase.state.not_in((rules.TAKEN_BACK, rules.UNDONE)),
        )
    )
    if found is not None:
        raise CaseExists


async def confirm_case(
    work: UnitOfWork, case_id: UUID, version: int, wish: ConfirmCase
) -> BereavementCase:
    """Confirm it, as another person: what has to stop stops in the same moment.

    The file is frozen, nothing more is sent to the family, nothing rings for the child, and the
    duties begin. Raises as `case_to_decide`, `SecondPersonNeeded`.
    """
    case = await case_to_decide(work, case_id, version, rules.PROPOSED)
    if case.proposed_by == work.actor.id:
        raise SecondPersonNeeded
    case.state, case.decided_by, case.decided_at = rules.OPEN, work.actor.id, work.now
    case.confirmed_by, case.confirmed_with = wish.confirmed_by, wish.confirmed_with
    case.died_on = wish.died_on or case.died_on
    touch(work, case)
    note(work, AuditEvent.BEREAVEMENT_CONFIRMED, case)
    await finish_all(work, [rules.DUTY], outcome="confirmed", about_id=case.id)
    if case.child_id is not None:
        child = await work.children.lock(Child, case.child_id)
        concerns = await freeze(work, case, case.child_id)
        await stop_everything(work, case.child_id, concerns)
        await pause_family(work, case.child_id)
        born = child.date_of_birth if child else None
    else:
        born = None
    await duties.begin(work, case)
    dates.begin(work, case, born)
    return case


async def withdraw_case(
    work: UnitOfWork, case_id: UUID, version: int, reason: str
) -> BereavementCase:
    """It was not so: take back what nobody has confirmed. Raises as `case_to_decide`."""
    case = await case_to_decide(work, case_id, version, rules.PROPOSED)
    case.state, case.ended_at = rules.TAKEN_BACK, work.now
    touch(work, case)
    for task in await open_tasks(work, about_id=case.id):
        duties.not_needed(work, task, reason)
    note(work, AuditEvent.BEREAVEMENT_ENDED, case, reason=reason)
    return case


def note(
    work: UnitOfWork, did: AuditEvent, case: BereavementCase, *, reason: str | None = None
) -> None:
    """Say in the trail what was done to a case."""
    work.record(
        did, rules.CASE, case.id, child_id=case.child_id, reason=reason,
        after={"state": case.state, "version": case.version},
        details={"state": case.state, "person_died": case.person_died},
    )  # fmt: skip
