"""Take a concern about an adult from acknowledgement to outcome, and decide who may read it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission, Role
from app.db.facts import Facts
from app.db.models import AdultConcern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concern_steps.schemas import (
    AdultAdviceIn,
    AdultAssignIn,
    AdultCloseIn,
    AdultRedirectIn,
    AssessIn,
    LockOutIn,
)
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.commands import (
    HEAD,
    find_place,
    is_about_head,
    place_of,
    take_step,
    tell,
)
from app.domain.adults.adult_concerns.errors import CaseManagerUnsuitable, SubjectUnknown
from app.domain.adults.adult_concerns.queries import adult_concern_for, adult_concern_to_change
from app.domain.adults.adult_concerns.rules import Placement
from app.domain.common.deadlines.commands import calendar_of, choose_clock, start_clock
from app.domain.common.deadlines.errors import DueTooFar
from app.domain.kinds import HandsOver, hands_over
from app.domain.record.concern_closures.schemas import CountersignIn
from app.domain.record.concerns.rules import check_not_pending, check_occurred, check_second_person
from app.domain.steps import record_row, touch


async def acknowledge_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int
) -> AdultConcern:
    """Acknowledge the concern; the reader then owns it unless it has a case manager."""
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    state = rules.next_state("acknowledge", concern.state)
    concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
    concern.owner_id = concern.case_manager_id or work.actor.id
    rule, since = rules.clock_after_acknowledging(
        concern.kind, concern.recorded_at, concern.advised_at, work.now,
        (await calendar_of(work)).nation,
    )  # fmt: skip
    await start_clock(work, concern, rule, since=since)
    take_step(work, concern, AuditEvent.ADULT_ACKNOWLEDGED, state=state)
    return concern


async def assess_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: AssessIn
) -> AdultConcern:
    """Decide whether it meets the harm threshold.

    An allegation has to reach the designated officer in one working day.
    Raises `HarmTestsUnsuitable` and the failures of every step.
    """
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    state = rules.next_state("assess", concern.state)
    rules.check_harm_tests(body.threshold, body.harm_tests)
    if concern.acknowledged_at is None:
        concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
        concern.owner_id = concern.case_manager_id or work.actor.id
    concern.threshold, concern.harm_tests = body.threshold, list(body.harm_tests)
    concern.assessed_at, concern.assessed_by = work.now, work.actor.id
    kind, since = await _kind_so_far(work, concern)
    rule, since = rules.clock_after_assessing(
        body.threshold, kind, since, concern.advised_at, work.now,
        (await calendar_of(work)).nation,
    )  # fmt: skip
    await start_clock(work, concern, rule, since=since)
    take_step(
        work, concern, AuditEvent.ADULT_ASSESSED, state=state, reason=body.reason,
        details={"threshold": body.threshold, "harm_tests": list(body.harm_tests)},
    )  # fmt: skip
    return concern


async def _kind_so_far(work: UnitOfWork, concern: AdultConcern) -> tuple[str, datetime]:
    """Its kind, an allegation if it was ever assessed as one, and since when."""
    earlier = await work.adults.allegation_since(concern.id)
    if earlier is None:
        return concern.kind, concern.recorded_at
    return "allegation", earlier if concern.kind == "low_level" else concern.recorded_at


async def record_advice(
    work: UnitOfWork, concern_id: UUID, version: int, body: AdultAdviceIn
) -> AdultConcern:
    """Record advice or a referral; a referral to the designated officer stops its clock.

    Raises `OccurredInFuture`, `DueTimePassed`, `DueTooFar` and the errors of every step.
    """
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    check_occurred(body.at, work.now, "/at")
    referred = body.kind == "referral"
    state = rules.next_state("refer" if referred else "consult", concern.state)
    if body.taken_from == "lado":
        concern.advised_at = work.now
    elif not referred:
        state = concern.state
    if body.due_at is not None:
        await _check_lado_heard(work, concern, body.due_at)
        await choose_clock(work, concern, body.due_at, rules.FURTHEST)
    elif body.taken_from == "lado":
        await start_clock(work, concern, rules.REVIEW)
    take_step(
        work,
        concern,
        AuditEvent.ADULT_REFERRED if referred else AuditEvent.ADULT_ADVISED,
        state=state,
        details={"from": body.taken_from, "at": written(body.at)},
        content={
            "kind": body.kind,
            "name": body.name,
            "reference": body.reference,
            "advice": body.advice,
        },
    )
    return concern


async def _check_lado_heard(work: UnitOfWork, concern: AdultConcern, due_at: datetime) -> None:
    """Raise `DueTooFar` for a time that would put off the designated officer's deadline."""
    kind, _ = await _kind_so_far(work, concern)
    waits = rules.lado_waits(kind, concern.threshold, concern.advised_at)
    if waits and concern.due_at is not None and due_at > concern.due_at:
        raise DueTooFar((await calendar_of(work)).local(concern.due_at).date())


