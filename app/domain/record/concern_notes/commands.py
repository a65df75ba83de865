"""Add amendments, comments and decisions to a concern beside its original."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Amendment, Comment, Concern, Decision
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import is_after_death
from app.domain.access.concern_access.queries import (
    concern_for,
    concern_to_work_on,
    own_concern_to_work_on,
)
from app.domain.access.conflicts import rules as conflicts
from app.domain.access.conflicts.queries import candidates_for
from app.domain.common.alerts.commands import tell
from app.domain.common.owners.queries import people_here
from app.domain.errors import FileFrozen
from app.domain.record.chronology.commands import chronicle
from app.domain.record.concern_amendments.commands import check_statement, follow_answers
from app.domain.record.concern_amendments.rules import NO_ANSWERS, Answers
from app.domain.record.concern_notes.schemas import DecisionIn
from app.domain.record.concern_reports.rules import recipients
from app.domain.record.concerns import rules as concerns_rules
from app.domain.record.concerns.commands import take_step
from app.domain.record.reviews.commands import review_of_decision
from app.domain.steps import new, record_row, touch

JOINED, NOBODY = "concern_joined", "nobody_to_own"


async def tell_of_more(work: UnitOfWork, concern: Concern) -> None:
    """Alert the owner of a concern, even a closed one, to an addition by another person.

    If its owner is not here, it goes where a new concern goes, among readers of its class. If
    nobody reads it, the person who can appoint someone learns that there is work, without its
    content.
    """
    if concern.owner_id == work.actor.id:
        return
    children = await work.concerns.child_ids(concern.id)
    owner, away = await _owner(work, concern, children)
    items = [] if owner is None else [owner]
    if owner is None or away:
        items += await _others(work, concern, children)
    for person in dict.fromkeys(items):
        if person != work.actor.id:
            tell(
                work, person, JOINED, concern_id=concern.id, about=("concern", concern.id),
                urgent=concern.immediacy != "routine",
            )  # fmt: skip


async def _owner(
    work: UnitOfWork, concern: Concern, children: Sequence[UUID]
) -> tuple[UUID | None, bool]:
    """The owner if they may still work on it, and whether they are away."""
    if concern.owner_id is None:
        return None, False
    about = {concern.id, *children}
    for item in await people_here(work, [concern.owner_id]):
        able = any(policy.can_own(rights, concern.confidentiality) for rights in item.rights)
        if able and not about & item.locked_out:
            return item.id, item.away
    return None, False


async def _others(work: UnitOfWork, concern: Concern, children: Sequence[UUID]) -> list[UUID]:
    """Who would be alerted to a new one; if nobody, an administrator to appoint a reader."""
    people = await candidates_for(work, concern.id, children)
    free = [person for person in people if not person.in_conflict]
    readers = [
        (item.id, item.role)
        for item in free
        if policy.can_own(policy.BUILT_IN[Role(item.role)], concern.confidentiality)
    ]
    away = {item.id for item in free if item.away}
    if result := recipients(readers, concern.owner_id or NIL, away=away):
        return result
    appoints = conflicts.next_owner(free, concern.confidentiality)
    if appoints is not None and appoints != work.actor.id:
        tell(work, appoints, NOBODY, urgent=True, matter_id=concern.id)
    return []


@dataclass(frozen=True, slots=True)
class AmendConcern:
    """A correction or addition; the original stays unchanged."""

    id: UUID | None
    kind: str
    statement_id: UUID | None
    text: str
    reason: str
    answers: Answers = NO_ANSWERS
    """Its answers besides the words, such as those to questions for the reporter."""


async def amend_concern(work: UnitOfWork, concern_id: UUID, command: AmendConcern) -> Amendment:
    """Save a correction or addition beside the original, with author, time and reason.

    The reporter may amend their own, and people who work on the whole of it. Raises
    `StatementUnknown`, `StatementKindTold`.
    """
    concern = await own_concern_to_work_on(work, concern_id, Permission.CONCERN_AMEND, adds=True)
    amendment = await amendment_of(work, concern, command)
    answers = command.answers
    work.concerns.add(amendment)
    await _add_to_chronology(work, concern, "amendment", amendment.id, work.now)
    if not await follow_answers(work, concern, answers, amendment.id):
        await tell_of_more(work, concern)
    touch(work, concern)
    record_amendment(work, amendment, command)
    return amendment


async def amendment_of(work: UnitOfWork, concern: Concern, command: AmendConcern) -> Amendment:
    """Build the row of an amendment, without saving it.

    Raises `StatementUnknown`, `StatementKindTold`.
    """
    answers = command.answers
    await check_statement(work, concern, command.statement_id, answers.statement_kind)
    return new(
        work, Amendment, command, concern_id=concern.id, told_already=list(answers.told_already),
        statement_kind=answers.statement_kind, immediacy=answers.immediacy,
        categories=list(answers.categories), self_harm=answers.self_harm, author_id=work.actor.id,
        post_event=await is_after_death(work, concern.id),
    )  # fmt: skip


def record_amendment(work: UnitOfWork, amendment: Amendment, command: AmendConcern) -> None:
    """Record the amendment in the audit log."""
    record_row(
        work, AuditEvent.CONCERN_AMENDED, amendment,
        after={"text": command.text, "reason": command.reason, **asdict(command.answers)},
        details={"concern_id": str(amendment.concern_id), "kind": command.kind},
    )  # fmt: skip


async def add_comment(
    work: UnitOfWork, concern_id: UUID, comment_id: UUID | None, text: str
) -> Comment:
    """Add to the staff discussion of a concern."""
    concern = await concern_for(work, concern_id, Permission.CONCERN_COMMENT, lock=True, adds=True)
    comment = new(
        work, Comment, id=comment_id or new_id(), concern_id=concern.id, text=text,
        author_id=work.actor.id,
    )  # fmt: skip
    work.concerns.add(comment)
    await _add_to_chronology(work, concern, "comment", comment.id, work.now)
    touch(work, concern)
    record_row(
        work, AuditEvent.COMMENT_ADDED, comment, after={"text": text},
        details={"concern_id": str(concern.id)},
    )  # fmt: skip
    return comment


async def _add_to_chronology(
    work: UnitOfWork, concern: Concern, kind: str, resource_id: UUID, occurred_at: datetime
) -> None:
    chronicle(
        work,
        child_ids=await work.concerns.child_ids(concern.id),
        kind=kind,
        resource_id=resource_id,
        occurred_at=occurred_at,
        concern_id=concern.id,
        confidentiality=concern.confidentiality,
    )


async def record_decision(work: UnitOfWork, concern_id: UUID, body: DecisionIn) -> Decision:
    """Add a decision about a concern to its record and to each child's chronology."""
    concern = await concern_to_work_on(work, concern_id, Permission.CONCERN_DECIDE, adds=True)
    if body.review_on is not None and concern.frozen_at is not None:
        raise FileFrozen
    return await keep_decision(work, concern, body)


