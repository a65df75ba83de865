"""Record check-ins: done, declined by the pupil, or missed and settled by a lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.words import AuditEvent, Permission
from app.db.models import CheckIn, Child
from app.db.repositories.safety import check_ins as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, stop_clock
from app.domain.duty.tasks.commands import SetTask, finish_all, open_tasks, set_task
from app.domain.duty.tasks.rules import NOUN
from app.domain.errors import (
    ChildNotFound,
    FieldProblem,
    PermissionMissing,
    ValidationFailed,
    require_row,
)
from app.domain.people.staff.queries import member_of_staff
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.errors import CheckInNotMissed, CheckInNotOpen
from app.domain.safety.check_ins.queries import (
    check_in_for,
    check_in_to_change,
    check_in_to_do,
    is_mine,
)
from app.domain.safety.check_ins.schemas import DeclineCheckInIn, SettleCheckInIn
from app.domain.safety.records.commands import KeepRecord, keep_record
from app.domain.safety.safety_plan_reviews.commands import review_soon
from app.domain.steps import record_row, touch

TWICE: Final = timedelta(days=7)
"""Days within which two missed check-ins lead to a review of the plans."""
MISSED_TWICE: Final = 2

WAITS: Final = "sh_parents_review"
"""Task to review within a day what parents know."""

KIND = "check_in"
ABOUT = ("check_in_cover", "check_in_missed")


async def tell_lead(work: UnitOfWork, check_in: CheckIn) -> None:
    """Set a task for a lead to record, before the school day ends, why it did not happen."""
    is_new = check_in.missed_at is None
    if is_new:
        check_in.missed_at = work.now
    await set_task(
        work,
        SetTask(
            "check_in_missed", child_id=check_in.child_id, about=(rules.NOUN, check_in.id),
            dedupe=f"check_in_missed:{check_in.id}",
        ),
    )  # fmt: skip
    if is_new:
        await _look_for_two(work, check_in)


async def _look_for_two(work: UnitOfWork, check_in: CheckIn) -> None:
    """Review both plans within a school day if two check-ins were missed within a week."""
    await work.session.flush()
    since = work.now - TWICE
    missed = await stored.count_missed(work.session, check_in.school_id, check_in.child_id, since)
    if missed < MISSED_TWICE:
        return
    if check_in.plan_id is not None:
        await _read_plan_again(work, check_in.plan_id, check_in.child_id)
    await review_soon(work, check_in.child_id)


async def _read_plan_again(work: UnitOfWork, plan_id: UUID, child_id: UUID) -> None:
    facts = {"because": "missed_twice"}
    there = await open_tasks(work, kinds=["support_plan_review"], about_id=plan_id)
    if not any(task.facts.get("because") == facts["because"] for task in there):
        await set_task(
            work,
            SetTask(
                "support_plan_review", child_id=child_id, about=("support_plan", plan_id),
                facts=facts,
            ),
        )  # fmt: skip


async def said_of_home(work: UnitOfWork, check_in: CheckIn) -> None:
    """Tell the person who decides where to find what the pupil said home may know.

    Nothing if nobody has to decide. The record holds the words; the day of the review stays.
    """
    for task in await open_tasks(work, kinds=[WAITS], child_id=check_in.child_id):
        task.facts = {**task.facts, "said_in": str(check_in.record_id)}
        touch(work, task)
        if task.owner_id != work.actor.id:
            tell(work, task.owner_id, "task_set", urgent=task.urgent, about=(NOUN, task.id))


@dataclass(frozen=True, slots=True)
class CheckInResult:
    """The result; `answers` are in the pupil's words, or why there are none."""

    how: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    worried_more: bool = False


