"""Approve, acknowledge, answer and close referrals; and what each step does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import Agency, Referral, ReferralEvent
from app.db.repositories.sharing import referrals
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access.queries import decision_for
from app.domain.common.deadlines.commands import calendar_of, start_clock, stop_clock
from app.domain.common.deadlines.rules import rule_on
from app.domain.duty.milestones.commands import Around, happened
from app.domain.duty.milestones.rules import EVENTS
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.errors import FieldProblem, SecondPersonNeeded
from app.domain.record.chronology.commands import chronicle
from app.domain.sharing.barred_recipients.queries import barred_agency
from app.domain.sharing.recipient_links.commands import end_links
from app.domain.sharing.referral_contents.queries import referral_content, unconfirmed_files
from app.domain.sharing.referral_forms.queries import form_for
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.errors import QuestionOpen
from app.domain.sharing.referrals.queries import for_approval, referral_at
from app.domain.sharing.referrals.schemas import AcknowledgementIn, OutcomeIn, ReferralApprovalIn
from app.domain.sharing.share_approvals.commands import decide
from app.domain.sharing.shares.commands import check_moment
from app.domain.sharing.shares.errors import ApprovalIncomplete
from app.domain.sharing.snapshots.commands import freeze, strictest
from app.domain.steps import new, record_row, touch

TASK: Final = "sh_declined"
DECLINED: Final = "declined"


@dataclass(frozen=True, slots=True)
class Note:
    """Content of a referral event; `by_id` None is the agency, or Cairn itself."""

    kind: str
    at: datetime
    by_id: UUID | None = None
    by_kind: str = "staff"
    route: str | None = None
    text: str | None = None
    details: Mapping[str, Any] | None = None


def move(work: UnitOfWork, referral: Referral, state: str) -> None:
    """Change its state; people who saw it before have to see it again."""
    referral.state = state
    touch(work, referral)


def end(work: UnitOfWork, referral: Referral, reason: str) -> None:
    """End it, and stop its clock."""
    referral.ended_at, referral.due_at, referral.due_rule = work.now, None, None
    stop_clock(work, referral, reason)


async def go_on(
    work: UnitOfWork, referral: Referral, *, route: str | None = None, answered: bool = False
) -> None:
    """Start the clock for the next due step.

    No step answers the agency's questions, except the one that says so (`answered`).
    """
    outstanding = rules.approval_owed(referral.state, referral.approvals, referral.duty_of)
    rule = rules.due_rule(referral.state, referral.kind, outstanding=outstanding, route=route)
    since = rules.SINCE.get(rule)
    due = await start_clock(work, referral, rule, since=getattr(referral, since) if since else None)
    if rule == rules.FOLLOW_UP and due <= work.now:
        await start_clock(work, referral, rule)
    if not answered:
        await keep_question(work, referral)


async def keep_question(work: UnitOfWork, referral: Referral) -> None:
    """Keep the due time of the agency's question, if it is earlier."""
    since = min((await open_questions(work, referral)).values(), default=None)
    if since is None or referral.due_at is None:
        return
    calendar = await calendar_of(work)
    rule = rule_on(rules.ANSWER, calendar.local(since).date())
    if rule.due(since, calendar) < referral.due_at:
        await start_clock(work, referral, rules.ANSWER, since=since)


async def open_questions(work: UnitOfWork, referral: Referral) -> dict[UUID, datetime]:
    """Open questions of the agency, each with its time."""
    return rules.open_questions(
        rules.Passed(
            referral_event.id,
            referral_event.kind,
            referral_event.recorded_at,
            referral_event.details.get("question_id"),
        )
        for referral_event in await work.sharing.referral_events(referral.id)
    )


async def bring_forward(work: UnitOfWork, referral: Referral, rule_id: str) -> None:
    """Start a clock where it falls due before the one that runs."""
    calendar = await calendar_of(work)
    rule = rule_on(rule_id, calendar.local(work.now).date())
    if referral.due_at is None or rule.due(work.now, calendar) < referral.due_at:
        await start_clock(work, referral, rule_id)


def note(work: UnitOfWork, referral: Referral, event: Note) -> UUID:
    """Save an event; returns its ID."""
    id_ = new_id()
    row = new(
        work, ReferralEvent, event, id=id_, referral_id=referral.id,
        details=dict(event.details or {}),
    )  # fmt: skip
    work.sharing.add(row)
    return id_


