"""Approve a share, by one person, or by two if a guard requires it; then freeze it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import Contact, Decision, Share
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access.queries import decision_for
from app.domain.common.deadlines.commands import start_clock
from app.domain.errors import FieldProblem, SecondPersonNeeded
from app.domain.sharing.share_approvals.schemas import ShareApprovalIn
from app.domain.sharing.share_recipients.queries import (
    approvals_of,
    contact_of,
    guard_marks,
    reach_of,
)
from app.domain.sharing.share_recipients.rules import Approval, hash_of
from app.domain.sharing.shared_files.commands import unconfirmed
from app.domain.sharing.shared_files.schemas import AttachmentConfirmationIn
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.commands import enter_chronology, move, note_event, share_at
from app.domain.sharing.shares.errors import ApprovalIncomplete
from app.domain.sharing.shares.rules import FOLLOW_UP
from app.domain.sharing.snapshots.commands import Content, freeze, share_content
from app.domain.steps import new, record_row

REPEAT = (
    "The email address of this contact changed, and no safeguarding lead wrote or used it since. "
    "Check it with the contact, then send it again as address."
)


async def approve_share(
    work: UnitOfWork, share_id: UUID, version: int, body: ShareApprovalIn
) -> Share:
    """Approve a share, and freeze it when enough people have.

    Raises `PermissionMissing`, `ShareNotFound`, `VersionStale`, `StateConflict`, `ItemsHidden`,
    `FileLocked`, `ApprovalIncomplete`, `SecondPersonNeeded`, `TellingBlocked`, `ParentsGuarded`,
    `ItemNotOfChild`.
    """
    share = await share_at(work, share_id, version, "approve_share")
    contact = await contact_of(work, share)
    content = await share_content(work, share, contact)
    marks, home = await guard_marks(work, share)
    await _check_complete(work, share, contact, body, content, guarded=bool(marks))
    home.check(reason=bool(body.guard_reason))
    marks += home.marks
    guarded = bool(marks)
    address = contact.email if contact else None
    kept_approvals = _kept_approvals(share, content, address)
    if any(kept_approval["by"] == str(work.actor.id) for kept_approval in kept_approvals):
        raise SecondPersonNeeded
    seen = [*marks, *home.reason_marks]
    signed = approval(
        work, content.sha256, seen, body.reason, body.guard_reason, address, body.attachments
    )
    approvals = [*kept_approvals, signed]
    given = [Approval(UUID(item["by"]), item["sha256"]) for item in approvals]
    frozen = rules.may_freeze(given, guarded=guarded, drafted_by=share.drafted_by)
    decision_id = await _decision(work, share, body)
    snapshot_id = await freeze(work, "share", share.child_id, content) if frozen else None
    share.approvals, share.decision_id, share.snapshot_id = approvals, decision_id, snapshot_id
    if frozen:
        await _go_on(work, share)
    else:
        move(work, share, "draft")
    record_row(
        work, AuditEvent.SHARE_APPROVED, share,
        details={
            "approvals": len(share.approvals),
            "guarded": guarded,
            "frozen": frozen,
            "sha256": content.sha256,
            "attachments": len(content.files),
        },
    )  # fmt: skip
    return share


async def _check_complete(
    work: UnitOfWork,
    share: Share,
    contact: Contact | None,
    body: ShareApprovalIn,
    content: Content,
    *,
    guarded: bool,
) -> None:
    facts = {
        "lawful_basis": share.lawful_basis,
        "special_category_condition": share.special_category_condition,
        "para18_limb": share.para18_limb,
        "detriment_test": share.detriment_test,
        "items": share.items,
    }
    decided = bool(share.decision_id or body.decision_id or body.reason)
    problems = rules.missing_for_approval(
        facts, decided=decided, guarded=guarded, guard_reason=body.guard_reason
    )
    problems += content.problems
    problems += await unconfirmed(
        work, share.child_id, share.items, content.files, body.attachments
    )
    reach = await reach_of(work, share, contact)
    if reach is not None and reach.must_repeat and not _repeats(body, reach.contact.email):
        problems.append(FieldProblem("/address", "repeat_address", REPEAT))
    if share.expires_at is not None and share.expires_at <= work.now:
        problems.append(FieldProblem("/expires_at", "in_past", "It is in the past."))
    if problems:
        raise ApprovalIncomplete(problems=problems)


def _repeats(body: ShareApprovalIn, address: str | None) -> bool:
    return (body.address or "").strip().casefold() == (address or "").casefold()


def _kept_approvals(share: Share, content: Content, address: str | None) -> list[dict[str, Any]]:
    """Approvals of exactly this content to this address; others no longer count."""
    given = approvals_of(share)
    valid = {approval.by for approval in rules.still_valid(given, content.sha256)}
    goes_to = hash_of(address)
    return [
        item for item in share.approvals if UUID(item["by"]) in valid and item["address"] == goes_to
    ]


def approval(
    work: UnitOfWork,
    sha256: str,
    marks: Sequence[str],
    reason: str | None,
    guard_reason: str | None,
    address: str | None,
    attachments: Sequence[AttachmentConfirmationIn] = (),
) -> dict[str, Any]:
    """The actor's approval, as saved with the share, with only a hash of the address."""
    return {
        "by": str(work.actor.id),
        "role": work.actor.role_name,
        "at": written(work.now),
        "reason": reason,
        "guard_reason": guard_reason,
        "guards": list(marks),
        "sha256": sha256,
        "address": hash_of(address),
        "attachments": [attachment.model_dump() for attachment in attachments],
    }


async def _decision(work: UnitOfWork, share: Share, body: ShareApprovalIn) -> UUID | None:
    """The decision behind the share, made here from the reason if there is none."""
    if body.decision_id is not None:
        return await decision_for(work, share.child_id, body.decision_id)
    if share.decision_id is not None or body.reason is None:
        return share.decision_id
    return await decide(
        work,
        share.child_id,
        kind="share",
        question=f"Whether to share {share.reference}",
        decision="Share the chosen items with the named recipient",
        reason=body.reason,
    )


async def decide(
    work: UnitOfWork, child_id: UUID, *, kind: str, question: str, decision: str, reason: str
) -> UUID:
    """Save a decision about a child, made now by the actor; returns its ID."""
    row = new(
        work, Decision, concern_id=None, child_id=child_id, kind=kind, question=question,
        options=[], decision=decision, reason=reason, advice=[], decided_by=work.actor.id,
        decided_at=work.now, review_on=None,
    )  # fmt: skip
    work.concerns.add(row)
    record_row(work, AuditEvent.DECISION_RECORDED, row, child_id=child_id)
    await work.session.flush()
    return row.id


async def _go_on(work: UnitOfWork, share: Share) -> None:
    """Start the clock and record the approval once the share is frozen."""
    await start_clock(work, share, FOLLOW_UP)
    move(work, share, "approved")
    note_event(work, share, "approved", at=work.now, by_id=work.actor.id)
    await enter_chronology(work, share, work.now)
