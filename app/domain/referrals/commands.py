"""The steps of a referral: approved, sent, acknowledged, answered, closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Referral, ReferralEvent
from app.db.unit_of_work import UnitOfWork
from app.domain.access.sharing import decision_for
from app.domain.chronology.entries import chronicle
from app.domain.errors import FieldProblem, SecondPersonNeeded
from app.domain.referrals import rules
from app.domain.referrals.content import referral_content
from app.domain.referrals.drafting import referral_at
from app.domain.shares.approving import decide
from app.domain.shares.checks import check_moment, member_of_staff
from app.domain.shares.content import freeze, strictest
from app.domain.shares.errors import ApprovalIncomplete


@dataclass(frozen=True, slots=True)
class ApproveReferral:
    """`reasons` become a decision where none is named."""

    referral_id: UUID
    version: int
    reasons: str | None = None
    decision_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SendReferral:
    """It went to the agency at a moment, by a route, to somebody, by a member of staff."""

    referral_id: UUID
    version: int
    route: str
    at: datetime
    to: str
    by_id: UUID | None = None
    note: str | None = None


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
        problems = rules.missing_for_approval(_for_approval(referral), decided=decided)
        if problems := [*problems, *content.problems]:
            raise ApprovalIncomplete(problems=problems)
        decision_id = await _decision(work, referral, wish)
        referral.snapshot_id = await freeze(work, "referral", referral.child_id, content)
        _move(work, referral, "approved")
    else:
        await _check_reviewer(work, referral)
        if not decided:
            problem = FieldProblem("/reasons", "missing", "Give reasons, or name a decision.")
            raise ApprovalIncomplete(problems=[problem])
        decision_id = await _decision(work, referral, wish)
        _move(work, referral, referral.state)
    referral.approvals, referral.decision_id = [_approval(work, wish)], decision_id
    _set_clock(work, referral)
    _note(work, referral, "approved", at=work.now, by_id=work.actor.id)
    await _chronicle(work, referral, work.now)
    _record(work, referral, Did.REFERRAL_APPROVED)
    return referral


async def send_referral(work: UnitOfWork, wish: SendReferral) -> Referral:
    """Say that it was sent. An emergency may go before approval, and is frozen as it went.

    Sending again, such as in writing after a call, is recorded beside the first.
    Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`,
    `StateConflict`, `ValidationFailed`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "send_referral")
    check_moment(work, wish.at, referral.drafted_at)
    by_id = await member_of_staff(work, wish.by_id)
    if referral.state == "draft":
        content = await referral_content(work, referral)
        referral.snapshot_id = await freeze(work, "referral", referral.child_id, content)
    referral.sent_at = referral.sent_at or wish.at
    _move(work, referral, "sent")
    _set_clock(work, referral, route=wish.route)
    _note(
        work, referral, "sent", at=wish.at, by_id=by_id, route=wish.route, text=wish.note,
        details={"to": wish.to},
    )  # fmt: skip
    await _chronicle(work, referral, wish.at)
    owed = rules.approval_owed(referral.state, referral.approvals)
    _record(work, referral, Did.REFERRAL_SENT, {"route": wish.route, "approval_owed": owed})
    return referral


async def record_acknowledgement(work: UnitOfWork, wish: RecordAcknowledgement) -> Referral:
    """Say that the agency has it. Raises as `send_referral`."""
    referral = await referral_at(work, wish.referral_id, wish.version, "record_acknowledgement")
    check_moment(work, wish.at, referral.sent_at)
    if wish.agency_reference is not None:
        referral.agency_reference = wish.agency_reference
    _move(work, referral, "acknowledged")
    _set_clock(work, referral)
    _note(
        work, referral, "acknowledged", at=wish.at, by_id=work.actor.id, details={"from": wish.by}
    )
    _record(work, referral, Did.REFERRAL_ACKNOWLEDGED)
    return referral


async def record_outcome(work: UnitOfWork, wish: RecordOutcome) -> Referral:
    """Say what the agency decided; a later decision replaces it and both stay in the events.

    Raises as `send_referral`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "record_outcome")
    check_moment(work, wish.at, referral.sent_at)
    referral.outcome = wish.outcome
    _move(work, referral, "outcome_received")
    _set_clock(work, referral)
    _note(
        work, referral, "outcome_received", at=wish.at, by_id=work.actor.id, text=wish.reasons,
        details={"from": wish.returned_by, "outcome": wish.outcome},
    )  # fmt: skip
    _record(work, referral, Did.REFERRAL_OUTCOME_RECORDED, {"outcome": wish.outcome})
    return referral


async def close_referral(work: UnitOfWork, wish: CloseReferral) -> Referral:
    """End a referral that has its outcome, or that will not be sent. Raises as `send_referral`."""
    referral = await referral_at(work, wish.referral_id, wish.version, "close_referral")
    before = referral.state
    _move(work, referral, "closed")
    referral.ended_at, referral.due_at, referral.due_rule = work.now, None, None
    _note(work, referral, "closed", at=work.now, by_id=work.actor.id, text=wish.reasons)
    _record(work, referral, Did.REFERRAL_CLOSED, {"from": before})
    return referral


async def _check_reviewer(work: UnitOfWork, referral: Referral) -> None:
    assert referral.snapshot_id is not None  # noqa: S101 - sending froze it
    snapshot = await work.sharing.snapshot(referral.snapshot_id)
    events = await work.sharing.referral_events(referral.id)
    if not rules.may_review(
        work.actor.id, snapshot.made_by, [event.by_id for event in events if event.kind == "sent"]
    ):
        raise SecondPersonNeeded


def _for_approval(referral: Referral) -> dict[str, Any]:
    names = ("kind", "fields", "lawful_basis", "special_category_condition", "para18_limb")
    facts = {name: getattr(referral, name) for name in names}
    return {**facts, "consent": (referral.consent or {}).get("block")}


def _approval(work: UnitOfWork, wish: ApproveReferral) -> dict[str, Any]:
    return {
        "by": str(work.actor.id),
        "role": work.actor.role.value,
        "at": work.now.isoformat(),
        "reasons": wish.reasons,
        "guard_reason": None,
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


def _move(work: UnitOfWork, referral: Referral, state: str) -> None:
    referral.state = state
    referral.version += 1
    referral.changed_at = work.now


def _set_clock(work: UnitOfWork, referral: Referral, *, route: str | None = None) -> None:
    owed = rules.approval_owed(referral.state, referral.approvals)
    rule = rules.due_rule(referral.state, referral.kind, owed=owed, route=route)
    referral.due_at, referral.due_rule = rule.due(work.now), rule.id


def _note(
    work: UnitOfWork,
    referral: Referral,
    kind: str,
    *,
    at: datetime,
    by_id: UUID,
    route: str | None = None,
    text: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    work.sharing.add(
        ReferralEvent(
            school_id=work.actor.school_id,
            id=new_id(),
            referral_id=referral.id,
            kind=kind,
            at=at,
            recorded_at=work.now,
            by_id=by_id,
            route=route,
            text=text,
            details=dict(details or {}),
        )
    )


async def _chronicle(work: UnitOfWork, referral: Referral, at: datetime) -> None:
    also = [referral.concern_id] if referral.concern_id else []
    chronicle(
        work,
        child_ids=[referral.child_id],
        kind="referral",
        thing_id=referral.id,
        occurred_at=at,
        concern_id=referral.concern_id,
        confidentiality=await strictest(work, referral.items, also),
    )


def _record(
    work: UnitOfWork, referral: Referral, did: Did, details: Mapping[str, Any] | None = None
) -> None:
    work.record(
        did, "referral", referral.id, child_id=referral.child_id,
        details={"state": referral.state, **(details or {})},
    )  # fmt: skip
