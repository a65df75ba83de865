"""From acknowledging a concern about an adult to the advice that was taken on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import AdultConcern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.errors import CaseManagerUnsuitable
from app.domain.adults.adult_concerns.sight import adult_concern_to_change
from app.domain.adults.adult_concerns.steps import take_step
from app.domain.adults.adult_concerns.telling import tell
from app.domain.clocks.choosing import choose_clock
from app.domain.clocks.keeping import start_clock
from app.domain.record.concerns.rules import check_not_pending, check_occurred


async def acknowledge_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int
) -> AdultConcern:
    """Say that a person has read it, who owns it from now on unless it has a case manager."""
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    state = rules.next_state("acknowledge", concern.state)
    concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
    concern.owner_id = concern.case_manager_id or work.actor.id
    rule, since = rules.clock_after_acknowledging(
        concern.kind, concern.recorded_at, concern.advised_at, work.now
    )
    await start_clock(work, concern, rule, since=since)
    take_step(work, concern, AuditEvent.ADULT_ACKNOWLEDGED, state=state)
    return concern


@dataclass(frozen=True, slots=True)
class Assess:
    """The threshold that was decided, with the reasons for it."""

    threshold: str
    harm_tests: Sequence[str]
    reasons: str


async def assess_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, wish: Assess
) -> AdultConcern:
    """Decide the threshold; what meets it has to reach the designated officer in one working day.

    Raises `HarmTestsUnsuitable` and the failures of every step.
    """
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    state = rules.next_state("assess", concern.state)
    rules.check_harm_tests(wish.threshold, wish.harm_tests)
    if concern.acknowledged_at is None:
        concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
        concern.owner_id = concern.case_manager_id or work.actor.id
    concern.threshold, concern.harm_tests = wish.threshold, list(wish.harm_tests)
    concern.assessed_at, concern.assessed_by = work.now, work.actor.id
    rule, since = rules.clock_after_assessing(
        wish.threshold, concern.kind, concern.recorded_at, concern.advised_at, work.now
    )
    await start_clock(work, concern, rule, since=since)
    take_step(
        work, concern, AuditEvent.ADULT_ASSESSED, state=state, reasons=wish.reasons,
        details={"threshold": wish.threshold, "harm_tests": list(wish.harm_tests)},
    )  # fmt: skip
    return concern


@dataclass(frozen=True, slots=True)
class TakeAdvice:
    """Advice that was taken, or a referral that was made, with whom and when."""

    kind: str
    taken_from: str
    name: str
    at: datetime
    reference: str | None
    advice: str
    due_at: datetime | None


async def record_advice(
    work: UnitOfWork, concern_id: UUID, version: int, wish: TakeAdvice
) -> AdultConcern:
    """Keep the advice or the referral; that to the designated officer satisfies its clock.

    Raises `OccurredInFuture`, `DueTimePassed`, `DueTooFar` and the failures of every step.
    """
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    check_occurred(wish.at, work.now)
    referred = wish.kind == "referral"
    state = rules.next_state("refer" if referred else "consult", concern.state)
    if wish.taken_from == "lado":
        concern.advised_at = work.now
    elif not referred:
        state = concern.state
    if wish.due_at is not None:
        await choose_clock(work, concern, wish.due_at, rules.FURTHEST)
    elif wish.taken_from == "lado":
        await start_clock(work, concern, rules.REVIEW)
    take_step(
        work,
        concern,
        AuditEvent.ADULT_REFERRED if referred else AuditEvent.ADULT_ADVISED,
        state=state,
        details={"from": wish.taken_from, "at": written(wish.at)},
        content={
            "kind": wish.kind,
            "name": wish.name,
            "reference": wish.reference,
            "advice": wish.advice,
        },
    )
    return concern


async def assign_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, case_manager_id: UUID, reasons: str
) -> AdultConcern:
    """Make somebody case manager of this one, who then reads and owns it.

    Raises `CaseManagerUnsuitable` and the failures of every step.
    """
    policy.require(work.actor, Permission.ADULT_DECIDE)
    concern, facts = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("assign", concern.state)
    roles = await work.adults.roles_of(case_manager_id, work.today)
    kept_out = case_manager_id == concern.staff_id or case_manager_id in concern.locked_out
    if kept_out or not rules.may_manage(roles, about_head="about_head" in facts.marks):
        raise CaseManagerUnsuitable
    details = {"from": concern.case_manager_id, "to": case_manager_id}
    concern.case_manager_id = concern.owner_id = case_manager_id
    take_step(
        work, concern, AuditEvent.ADULT_ASSIGNED, reasons=reasons,
        details={name: one and str(one) for name, one in details.items()},
    )  # fmt: skip
    tell(work, concern, [case_manager_id], readable=True)
    return concern
