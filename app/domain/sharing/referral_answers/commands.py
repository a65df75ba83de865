"""Messages between an agency and the school about a sent referral."""

from datetime import datetime
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.words import AuditEvent
from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access.queries import sent_referral_for
from app.domain.common.alerts.commands import tell, tell_once
from app.domain.common.deadlines.commands import start_clock
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.sharing.recipient_links.commands import tell_answered
from app.domain.sharing.referral_answers.schemas import AnswerIn
from app.domain.sharing.referral_deliveries.commands import ANSWERED as ANSWER_WAITS
from app.domain.sharing.referral_deliveries.commands import tell_agency
from app.domain.sharing.referral_escalations import rules
from app.domain.sharing.referrals import rules as referrals_rules
from app.domain.sharing.referrals.commands import (
    Note,
    bring_forward,
    follow_outcome,
    go_on,
    look_again,
    move,
    note,
    open_questions,
    traced,
)
from app.domain.sharing.referrals.queries import referral_at
from app.domain.sharing.referrals.rules import ANSWER, STEPS

ANSWERED, ASKED = "agency_answered", "agency_asked"
QUESTION = "question"


# The agency acts through its link or its key, and reaches only what it was sent.


async def acknowledge(
    work: UnitOfWork, referral_id: UUID, by: str, agency_reference: str | None
) -> Referral:
    """Acknowledge the referral as the agency; repeating it does not fail.

    Raises `PermissionMissing`, `ReferralNotFound` (also once it was closed).
    """
    referral = await sent_referral_for(work, referral_id)
    first = referral.state in STEPS["record_acknowledgement"]
    if agency_reference is not None:
        referral.agency_reference = agency_reference
    move(work, referral, referrals_rules.state_after("acknowledged", referral.state))
    if first:
        await _settle_clock(work, referral)
    details = {"from": by, "agency_reference": agency_reference}
    _noted(work, referral, "acknowledged", None, details)
    await _tell_owner(work, referral, ANSWERED)
    traced(work, referral, AuditEvent.REFERRAL_ACKNOWLEDGED, _who(work))
    return referral


async def ask(
    work: UnitOfWork, referral_id: UUID, text: str, by: str | None = None, kind: str = QUESTION
) -> Referral:
    """Ask something as the agency; alerts the owner, who has a time to answer by.

    `kind` is `question` or `correction_requested`. Raises as `acknowledge`.
    """
    referral = await sent_referral_for(work, referral_id)
    move(work, referral, referral.state)
    await bring_forward(work, referral, ANSWER)
    _noted(work, referral, kind, text, {"from": by})
    await _tell_owner(work, referral, ASKED)
    traced(work, referral, AuditEvent.REFERRAL_QUESTION_ASKED, {"kind": kind, **_who(work)})
    return referral


async def say(work: UnitOfWork, referral_id: UUID, text: str, by: str | None = None) -> Referral:
    """Send a message as the agency that needs no answer; alerts the owner.

    Raises as `acknowledge`.
    """
    referral = await sent_referral_for(work, referral_id)
    move(work, referral, referral.state)
    _noted(work, referral, "replied", text, {"from": by})
    await _tell_owner(work, referral, ANSWERED)
    traced(work, referral, AuditEvent.REFERRAL_REPLIED, _who(work))
    return referral


async def return_outcome(
    work: UnitOfWork, referral_id: UUID, outcome: str, reason: str | None, by: str
) -> Referral:
    """Return the agency's decision; a later one replaces it, and both stay in the events.

    Raises as `acknowledge`, and `ValidationFailed` for a code that no outcome has.
    """
    if outcome not in VOCABULARIES["referral_outcomes"].codes:
        problem = FieldProblem("/outcome", "unknown_code", "Cairn does not know this outcome.")
        raise ValidationFailed(problems=[problem])
    referral = await sent_referral_for(work, referral_id)
    referral.outcome = outcome
    move(work, referral, referrals_rules.state_after("outcome_received", referral.state))
    await _settle_clock(work, referral)
    _noted(work, referral, "outcome_received", reason, {"from": by, "outcome": outcome})
    await _tell_owner(work, referral, ANSWERED)
    details = {
        "outcome": outcome,
        "outcome_class": referrals_rules.outcome_class(outcome),
        **_who(work),
    }
    traced(work, referral, AuditEvent.REFERRAL_OUTCOME_RECORDED, details)
    await follow_outcome(work, referral)
    await look_again(work, referral)
    return referral


async def answer_agency(
    work: UnitOfWork, referral_id: UUID, version: int, body: AnswerIn
) -> Referral:
    """Answer the agency, as a member of staff.

    Alerts the agency's system, and the address its link was mailed to, that there is an answer.
    Other questions stay open. Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`,
    `VersionStale`, `StateConflict`, and `ValidationFailed` for a question that is not open.
    """
    referral = await referral_at(work, referral_id, version, "answer_agency")
    asked = await open_questions(work, referral)
    if body.question_id is not None and body.question_id not in asked:
        problem = FieldProblem("/question_id", "question_unknown", "This question is not open.")
        raise ValidationFailed(problems=[problem])
    left = asked.keys() - {body.question_id} if body.question_id is not None else set()
    move(work, referral, referral.state)
    if referral.due_rule == ANSWER and not left:
        await _answered(work, referral)
    details = {"question_id": str(body.question_id)} if body.question_id is not None else None
    event_id = note(
        work, referral, Note("answer", work.now, work.actor.id, text=body.text, details=details)
    )
    agency = await work.sharing.find(Agency, referral.agency_id)
    tell_agency(work, referral, agency, event_id, ANSWER_WAITS)
    await tell_answered(work, "referral", referral.id)
    traced(work, referral, AuditEvent.REFERRAL_QUESTION_ANSWERED)
    for _ in left:
        tell(work, referral.owner_id, ASKED, about=("referral", referral.id), mail=False)
    return referral


async def _settle_clock(work: UnitOfWork, referral: Referral) -> None:
    """Start the clock of the present state; that of an open challenge continues."""
    if referral.state != "challenged":
        await go_on(work, referral)


async def _answered(work: UnitOfWork, referral: Referral) -> None:
    """Resume the clock from before the agency's question; a challenge's, from its stage."""
    if referral.state != "challenged":
        await go_on(work, referral, answered=True)
        return
    challenge = referral.challenge or {}
    since = datetime.fromisoformat(challenge["stage_since"])
    await start_clock(work, referral, rules.rule_of(challenge), since=since)


def _noted(
    work: UnitOfWork,
    referral: Referral,
    kind: str,
    text: str | None,
    details: dict[str, str | None],
) -> None:
    how = None if work.actor.is_service else "portal_link"
    note(
        work, referral,
        Note(kind, at=work.now, by_kind="agency", route=how, text=text, details=details),
    )  # fmt: skip


async def _tell_owner(work: UnitOfWork, referral: Referral, kind: str) -> None:
    urgent = referral.urgency == "emergency"
    tell_once(work, [referral.owner_id], kind, urgent=urgent, about=("referral", referral.id))


def _who(work: UnitOfWork) -> dict[str, str]:
    return {"by": "agency_key" if work.actor.is_service else "agency_link"}
