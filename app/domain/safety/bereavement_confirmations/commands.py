"""A case is opened, closed or undone by two people with a reason."""

from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import AffectedPerson, BereavementCase, BereavementDate, Child
from app.db.repositories.safety import bereavement_cases as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.duty.tasks.commands import SetTask, finish_all, open_tasks, set_task
from app.domain.errors import FieldProblem, SecondPersonNeeded, ValidationFailed
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_cases.errors import CaseExists, DutiesOpen
from app.domain.safety.bereavement_cases.queries import case_to_decide, has_lapsed
from app.domain.safety.bereavement_confirmations.schemas import CaseIn, ConfirmCaseIn
from app.domain.safety.bereavement_dates import commands as bereavement_dates
from app.domain.safety.bereavement_duties import commands as bereavement_duties
from app.domain.safety.bereavement_duties.commands import not_needed, owner_of
from app.domain.safety.bereavement_freezes.commands import (
    BECAUSE,
    freeze,
    pause_family,
    put_back,
    resume_family,
    stop_everything,
    unfreeze,
)
from app.domain.safety.safety_plan_versions.commands import resume_plans
from app.domain.safety.support_list.commands import take_off_list
from app.domain.steps import new, record_row, touch

CLOSE, UNDO = "close", "undo"
MISTAKE = "The confirmation was a mistake, and was undone by two people."