async def assign_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: AdultAssignIn
) -> AdultConcern:
    """Make someone case manager of this concern, who then reads and owns it.

    Raises as `give_case`.
    """
    return await give_case(work, concern_id, version, body.case_manager_id, body.reason)


async def give_case(
    work: UnitOfWork, concern_id: UUID, version: int, case_manager_id: UUID, reason: str
) -> AdultConcern:
    """As `assign_adult_concern`, including when a person's whole load is handed over.

    Raises `CaseManagerUnsuitable` and the errors of every step.
    """
    policy.require(work.actor, Permission.ADULT_DECIDE)
    concern, facts = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("assign", concern.state)
    roles = await work.adults.roles_of(case_manager_id, work.today)
    if case_manager_id in concern.kept_out or not rules.may_manage(
        roles, about_head="about_head" in facts.marks
    ):
        raise CaseManagerUnsuitable
    details = {"from": concern.case_manager_id, "to": case_manager_id}
    concern.case_manager_id = concern.owner_id = case_manager_id
    take_step(
        work, concern, AuditEvent.ADULT_ASSIGNED, reason=reason,
        details={name: item and str(item) for name, item in details.items()},
    )  # fmt: skip
    tell(work, concern, [case_manager_id], readable=True)
    return concern


async def redirect_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: AdultRedirectIn
) -> AdultConcern:
    """Name the right adult. A person the report named stays locked out, and stays in the report.

    Where either of them is a head, the concern moves between head and chair of governors.
    Raises `SubjectUnknown` and the failures of every step.
    """
    policy.require(work.actor, Permission.ADULT_DECIDE)
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("redirect", concern.state)
    about_head = await is_about_head(work, body.about, concern.occurred_at)
    before = concern.staff_id
    if before is not None and before != body.about.staff_id:
        concern.locked_out = sorted({*concern.locked_out, before})
    concern.staff_id, concern.adult_name = body.about.staff_id, body.about.name
    concern.adult_role = HEAD if about_head and body.about.role == "staff" else body.about.role
    concern.adult_employer, concern.about_head = body.about.employer, about_head
    _, namesakes = await place_of(
        work, body.about, about_head=about_head, reporter_id=concern.reporter_id,
        kept_out=[concern.staff_id, *concern.locked_out],
    )  # fmt: skip
    concern.namesakes = sorted(namesakes)
    result = await settle(work, concern)
    take_step(
        work, concern, AuditEvent.ADULT_REDIRECTED, reason=body.reason,
        details={
            "from": before and str(before), "to": body.about.staff_id and str(body.about.staff_id),
            "about_head": about_head, "owner_id": str(concern.owner_id),
        },
    )  # fmt: skip
    if result is not None:
        tell(work, concern, result.notified, readable=result.readable)
    return concern


