"""The steps of a referral: approved, sent, acknowledged, answered, closed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.sharing import decision_for
from app.domain.errors import FieldProblem, SecondPersonNeeded
from app.domain.sharing.recipients.links import end_links
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.content import referral_content, unconfirmed_files
from app.domain.sharing.referrals.declined import look_again
from app.domain.sharing.referrals.drafting import referral_at
from app.domain.sharing.referrals.errors import QuestionOpen
from app.domain.sharing.referrals.forms_in_use import form_for
from app.domain.sharing.referrals.steps import Note, chronicled, end, go_on, move, note, traced
from app.domain.sharing.shares.approving import decide
from app.domain.sharing.shares.checks import check_moment
from app.domain.sharing.shares.content import freeze
from app.domain.sharing.shares.errors import ApprovalIncomplete
from app.domain.sharing.shares.files import Confirmed
from app.domain.sharing.shares.recipients import BARRED_ADDRESS, is_barred_address


@dataclass(frozen=True, slots=True)
class ApproveReferral:
    """`reasons` become a decision where none is named."""

    referral_id: UUID
    version: int
    reasons: str | None = None
    decision_id: UUID | None = None
    attachments: Sequence[Confirmed] = ()


@dataclass(frozen=True, slots=True)
class RecordAcknowledgement:
    """The agency said it has it."""

    referral_id: UUID
    version: int
    by: str
    at: datetime
    agency_reference: str | None = None


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What the agency decided, who told us, and why."""

    referral_id: UUID
    version: int
    outcome: str
    at: datetime
    returned_by: str
    reasons: str | None = None


@dataclass(frozen=True, slots=True)
class CloseReferral:
    """Nothing more is to be done, for a reason."""

    referral_id: UUID
    version: int
    reasons: str


async def approve_referral(work: UnitOfWork, wish: ApproveReferral) -> Referral:
    """Approve a referral and freeze it; one sent in an emergency is reviewed instead.

    Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`,
    `StateConflict`, `ApprovalIncomplete`, `SecondPersonNeeded` (the emergency is one's own).
    """
    referral = await referral_at(
        work, wish.referral_id, wish.version, "approve_referral", Permission.REFERRAL_APPROVE
    )
    decided = bool(referral.decision_id or wish.decision_id or wish.reasons)
    if referral.state == "draft":
        content = await referral_content(work, referral)
        form = await form_for(work, referral)
        problems = rules.missing_for_approval(form, for_approval(referral), decided=decided)
        problems = [*problems, *content.problems]
        problems += await unconfirmed_files(work, referral, content, wish.attachments)
        problems += await _barred_agency(work, referral)
        if problems:
            raise ApprovalIncomplete(problems=problems)
        decision_id = await _decision(work, referral, wish)
        referral.snapshot_id = await freeze(work, "referral", referral.child_id, content)
        move(work, referral, "approved")
    else:
        await _check_reviewer(work, referral)
        if not decided:
            problem = FieldProblem("/reasons", "missing", "Give reasons, or name a decision.")
            raise ApprovalIncomplete(problems=[problem])
        decision_id = await _decision(work, referral, wish)
        move(work, referral, referral.state)
    referral.approvals, referral.decision_id = [_approval(work, wish)], decision_id
    if referral.state == rules.WITHDRAWN:
        end(work, referral, rules.WITHDRAWN)
    else:
        await go_on(work, referral)
    note(work, referral, Note("approved", at=work.now, by_id=work.actor.id))
    await chronicled(work, referral, work.now)
    traced(work, referral, AuditEvent.REFERRAL_APPROVED)
    return referral


async def _barred_agency(work: UnitOfWork, referral: Referral) -> list[FieldProblem]:
    """The agency is reached where somebody is who may not be told; an emergency goes first."""
    agency = await work.sharing.find(Agency, referral.agency_id)
    address = agency.email if agency is not None else None
    if not address or not await is_barred_address(work, referral.child_id, address):
        return []
    return [replace(BARRED_ADDRESS, pointer="/agency_id")]