async def keep_decision(work: UnitOfWork, concern: Concern, body: DecisionIn) -> Decision:
    """As `record_decision`, for a concern that is locked and that the actor works on."""
    decided_at = body.decided_at or work.now
    concerns_rules.check_occurred(decided_at, work.now, "/decided_at")
    decision = new(
        work, Decision, body, concern_id=concern.id, decided_by=work.actor.id,
        decided_at=decided_at,
        advice=[item.model_dump(mode="json", by_alias=True) for item in body.advice],
    )  # fmt: skip
    work.concerns.add(decision)
    await work.session.flush()
    await _add_to_chronology(work, concern, "decision", decision.id, decided_at)
    await review_of_decision(work, concern, decision)
    begin_work(work, concern)
    work.record(
        AuditEvent.DECISION_RECORDED, "decision", decision.id,
        after={"decision": body.decision, "reason": body.reason},
        details={"concern_id": str(concern.id), "kind": body.kind},
    )  # fmt: skip
    return decision


def begin_work(work: UnitOfWork, concern: Concern) -> None:
    """Set a triaged concern in progress; any other only gets a new version."""
    if concern.state == "triaged" and concern.frozen_at is None:
        take_step(work, concern, AuditEvent.CONCERN_RESUMED, state="in_progress")
    else:
        touch(work, concern)