def read_by_agency(
    work: UnitOfWork,
    referral: Referral,
    details: Mapping[str, Any],
    *,
    route: str | None = None,
) -> None:
    """Record that the agency has read it: its own version, which blocks no step."""
    move(work, referral, referral.state)
    with_version = {**details, "version": referral.version}
    note(
        work,
        referral,
        Note("opened", work.now, by_kind="agency", route=route, details=with_version),
    )


async def chronicled(work: UnitOfWork, referral: Referral, at: datetime) -> None:
    """Enter it in the child's chronology."""
    also = [referral.concern_id] if referral.concern_id else []
    chronicle(
        work,
        child_ids=[referral.child_id],
        kind="referral",
        resource_id=referral.id,
        occurred_at=at,
        concern_id=referral.concern_id,
        confidentiality=await strictest(work, referral.items, also),
    )


def traced(
    work: UnitOfWork, referral: Referral, did: AuditEvent, details: Mapping[str, Any] | None = None
) -> None:
    """Record in the audit log what was done with it."""
    record_row(work, did, referral, details={"state": referral.state, **(details or {})})


async def look_again(work: UnitOfWork, referral: Referral) -> None:
    """Ask for a review of the pupil's plan or pathway, if there is one.

    Asked once while it is open. The agency's message stays with the referral.
    """
    if rules.outcome_class(referral.outcome) != DECLINED:
        return
    driver, school_id = await work.driver(), work.actor.school_id
    rests = await referrals.rests_on(driver, school_id, referral.child_id)
    if rests is None or await open_tasks(work, kinds=[TASK], about_id=referral.id):
        return
    also = [referral.concern_id] if referral.concern_id else []
    classes = await strictest(work, referral.items, also), rests["confidentiality"]
    locked_out = await work.concerns.locked_out_of(also[0]) if also else []
    await set_task(
        work,
        SetTask(
            TASK, child_id=referral.child_id, concern_id=referral.concern_id,
            about=("referral", referral.id), confidentiality=max("K3", *classes),
            first=rests["owner_id"], barred=locked_out,
            facts={"outcome_class": DECLINED},
        ),
    )  # fmt: skip


async def approve_referral(
    work: UnitOfWork, referral_id: UUID, version: int, body: ReferralApprovalIn
) -> Referral:
    """Approve a referral and freeze it; one sent in an emergency is reviewed instead.

    Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`,
    `ApprovalIncomplete`, `SecondPersonNeeded` (the emergency is the actor's own).
    """
    referral = await referral_at(
        work, referral_id, version, "approve_referral", Permission.REFERRAL_APPROVE
    )
    decided = bool(referral.decision_id or body.decision_id or body.reason)
    if referral.state == "draft":
        content = await referral_content(work, referral)
        form = await form_for(work, referral)
        problems = rules.missing_for_approval(form, for_approval(referral), decided=decided)
        problems = [*problems, *content.problems]
        problems += await unconfirmed_files(work, referral, content, body.attachments)
        problems += await _barred_agency(work, referral)
        if problems:
            raise ApprovalIncomplete(problems=problems)
        decision_id = await _decision(work, referral, body)
        referral.snapshot_id = await freeze(work, "referral", referral.child_id, content)
        move(work, referral, "approved")
    else:
        await _check_reviewer(work, referral)
        if not decided:
            problem = FieldProblem("/reason", "missing", "Give a reason, or name a decision.")
            raise ApprovalIncomplete(problems=[problem])
        decision_id = await _decision(work, referral, body)
        move(work, referral, referral.state)
    referral.approvals, referral.decision_id = [_approval(work, body)], decision_id
    if referral.state == rules.WITHDRAWN:
        end(work, referral, rules.WITHDRAWN)
    else:
        await go_on(work, referral)
    note(work, referral, Note("approved", at=work.now, by_id=work.actor.id))
    await chronicled(work, referral, work.now)
    traced(work, referral, AuditEvent.REFERRAL_APPROVED)
    return referral