async def record_acknowledgement(work: UnitOfWork, wish: RecordAcknowledgement) -> Referral:
    """Say that the agency has it. Raises as `approve_referral`."""
    referral = await referral_at(work, wish.referral_id, wish.version, "record_acknowledgement")
    check_moment(work, wish.at, referral.sent_at)
    if wish.agency_reference is not None:
        referral.agency_reference = wish.agency_reference
    move(work, referral, rules.state_after("acknowledged", referral.state))
    if referral.state != "challenged":
        await go_on(work, referral)
    said = {"from": wish.by, "agency_reference": wish.agency_reference}
    note(work, referral, Note("acknowledged", wish.at, work.actor.id, details=said))
    traced(work, referral, AuditEvent.REFERRAL_ACKNOWLEDGED)
    return referral


async def record_outcome(work: UnitOfWork, wish: RecordOutcome) -> Referral:
    """Say what the agency decided; a later decision replaces it and both stay in the events.

    Raises as `approve_referral`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "record_outcome")
    check_moment(work, wish.at, referral.sent_at)
    referral.outcome = wish.outcome
    move(work, referral, rules.state_after("outcome_received", referral.state))
    if referral.state != "challenged":
        await go_on(work, referral)
    said = {"from": wish.returned_by, "outcome": wish.outcome}
    note(
        work, referral,
        Note("outcome_received", wish.at, work.actor.id, text=wish.reasons, details=said),
    )  # fmt: skip
    kinds = {"outcome": wish.outcome, "outcome_class": rules.outcome_class(wish.outcome)}
    traced(work, referral, AuditEvent.REFERRAL_OUTCOME_RECORDED, kinds)
    await look_again(work, referral)
    return referral


async def close_referral(work: UnitOfWork, wish: CloseReferral) -> Referral:
    """End one that has its outcome, or will not be sent; nobody reads behind its link any more.

    Raises as `approve_referral`, `QuestionOpen`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "close_referral")
    events = await work.sharing.referral_events(referral.id)
    if rules.asked_since([(event.kind, event.recorded_at) for event in events]) is not None:
        raise QuestionOpen
    before = referral.state
    move(work, referral, "closed")
    end(work, referral, "closed")
    await end_links(work, "referral", referral.id, "closed")
    note(work, referral, Note("closed", work.now, work.actor.id, text=wish.reasons))
    traced(work, referral, AuditEvent.REFERRAL_CLOSED, {"from": before})
    return referral


async def _check_reviewer(work: UnitOfWork, referral: Referral) -> None:
    assert referral.snapshot_id is not None  # noqa: S101 - sending froze it
    snapshot = await work.sharing.snapshot(referral.snapshot_id)
    events = await work.sharing.referral_events(referral.id)
    if not rules.may_review(
        work.actor.id,
        snapshot.made_by,
        [event.by_id for event in events if event.kind == "sent" and event.by_id],
    ):
        raise SecondPersonNeeded


def for_approval(referral: Referral) -> dict[str, Any]:
    """What approval looks at."""
    names = ("kind", "fields", "lawful_basis", "special_category_condition", "para18_limb")
    facts = {name: getattr(referral, name) for name in names}
    return {**facts, "consent": (referral.consent or {}).get("block")}


def _approval(work: UnitOfWork, wish: ApproveReferral) -> dict[str, Any]:
    return {
        "by": str(work.actor.id),
        "role": work.actor.role_name,
        "at": written(work.now),
        "reasons": wish.reasons,
        "guard_reason": None,
        "attachments": [one.kept for one in wish.attachments],
    }


async def _decision(work: UnitOfWork, referral: Referral, wish: ApproveReferral) -> UUID | None:
    """The decision behind the referral, made here from the reasons where none stands."""
    if wish.decision_id is not None:
        return await decision_for(work, referral.child_id, wish.decision_id)
    if referral.decision_id is not None or wish.reasons is None:
        return referral.decision_id
    return await decide(
        work,
        referral.child_id,
        kind="refer",
        question=f"Whether to refer ({referral.reference})",
        decision="Refer to the named agency",
        reasons=wish.reasons,
    )
