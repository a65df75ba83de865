"""The ways a concern about an adult ends: closed with an outcome, or found entered in error."""

from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Role
from app.db.facts import Facts
from app.db.models import AdultConcern
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.sight import adult_concern_to_change
from app.domain.adults.adult_concerns.steps import take_step
from app.domain.adults.adult_concerns.telling import tell
from app.domain.record.concerns.rules import check_not_pending, check_second_person


async def close_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, outcome: str, reasons: str
) -> AdultConcern:
    """Close with outcome and reasons; an allegation is only proposed to a second person.

    Raises `AssessmentMissing`, `OutcomeUnsuitable` and the failures of every step.
    """
    concern, facts = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    state = rules.next_state("close", concern.state)
    rules.check_outcome(concern.threshold, outcome)
    was = await work.adults.was_allegation(concern.id)
    if not rules.needs_second_signature(concern.kind, concern.threshold, was_allegation=was):
        concern.outcome = outcome
        take_step(
            work, concern, AuditEvent.ADULT_CLOSED, state=state, reasons=reasons,
            details={"outcome": outcome},
        )  # fmt: skip
        return concern
    await _propose(work, concern, facts, "closure", outcome=outcome, reasons=reasons)
    take_step(
        work,
        concern,
        AuditEvent.ADULT_CLOSURE_PROPOSED,
        reasons=reasons,
        details={"outcome": outcome},
    )
    return concern


async def withdraw_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, reasons: str
) -> AdultConcern:
    """Propose that it was entered in error; it stays until a second person agrees."""
    concern, facts = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("withdraw", concern.state)
    await _propose(work, concern, facts, "withdrawal", reasons=reasons)
    take_step(work, concern, AuditEvent.ADULT_WITHDRAWAL_PROPOSED, reasons=reasons)
    return concern


async def _propose(
    work: UnitOfWork, concern: AdultConcern, facts: Facts, kind: str, **content: Any
) -> None:
    """Let it wait for a second person, and tell those who may read it now."""
    concern.pending = {
        "kind": kind,
        "proposed_by": str(work.actor.id),
        "proposed_at": written(work.now),
        **content,
    }
    roles = [Role.HEADTEACHER.value, Role.CHAIR_OF_GOVERNORS.value, Role.SCHOOL_ADMIN.value]
    people = await work.adults.people(roles, work.today)
    kept_out = {concern.staff_id, work.actor.id, *concern.locked_out}
    signers = rules.signers(
        people,
        about_head="about_head" in facts.marks,
        case_manager_id=concern.case_manager_id,
        kept_out=kept_out,
    )
    tell(work, concern, signers.told, readable=signers.readable)


async def countersign_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, agree: bool, reasons: str
) -> AdultConcern:
    """Be the second person: agree to what was proposed, or refuse it.

    Raises `NothingToSign`, `SecondPersonNeeded` and the failures of every step.
    """
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    pending = concern.pending or {}
    check_second_person(pending, pending.get("proposed_by"), str(work.actor.id))
    closes = pending["kind"] == "closure"
    concern.pending = None
    if not agree:
        did = AuditEvent.ADULT_CLOSURE_REFUSED if closes else AuditEvent.ADULT_WITHDRAWAL_REFUSED
        take_step(work, concern, did, reasons=reasons)
        tell(work, concern, [UUID(pending["proposed_by"])], readable=True)
        return concern
    if closes:
        state, did = rules.next_state("close", concern.state), AuditEvent.ADULT_CLOSED
        concern.outcome = pending["outcome"]
    else:
        state, did = rules.next_state("withdraw", concern.state), AuditEvent.ADULT_WITHDRAWN
    take_step(
        work, concern, did, state=state, reasons=reasons,
        details={"proposed_by": pending["proposed_by"], "signed_by": str(work.actor.id)},
    )  # fmt: skip
    return concern
