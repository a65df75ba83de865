"""Chase a silent agency, and challenge its decision."""

from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import start_clock
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.sharing.referral_escalations import rules
from app.domain.sharing.referral_escalations.schemas import ChallengeIn, ChasingIn, ResolutionIn
from app.domain.sharing.referrals import rules as referrals_rules
from app.domain.sharing.referrals.commands import (
    Note,
    follow_outcome,
    go_on,
    keep_question,
    move,
    note,
    traced,
)
from app.domain.sharing.referrals.queries import referral_at
from app.domain.sharing.shares.commands import check_moment


async def chase_referral(
    work: UnitOfWork, referral_id: UUID, version: int, body: ChasingIn
) -> Referral:
    """Ask again; the clock for the answer restarts, and escalates without an answer.

    Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`,
    `ValidationFailed`.
    """
    referral = await referral_at(work, referral_id, version, "chase_referral")
    check_moment(work, body.at, referral.sent_at)
    move(work, referral, "chased")
    await go_on(work, referral)
    note(
        work, referral,
        Note("chased", body.at, work.actor.id, route=body.route, text=body.said,
             details={"to": body.whom}),
    )  # fmt: skip
    traced(work, referral, AuditEvent.REFERRAL_CHASED, {"route": body.route})
    return referral


async def challenge_referral(
    work: UnitOfWork, referral_id: UUID, version: int, body: ChallengeIn
) -> Referral:
    """Begin a disagreement or take it to its next stage, by the authority's scheme.

    Raises as `chase_referral`; `StateConflict` also past the last stage.
    """
    referral = await referral_at(work, referral_id, version, "challenge_referral")
    check_moment(work, body.at, referral.sent_at)
    agency = await work.sharing.find(Agency, referral.agency_id)
    scheme = rules.scheme_of(agency.local_authority if agency else None)
    challenge = referral.challenge or {"from": referral.state, "opened_at": written(work.now)}
    if body.stage is not None and scheme.index(body.stage) is None:
        problem = FieldProblem(
            "/stage", "unknown_stage", "This authority does not have this stage."
        )
        raise ValidationFailed(problems=[problem])
    stage = rules.next_stage(
        scheme, challenge.get("stage"), body.stage, immediate=body.immediate_risk
    )
    if stage is None:
        raise StateConflict("This stage does not come next. Only immediate risk may skip stages.")
    referral.challenge = {
        **challenge,
        "authority": scheme.authority,
        "stage": stage.stage,
        "issue": body.issue,
        "immediate_risk": body.immediate_risk,
        "stage_since": written(work.now),
    }
    move(work, referral, "challenged")
    await start_clock(work, referral, rules.IMMEDIATE if body.immediate_risk else stage.rule)
    await keep_question(work, referral)
    sent = {"to": body.whom, "stage": stage.stage, "issue": body.issue}
    note(
        work, referral,
        Note("challenged", body.at, work.actor.id, route=body.route, text=body.text, details=sent),
    )  # fmt: skip
    details = {"stage": stage.stage, "issue": body.issue, "immediate_risk": body.immediate_risk}
    traced(work, referral, AuditEvent.REFERRAL_CHALLENGED, details)
    return referral


async def resolve_challenge(
    work: UnitOfWork, referral_id: UUID, version: int, body: ResolutionIn
) -> Referral:
    """End a disagreement; the referral continues from the state of its answer.

    Raises as `chase_referral`.
    """
    referral = await referral_at(work, referral_id, version, "resolve_challenge")
    check_moment(work, body.at, referral.sent_at)
    challenge = referral.challenge or {}
    if body.outcome is not None:
        referral.outcome = body.outcome
    move(
        work,
        referral,
        referrals_rules.state_resolved(challenge.get("from", "sent"), referral.outcome),
    )
    referral.challenge = None
    await go_on(work, referral)
    result = {
        "to": body.agreed_with, "resolution": body.resolution, "outcome": body.outcome,
        "stage": challenge.get("stage"), "issue": challenge.get("issue"), "learning": body.learning,
    }  # fmt: skip
    note(
        work,
        referral,
        Note("challenge_resolved", body.at, work.actor.id, text=body.text, details=result),
    )
    details = {"resolution": body.resolution, "stage": challenge.get("stage")}
    traced(work, referral, AuditEvent.REFERRAL_CHALLENGE_RESOLVED, details)
    if body.outcome is not None:
        await follow_outcome(work, referral)
    return referral