async def _barred_agency(work: UnitOfWork, referral: Referral) -> list[FieldProblem]:
    """Check whether the agency may be someone barred; an emergency takes precedence."""
    agency = await work.sharing.find(Agency, referral.agency_id)
    return await barred_agency(work, referral, agency) if agency is not None else []


async def record_acknowledgement(
    work: UnitOfWork, referral_id: UUID, version: int, body: AcknowledgementIn
) -> Referral:
    """Record that the agency has it. Raises as `approve_referral`."""
    referral = await referral_at(work, referral_id, version, "record_acknowledgement")
    check_moment(work, body.at, referral.sent_at)
    if body.agency_reference is not None:
        referral.agency_reference = body.agency_reference
    move(work, referral, rules.state_after("acknowledged", referral.state))
    if referral.state != "challenged":
        await go_on(work, referral)
    details = {"from": body.by, "agency_reference": body.agency_reference}
    note(work, referral, Note("acknowledged", body.at, work.actor.id, details=details))
    traced(work, referral, AuditEvent.REFERRAL_ACKNOWLEDGED)
    return referral


async def record_outcome(
    work: UnitOfWork, referral_id: UUID, version: int, body: OutcomeIn
) -> Referral:
    """Record the agency's decision; a later one replaces it and both stay in the events.

    Raises as `approve_referral`.
    """
    referral = await referral_at(work, referral_id, version, "record_outcome")
    check_moment(work, body.at, referral.sent_at)
    referral.outcome = body.outcome
    move(work, referral, rules.state_after("outcome_received", referral.state))
    if referral.state != "challenged":
        await go_on(work, referral)
    details = {"from": body.returned_by, "outcome": body.outcome}
    note(
        work, referral,
        Note("outcome_received", body.at, work.actor.id, text=body.reason, details=details),
    )  # fmt: skip
    kinds = {"outcome": body.outcome, "outcome_class": rules.outcome_class(body.outcome)}
    traced(work, referral, AuditEvent.REFERRAL_OUTCOME_RECORDED, kinds)
    await follow_outcome(work, referral)
    await look_again(work, referral)
    return referral


OF_AUTHORITY: Final = "K4"
"""Class of the authority's next steps; never wider than the concern's."""


async def follow_outcome(work: UnitOfWork, referral: Referral) -> None:
    """Start and stop the clocks of the decision; an assessment's runs from the referral."""
    event = f"referral.{referral.outcome}"
    if event not in EVENTS:
        return
    since = work.now if event == rules.DISCUSSED else referral.sent_at or work.now
    await happened(work, around(referral, since), event)


def around(referral: Referral, since: datetime) -> Around:
    """Subject of the clocks that a referral starts and stops."""
    return Around(
        [referral.child_id], since, referral.concern_id, confidentiality=OF_AUTHORITY,
        first=referral.owner_id,
    )  # fmt: skip


async def close_referral(
    work: UnitOfWork, referral_id: UUID, version: int, body: ReasonIn
) -> Referral:
    """End one that has its outcome, or will not be sent; its link no longer opens anything.

    Raises as `approve_referral`, `QuestionOpen`.
    """
    referral = await referral_at(work, referral_id, version, "close_referral")
    if await open_questions(work, referral):
        raise QuestionOpen
    before = referral.state
    move(work, referral, "closed")
    end(work, referral, "closed")
    await end_links(work, "referral", referral.id, "closed")
    note(work, referral, Note("closed", work.now, work.actor.id, text=body.reason))
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


def _approval(work: UnitOfWork, body: ReferralApprovalIn) -> dict[str, Any]:
    return {
        "by": str(work.actor.id),
        "role": work.actor.role_name,
        "at": written(work.now),
        "reason": body.reason,
        "guard_reason": None,
        "attachments": [attachment.model_dump() for attachment in body.attachments],
    }


async def _decision(work: UnitOfWork, referral: Referral, body: ReferralApprovalIn) -> UUID | None:
    """The decision behind the referral, made here from the reason if there is none."""
    if body.decision_id is not None:
        return await decision_for(work, referral.child_id, body.decision_id)
    if referral.decision_id is not None or body.reason is None:
        return referral.decision_id
    return await decide(
        work,
        referral.child_id,
        kind="refer",
        question=f"Whether to refer ({referral.reference})",
        decision="Refer to the named agency",
        reason=body.reason,
    )