async def lock_out_of_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: LockOutIn
) -> AdultConcern:
    """Lock someone with an interest out of it, oneself included, and place it again.

    Raises `SubjectUnknown` and the errors of every step.
    """
    policy.require(work.actor, Permission.ADULT_DECIDE)
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("lock_out", concern.state)
    today = work.today
    if await work.adults.subject(body.staff_id, today, today) is None:
        raise SubjectUnknown
    concern.locked_out = sorted({*concern.locked_out, body.staff_id})
    result = await settle(work, concern)
    take_step(
        work, concern, AuditEvent.ADULT_LOCKED_OUT, reason=body.reason,
        details={"staff_id": str(body.staff_id), "owner_id": str(concern.owner_id)},
    )  # fmt: skip
    if result is not None:
        tell(work, concern, result.notified, readable=result.readable)
    return concern


async def settle(work: UnitOfWork, concern: AdultConcern) -> Placement | None:
    """Give it to someone who may read it if its owner may not; returns who to alert.

    None if it can stay as it is.
    """
    kept_out = concern.kept_out
    about_head = concern.about_head or await _is_head_now(work, concern.staff_id)
    before, manager = concern.case_manager_id, concern.case_manager_id
    if manager is not None and not await _may_manage(work, manager, kept_out, about_head):
        concern.case_manager_id = manager = None
    if manager is not None:
        moved = concern.owner_id != manager
        concern.owner_id = manager
        return Placement(manager, manager, (manager,), readable=True) if moved else None
    placement = await find_place(
        work, about_head=about_head, kept_out=kept_out, reporter_id=concern.reporter_id
    )
    if placement.readable and concern.owner_id in placement.notified:
        stays = concern.case_manager_id == before
        return None if stays else Placement(concern.owner_id, None, (), readable=True)
    if (concern.owner_id, concern.case_manager_id) == (
        placement.owner_id,
        placement.case_manager_id,
    ):
        return None
    concern.owner_id, concern.case_manager_id = placement.owner_id, placement.case_manager_id
    return placement


async def _is_head_now(work: UnitOfWork, staff_id: UUID | None) -> bool:
    if staff_id is None:
        return False
    subject = await work.adults.subject(staff_id, work.today, work.today)
    return subject is not None and subject.is_head


async def _may_manage(
    work: UnitOfWork, staff_id: UUID, kept_out: Collection[UUID | None], about_head: bool
) -> bool:
    roles = await work.adults.roles_of(staff_id, work.today)
    return staff_id not in kept_out and rules.may_manage(roles, about_head=about_head)


async def settle_all(work: UnitOfWork, some: Collection[UUID] | None = None) -> int:
    """Check every open concern, or some, so that none stays with someone who may not read it.

    Finds changes that happen without a command: an owner's role ended, a subject became head, a
    chair was appointed at last. Returns how many moved.
    """
    moved = 0
    for concern_id in await work.adults.open_ids() if some is None else sorted(some):
        concern = await work.adults.lock(AdultConcern, concern_id)
        if concern is None or concern.ended_at is not None:
            continue
        before = concern.owner_id
        result = await settle(work, concern)
        if result is None:
            continue
        touch(work, concern)
        record_row(
            work, AuditEvent.ADULT_ASSIGNED, concern, reason="The owner may not read it.",
            details={"from": before and str(before), "to": str(result.owner_id)}, register="adults",
        )  # fmt: skip
        tell(work, concern, result.notified, readable=result.readable)
        moved += 1
    return moved


async def _why_not(work: UnitOfWork, concern_id: UUID, to: UUID | None) -> str | None:
    """Why someone cannot have a concern in a hand-over of a person's work; None if they can.

    Raises `AdultConcernNotFound`.
    """
    concern, facts = await adult_concern_for(work, concern_id, lock=True)
    if to is None:
        return "no_receiver"
    if to in concern.kept_out:
        return "conflict"
    if concern.pending is not None:
        return "waiting_for_signature"
    roles = await work.adults.roles_of(to, work.today)
    return None if rules.may_manage(roles, about_head="about_head" in facts.marks) else "may_not"


