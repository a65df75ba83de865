"""Closing a case, and undoing a mistaken confirmation: each by two people with reasons."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.behind import ANYONE
from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import AffectedPerson, BereavementCase, BereavementDate
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.clocks.rules import rule_on
from app.domain.duty.tasks.setting import SetTask, open_tasks, set_task
from app.domain.errors import SecondPersonNeeded
from app.domain.safety.bereavement import rules
from app.domain.safety.bereavement.duties import not_needed, owner_of
from app.domain.safety.bereavement.errors import DutiesOpen
from app.domain.safety.bereavement.freezing import unfreeze
from app.domain.safety.bereavement.messages import resume_family
from app.domain.safety.bereavement.opening import note
from app.domain.safety.bereavement.putting_back import put_back
from app.domain.safety.bereavement.sight import case_to_decide, touch
from app.domain.safety.bereavement.stopping import BECAUSE
from app.domain.safety.safety_plans.stopping import resume_plans
from app.domain.safety.support_list.entries import take_off

CLOSE, UNDO = "close", "undo"
MISTAKE = "The confirmation was a mistake, and was undone by two people."


async def close_case(work: UnitOfWork, case_id: UUID, version: int, reason: str) -> BereavementCase:
    """Ask to close, or agree as a second person. Hard days go on; the file stays frozen.

    What has to be done after a death is done, or a person has said of each why not.
    Raises as `case_to_decide`, `DutiesOpen`, `SecondPersonNeeded`.
    """
    case = await case_to_decide(work, case_id, version, rules.OPEN)
    for task in await open_tasks(work, kinds=[rules.DUTY], about_id=case.id):
        if task.facts.get("duty") != "second_person":
            raise DutiesOpen
    if not await _is_second(work, case, CLOSE, reason):
        return case
    case.state, case.ended_at = rules.CLOSED, work.now
    note(work, AuditEvent.BEREAVEMENT_ENDED, case, reason=reason)
    return case


async def undo_case(work: UnitOfWork, case_id: UUID, version: int, reason: str) -> BereavementCase:
    """Ask to undo a mistaken confirmation, or agree as a second person: everything goes on.

    What the confirmation ended is taken up again, and a lead is asked to look whether all of it
    is; drafts that were to leave stay withdrawn.
    Raises as `case_to_decide`, `SecondPersonNeeded`.
    """
    case = await case_to_decide(work, case_id, version, rules.OPEN, rules.CLOSED)
    if not await _is_second(work, case, UNDO, reason):
        return case
    case.state, case.ended_at = rules.UNDONE, work.now
    await _end_parts(work, case)
    if case.child_id is not None:
        await unfreeze(work, case, case.child_id, reason)
        await put_back(work, case, case.child_id)
        await resume_family(work, case.child_id)
        await resume_plans(work, case.child_id, BECAUSE)
        await set_task(
            work,
            SetTask(
                rules.DUTY, about=(rules.CASE, case.id), confidentiality=ANYONE,
                owner_id=await owner_of(work, case), facts={"duty": "put_back"},
                rule_id="bereavement.same_day",
            ),
        )  # fmt: skip
    note(work, AuditEvent.BEREAVEMENT_UNDONE, case, reason=reason)
    return case


async def _is_second(work: UnitOfWork, case: BereavementCase, what: str, reason: str) -> bool:
    """Whether this is the second word; the first is kept, and lapses after a while."""
    asked = case.pending
    if asked is None or asked["kind"] != what or await _has_lapsed(work, asked):
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


async def _has_lapsed(work: UnitOfWork, asked: dict[str, Any]) -> bool:
    calendar = await calendar_of(work)
    at = datetime.fromisoformat(asked["at"])
    rule = rule_on(rules.SECOND, calendar.local(at).date())
    return work.now > rule.due(at, calendar)


async def _end_parts(work: UnitOfWork, case: BereavementCase) -> None:
    for task in await open_tasks(work, about_id=case.id):
        not_needed(work, task, MISTAKE)
    for person in await _live(work, AffectedPerson, case):
        person.ended_at = work.now
        person.version += 1
        for task in await open_tasks(work, about_id=person.id):
            not_needed(work, task, MISTAKE)
        await take_off(work, (rules.PERSON, person.id), MISTAKE)
    for day in await _live(work, BereavementDate, case):
        day.ended_at = work.now
        day.version += 1


async def _live(work: UnitOfWork, kind: Any, case: BereavementCase) -> list[Any]:
    found = await work.session.scalars(
        select(kind)
        .where(kind.school_id == case.school_id, kind.case_id == case.id, kind.ended_at.is_(None))
        .order_by(kind.id)
        .with_for_update(of=kind, key_share=True)
    )
    return list(found)
