"""Asking again where an agency is silent, and disagreeing with what it decided."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.deadlines.commands import start_clock
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.sharing.referral_escalations import rules
from app.domain.sharing.referrals import rules as referrals_rules
from app.domain.sharing.referrals.commands import Note, go_on, keep_question, move, note, traced
from app.domain.sharing.referrals.queries import referral_at
from app.domain.sharing.shares.commands import check_moment


@dataclass(frozen=True, slots=True)
class ChaseReferral:
    """Somebody asked the agency again: whom, how, when, and what they said."""

    referral_id: UUID
    version: int
    whom: str
    route: str
    at: datetime
    said: str | None = None


@dataclass(frozen=True, slots=True)
class ChallengeReferral:
    """A disagreement begins, or goes on to its next stage.

    At `immediate_risk` stages may be left out and the time is a day.
    """

    referral_id: UUID
    version: int
    issue: str
    text: str
    whom: str
    route: str
    at: datetime
    stage: str | None = None
    immediate_risk: bool = False


@dataclass(frozen=True, slots=True)
class ResolveChallenge:
    """How a disagreement ended, with whom it was agreed, and what was learnt."""

    referral_id: UUID
    version: int
    resolution: str
    text: str
    agreed_with: str
    at: datetime
    outcome: str | None = None
    learning: str | None = None


async def chase_referral(work: UnitOfWork, wish: ChaseReferral) -> Referral:
    """Ask again; the clock of the answer starts anew, and climbs where nothing comes.

    Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`,
    `StateConflict`, `ValidationFailed`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "chase_referral")
    check_moment(work, wish.at, referral.sent_at)
    move(work, referral, "chased")
    await go_on(work, referral)
    note(
        work, referral,
        Note("chased", wish.at, work.actor.id, route=wish.route, text=wish.said,
             details={"to": wish.whom}),
    )  # fmt: skip
    traced(work, referral, AuditEvent.REFERRAL_CHASED, {"route": wish.route})
    return referral


async def challenge_referral(work: UnitOfWork, wish: ChallengeReferral) -> Referral:
    """Begin a disagreement or take it to its next stage, by the scheme of the authority.

    Raises as `chase_referral`; `StateConflict` also past the last stage.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "challenge_referral")
    check_moment(work, wish.at, referral.sent_at)
    agency = await work.sharing.find(Agency, referral.agency_id)
    scheme = rules.scheme_of(agency.local_authority if agency else None)
    kept = referral.challenge or {"from": referral.state, "opened_at": written(work.now)}
    if wish.stage is not None and scheme.place(wish.stage) is None:
        problem = FieldProblem("/stage", "unknown_stage", "This authority has no such stage.")
        raise ValidationFailed(problems=[problem])
    stage = rules.next_stage(scheme, kept.get("stage"), wish.stage, immediate=wish.immediate_risk)
    if stage is None:
        raise StateConflict("There is no such stage ahead; only immediate risk leaves stages out.")
    referral.challenge = {
        **kept,
        "authority": scheme.authority,
        "stage": stage.stage,
        "issue": wish.issue,
        "immediate_risk": wish.immediate_risk,
        "stage_since": written(work.now),
    }
    move(work, referral, "challenged")
    await start_clock(work, referral, rules.IMMEDIATE if wish.immediate_risk else stage.rule)
    await keep_question(work, referral)
    said = {"to": wish.whom, "stage": stage.stage, "issue": wish.issue}
    note(
        work, referral,
        Note("challenged", wish.at, work.actor.id, route=wish.route, text=wish.text, details=said),
    )  # fmt: skip
    details = {"stage": stage.stage, "issue": wish.issue, "immediate_risk": wish.immediate_risk}
    traced(work, referral, AuditEvent.REFERRAL_CHALLENGED, details)
    return referral


async def resolve_challenge(work: UnitOfWork, wish: ResolveChallenge) -> Referral:
    """End a disagreement; the referral goes on from where its answer stands.

    Raises as `chase_referral`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "resolve_challenge")
    check_moment(work, wish.at, referral.sent_at)
    kept = referral.challenge or {}
    if wish.outcome is not None:
        referral.outcome = wish.outcome
    move(work, referral, referrals_rules.state_resolved(kept.get("from", "sent"), referral.outcome))
    referral.challenge = None
    await go_on(work, referral)
    said = {
        "to": wish.agreed_with, "resolution": wish.resolution, "outcome": wish.outcome,
        "stage": kept.get("stage"), "issue": kept.get("issue"), "learning": wish.learning,
    }  # fmt: skip
    note(
        work,
        referral,
        Note("challenge_resolved", wish.at, work.actor.id, text=wish.text, details=said),
    )
    details = {"resolution": wish.resolution, "stage": kept.get("stage")}
    traced(work, referral, AuditEvent.REFERRAL_CHALLENGE_RESOLVED, details)
    return referral