async def complete_check_in(
    work: UnitOfWork, check_in_id: UUID, version: int, command: CheckInResult
) -> CheckIn:
    """Record the result. If that is not enough the check-in stays open, and the rules continue.

    An absent pupil and a more worried adult reach a lead at once. Raises as `check_in_to_do`,
    `CheckInNotOpen`.
    """
    check_in = await _of_today(work, check_in_id, version)
    before = await stored.how_last_done(work.session, check_in)
    await _keep(
        work, check_in, command.how, dict(command.answers), worried_more=command.worried_more
    )
    check_in.how, check_in.worried_more = command.how, command.worried_more
    if rules.counts(command.how, before):
        check_in.done_at, check_in.done_by = work.now, work.actor.id
        await _end(work, check_in, rules.DONE, AuditEvent.CHECK_IN_DONE)
    else:
        record_moved(work, check_in, command.how)
        if command.how == rules.ABSENT:
            await tell_lead(work, check_in)
    if command.worried_more:
        await _worried(work, check_in)
    if (command.answers.get("home_may_know") or {}).get("value"):
        await said_of_home(work, check_in)
    return check_in


async def _of_today(work: UnitOfWork, check_in_id: UUID, version: int) -> CheckIn:
    """The check-in as `check_in_to_do`. Raises `CheckInNotOpen` before its day."""
    check_in = await check_in_to_do(work, check_in_id, version)
    if not rules.has_begun(check_in.opens_at, work.now, await calendar_of(work)):
        raise CheckInNotOpen
    return check_in


async def report_worry(work: UnitOfWork, check_in_id: UUID, words: str | None) -> CheckIn:
    """Report at any time that the adult is more worried, also after the result.

    Alerts a lead at once; the file keeps the words. Needs no version. Raises as `check_in_for`,
    `PermissionMissing`.
    """
    check_in = await check_in_for(work, check_in_id, lock=True)
    if not is_mine(work.actor, check_in):
        policy.require(work.actor, Permission.SAFETY_WRITE)
    child = require_row(await work.children.find(Child, check_in.child_id), ChildNotFound)
    content = {"check_in_id": str(check_in.id), "how": None, "words": words, "worried_more": True}
    summary = "Check-in: the adult who saw the pupil is more worried than before."
    await keep_record(work, child, KeepRecord(KIND, content, summary))
    check_in.worried_more = True
    record_moved(work, check_in, "worried")
    await _worried(work, check_in)
    return check_in


async def _worried(work: UnitOfWork, check_in: CheckIn) -> None:
    await set_task(
        work,
        SetTask(
            "check_in_worried", child_id=check_in.child_id, about=(rules.NOUN, check_in.id),
            urgent=True, facts={"said_by": str(work.actor.id)},
        ),
    )  # fmt: skip


async def pupil_absent(work: UnitOfWork, child_id: UUID) -> None:
    """Alert a lead to each check-in of the day if the register marks the pupil absent."""
    calendar = await calendar_of(work)
    day = calendar.local(work.now).date()
    span = (calendar.at(day, time()), calendar.at(day + timedelta(days=1), time()))
    school_id = work.actor.school_id
    lock_check_ins_between = await stored.lock_check_ins_between(
        work.session, school_id, child_id, *span
    )
    for check_in in lock_check_ins_between:
        record_moved(work, check_in, rules.ABSENT)
        await tell_lead(work, check_in)


async def record_check_in_declined(
    work: UnitOfWork, check_in_id: UUID, version: int, body: DeclineCheckInIn
) -> CheckIn:
    """Record that the pupil declined; a lead offers another adult.

    Raises as `check_in_to_do`, `CheckInNotOpen`, `ValidationFailed` (not staff of this school).
    """
    if body.would_rather_id is not None:
        await member_of_staff(work, body.would_rather_id, "/would_rather_id")
    check_in = await _of_today(work, check_in_id, version)
    answers = {
        "words": body.words,
        "would_rather": body.would_rather_id and str(body.would_rather_id),
    }
    await _keep(work, check_in, "declined", answers)
    check_in.how = "declined"
    await _end(work, check_in, rules.DECLINED, AuditEvent.CHECK_IN_ENDED)
    if not await open_tasks(work, kinds=["offer_adult"], child_id=check_in.child_id):
        await set_task(
            work,
            SetTask(
                "offer_adult", child_id=check_in.child_id, about=(rules.NOUN, check_in.id),
                facts={"would_rather": body.would_rather_id and str(body.would_rather_id)},
            ),
        )  # fmt: skip
    return check_in