async def _give(work: UnitOfWork, concern_id: UUID, to: UUID, reason: str) -> None:
    concern, _ = await adult_concern_for(work, concern_id, lock=True)
    await give_case(work, concern_id, concern.version, to, reason)


hands_over("adult_concern", HandsOver(_why_not, _give, settle_all))


async def close_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: AdultCloseIn
) -> AdultConcern:
    """Close with outcome and reason; an allegation is only proposed to a second person.

    Raises `AssessmentMissing`, `OutcomeUnsuitable` and the errors of every step.
    """
    concern, facts = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    state = rules.next_state("close", concern.state)
    rules.check_outcome(concern.threshold, body.outcome)
    was = await work.adults.allegation_since(concern.id) is not None
    if not rules.needs_second_signature(concern.kind, concern.threshold, was_allegation=was):
        concern.outcome = body.outcome
        take_step(
            work, concern, AuditEvent.ADULT_CLOSED, state=state, reason=body.reason,
            details={"outcome": body.outcome},
        )  # fmt: skip
        return concern
    await _propose(work, concern, facts, "closure", outcome=body.outcome, reason=body.reason)
    take_step(
        work,
        concern,
        AuditEvent.ADULT_CLOSURE_PROPOSED,
        reason=body.reason,
        details={"outcome": body.outcome},
    )
    return concern


async def withdraw_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: ReasonIn
) -> AdultConcern:
    """Propose that it was entered in error; it stays until a second person agrees."""
    concern, facts = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("withdraw", concern.state)
    await _propose(work, concern, facts, "withdrawal", reason=body.reason)
    take_step(work, concern, AuditEvent.ADULT_WITHDRAWAL_PROPOSED, reason=body.reason)
    return concern


async def _propose(
    work: UnitOfWork, concern: AdultConcern, facts: Facts, kind: str, **content: Any
) -> None:
    """Record a proposal for a second person, and alert those who may read it now."""
    concern.pending = {
        "kind": kind,
        "proposed_by": str(work.actor.id),
        "proposed_at": written(work.now),
        **content,
    }
    roles = [Role.HEADTEACHER.value, Role.CHAIR_OF_GOVERNORS.value, Role.SCHOOL_ADMIN.value]
    people = await work.adults.people(roles, work.today)
    kept_out = {work.actor.id, *concern.kept_out}
    signers = rules.signers(
        people,
        about_head="about_head" in facts.marks,
        case_manager_id=concern.case_manager_id,
        kept_out=kept_out,
    )
    tell(work, concern, signers.notified, readable=signers.readable)


async def countersign_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: CountersignIn
) -> AdultConcern:
    """Agree to a proposal, or refuse it, as the second person.

    Raises `NothingToSign`, `SecondPersonNeeded` and the errors of every step.
    """
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    pending = concern.pending or {}
    check_second_person(pending, pending.get("proposed_by"), str(work.actor.id))
    closes = pending["kind"] == "closure"
    concern.pending = None
    if not body.agree:
        did = AuditEvent.ADULT_CLOSURE_REFUSED if closes else AuditEvent.ADULT_WITHDRAWAL_REFUSED
        take_step(work, concern, did, reason=body.reason)
        tell(work, concern, [UUID(pending["proposed_by"])], readable=True)
        return concern
    if closes:
        state, did = rules.next_state("close", concern.state), AuditEvent.ADULT_CLOSED
        concern.outcome = pending["outcome"]
    else:
        state, did = rules.next_state("withdraw", concern.state), AuditEvent.ADULT_WITHDRAWN
    take_step(
        work, concern, did, state=state, reason=body.reason,
        details={"proposed_by": pending["proposed_by"], "signed_by": str(work.actor.id)},
    )  # fmt: skip
    return concern