async def propose_case(work: UnitOfWork, body: CaseIn) -> BereavementCase:
    """Propose that someone has died, and alert others who may confirm it at once.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `ValidationFailed`,
    `CaseExists`.
    """
    policy.require(work.actor, Permission.BEREAVEMENT_WRITE)
    if body.child_id is not None:
        await child_for(work, body.child_id, Permission.BEREAVEMENT_WRITE)
        await _check_new(work, body.child_id)
    elif body.person_died == "pupil" or body.person is None:
        problem = FieldProblem("/child_id", "needed", "Name the child, or who it is.")
        raise ValidationFailed(problems=[problem])
    case = new(
        work, BereavementCase, body, state=rules.PROPOSED, cause_wording=rules.USUAL_WORDS,
        cause_approvals=[], lead_id=work.actor.id, proposed_by=work.actor.id, proposed_at=work.now,
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
    if await stored.has_case(work.session, work.actor.school_id, child_id):
        raise CaseExists


async def confirm_case(
    work: UnitOfWork, case_id: UUID, version: int, body: ConfirmCaseIn
) -> BereavementCase:
    """Confirm the death as another person, and stop at once what has to stop.

    The file is frozen, nothing more is sent to the family, nothing rings for the child, and the
    duties begin. Raises as `case_to_decide`, `SecondPersonNeeded`.
    """
    case = await case_to_decide(work, case_id, version, rules.PROPOSED)
    if case.proposed_by == work.actor.id:
        raise SecondPersonNeeded
    case.state, case.decided_by, case.decided_at = rules.OPEN, work.actor.id, work.now
    case.confirmed_by, case.confirmed_with = body.confirmed_by, body.confirmed_with
    case.died_on = body.died_on or case.died_on
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
    await bereavement_duties.begin_duties(work, case)
    bereavement_dates.begin_dates(work, case, born)
    return case


async def withdraw_case(
    work: UnitOfWork, case_id: UUID, version: int, body: ReasonIn
) -> BereavementCase:
    """Withdraw a mistaken proposal that nobody has confirmed. Raises as `case_to_decide`."""
    case = await case_to_decide(work, case_id, version, rules.PROPOSED)
    case.state, case.ended_at = rules.TAKEN_BACK, work.now
    touch(work, case)
    for task in await open_tasks(work, about_id=case.id):
        bereavement_duties.not_needed(work, task, body.reason)
    note(work, AuditEvent.BEREAVEMENT_ENDED, case, reason=body.reason)
    return case


def note(
    work: UnitOfWork, did: AuditEvent, case: BereavementCase, *, reason: str | None = None
) -> None:
    """Record a change of a case in the audit log."""
    record_row(
        work, did, case, reason=reason, after={"state": case.state, "version": case.version},
        details={"state": case.state, "person_died": case.person_died},
    )  # fmt: skip


async def close_case(
    work: UnitOfWork, case_id: UUID, version: int, body: ReasonIn
) -> BereavementCase:
    """Ask to close, or agree as a second person. Hard days continue; the file stays frozen.

    The duties after a death are done, or a person has given a reason for each that is not. Raises
    as `case_to_decide`, `DutiesOpen`, `SecondPersonNeeded`.
    """
    case = await case_to_decide(work, case_id, version, rules.OPEN)
    for task in await open_tasks(work, kinds=[rules.DUTY], about_id=case.id):
        if task.facts.get("duty") != "second_person":
            raise DutiesOpen
    if not await _is_second(work, case, CLOSE, body.reason):
        return case
    case.state, case.ended_at = rules.CLOSED, work.now
    note(work, AuditEvent.BEREAVEMENT_ENDED, case, reason=body.reason)
    return case


async def undo_case(
    work: UnitOfWork, case_id: UUID, version: int, body: ReasonIn
) -> BereavementCase:
    """Ask to undo a mistaken confirmation, or agree as a second person: everything resumes.

    Work that the confirmation ended resumes, and a lead is asked to check that all of it did;
    unsent drafts stay withdrawn. Raises as `case_to_decide`, `SecondPersonNeeded`.
    """
    case = await case_to_decide(work, case_id, version, rules.OPEN, rules.CLOSED)
    if not await _is_second(work, case, UNDO, body.reason):
        return case
    case.state, case.ended_at = rules.UNDONE, work.now
    await _end_parts(work, case)
    if case.child_id is not None:
        await unfreeze(work, case, case.child_id, body.reason)
        facts: dict[str, Any] = {"duty": "put_back"}
        if closed := await put_back(work, case, case.child_id):
            facts["cases_closed"] = closed
        await resume_family(work, case.child_id)
        await resume_plans(work, case.child_id, BECAUSE)
        await set_task(
            work,
            SetTask(
                rules.DUTY, about=(rules.CASE, case.id), confidentiality=ANYONE,
                owner_id=await owner_of(work, case), facts=facts,
                rule_id="bereavement.same_day",
            ),
        )  # fmt: skip
    note(work, AuditEvent.BEREAVEMENT_UNDONE, case, reason=body.reason)
    return case


async def _is_second(work: UnitOfWork, case: BereavementCase, what: str, reason: str) -> bool:
    """Whether a second person now agrees; the first request is saved and lapses in time."""
    asked = case.pending
    if asked is None or asked["kind"] != what or await has_lapsed(work, asked):
        await _ask(work, case, what, reason)
        return False
    if asked["by"] == str(work.actor.id):
        raise SecondPersonNeeded
    case.pending = None
    touch(work, case)
    for task in await open_tasks(work, kinds=[rules.DUTY], about_id=case.id):
        if task.facts.get("duty") == "second_person":
            not_needed(work, task, reason)
    return True


async def _ask(work: UnitOfWork, case: BereavementCase, what: str, reason: str) -> None:
    case.pending = {
        "kind": what,
        "by": str(work.actor.id),
        "at": written(work.now),
        "reason": reason,
    }
    touch(work, case)
    note(work, AuditEvent.BEREAVEMENT_ASKED, case, reason=reason)
    for task in await open_tasks(work, kinds=[rules.DUTY], about_id=case.id):
        if task.facts.get("duty") == "second_person":
            not_needed(work, task, reason)
    await set_task(
        work,
        SetTask(
            rules.DUTY, about=(rules.CASE, case.id), confidentiality=ANYONE,
            barred=(work.actor.id,), rule_id=rules.SECOND, facts={"duty": "second_person"},
        ),
    )  # fmt: skip


async def _end_parts(work: UnitOfWork, case: BereavementCase) -> None:
    for task in await open_tasks(work, about_id=case.id):
        not_needed(work, task, MISTAKE)
    for person in await stored.lock_live(work.session, AffectedPerson, case):
        person.ended_at = work.now
        person.version += 1
        for task in await open_tasks(work, about_id=person.id):
            not_needed(work, task, MISTAKE)
        await take_off_list(work, (rules.PERSON, person.id), MISTAKE)
    for day in await stored.lock_live(work.session, BereavementDate, case):
        day.ended_at = work.now
        day.version += 1