async def settle_check_in(
    work: UnitOfWork, check_in_id: UUID, version: int, body: SettleCheckInIn
) -> CheckIn:
    """Settle a missed check-in as a lead; "not needed" takes a reason.

    Raises as `check_in_to_change`, `PermissionMissing`, `CheckInNotMissed`, `ValidationFailed`.
    """
    check_in = await check_in_to_change(work, check_in_id, version)
    if not policy.may(work.actor, Permission.SAFETY_WRITE):
        raise PermissionMissing
    if check_in.missed_at is None and check_in.due_at > work.now:
        raise CheckInNotMissed
    if body.outcome == rules.NOT_NEEDED and not body.words:
        problem = FieldProblem("/words", "needed", "Say why it is not needed.")
        raise ValidationFailed(problems=[problem])
    await _keep(work, check_in, None, {"outcome": body.outcome, "words": body.words})
    check_in.outcome = body.outcome
    check_in.missed_at = check_in.missed_at or work.now
    await _end(work, check_in, rules.SETTLED, AuditEvent.CHECK_IN_ENDED)
    return check_in


async def drop_all(
    work: UnitOfWork, check_ins: Sequence[CheckIn], reason: str | None = None
) -> None:
    """Remove future check-ins when a lead changes or ends the plan."""
    simple = [item for item in check_ins if item.asked_at is None and item.missed_at is None]
    for check_in in check_ins:
        if check_in not in simple:
            await _end(work, check_in, rules.DROPPED, AuditEvent.CHECK_IN_ENDED)
    for check_in in simple:
        stop_clock(work, check_in, rules.DROPPED)
        record_row(
            work, AuditEvent.CHECK_IN_ENDED, check_in, reason=reason,
            details={"because": rules.DROPPED},
        )  # fmt: skip
    if simple:
        by = None if work.actor.is_system else work.actor.id
        ids = [item.id for item in simple]
        await stored.take_out(work.session, work.actor.school_id, ids, work.now, by)


async def _end(work: UnitOfWork, check_in: CheckIn, state: str, did: AuditEvent) -> None:
    check_in.state, check_in.ended_at = state, work.now
    check_in.ended_by = None if work.actor.is_system else work.actor.id
    had_tasks = check_in.asked_at is not None or check_in.missed_at is not None
    check_in.asked_id = check_in.answer_by = None
    stop_clock(work, check_in, state)
    record_moved(work, check_in, state, did=did)
    if had_tasks:
        await work.session.flush()
        await finish_all(work, ABOUT, about_id=check_in.id, outcome=state)


async def _keep(
    work: UnitOfWork, check_in: CheckIn, how: str | None, answers: dict[str, Any], **more: Any
) -> None:
    child = require_row(await work.children.find(Child, check_in.child_id), ChildNotFound)
    name, code = ("check_in_hows", how) if how else ("check_in_outcomes", answers["outcome"])
    content = {"check_in_id": str(check_in.id), "how": how, **answers, **more}
    summary = f"Check-in: {_label(name, code)}."
    record = await keep_record(work, child, KeepRecord(KIND, content, summary))
    await work.session.flush()
    check_in.record_id = record.id


def _label(vocabulary: str, code: str) -> str:
    terms = VOCABULARIES[vocabulary].terms
    return next(term.label for term in terms if term.code == code)


def record_moved(
    work: UnitOfWork, check_in: CheckIn, reason: str, person: UUID | None = None,
    did: AuditEvent = AuditEvent.CHECK_IN_CHANGED,
) -> None:  # fmt: skip
    """Give it a new version, and log what happened to it."""
    touch(work, check_in)
    record_row(
        work, did, check_in, details={"because": reason, "person_id": person and str(person)}
    )
