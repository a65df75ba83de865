"""Setting, changing, completing and ending reviews."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import Concern, Decision, Review, ReviewNote
from app.db.repositories.record import reviews as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import check_reach, child_for
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import (
    calendar_of,
    check_furthest,
    choose_clock,
    start_clock,
)
from app.domain.common.deadlines.errors import DueTooFar
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, why_not
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.kinds import children_of
from app.domain.record.chronology.commands import chronicle
from app.domain.record.reviews import rules
from app.domain.record.reviews.errors import ReviewDueUnsuitable, ReviewOwnerUnsuitable
from app.domain.record.reviews.kind import REVIEW
from app.domain.record.reviews.rules import Every
from app.domain.record.reviews.schemas import CompleteReviewIn, ReviewIn, ReviewPatch
from app.domain.steps import Details, Target, end, new, record_row, step

P = Permission
NO_MORE: Final = ("duplicate_of", "entered_in_error")
DUE = (ReviewDueUnsuitable, DueTooFar)


async def set_review(work: UnitOfWork, body: ReviewIn) -> Review:
    """Set a review of a child or a concern, and alert its owner.

    Raises `PermissionMissing`, `ConcernNotFound`, `ChildNotFound`, `ConflictOfInterest`,
    `OutsideCohort`, `StateConflict`, `ValidationFailed`, `ReviewOwnerUnsuitable`,
    `ReviewDueUnsuitable`, `DueTooFar`.
    """
    review = new(
        work, Review, body, confidentiality=await _class_of(work, body),
        owner_id=body.owner_id or work.actor.id,
    )  # fmt: skip
    _set_every(review, body.every.interval if body.every else None)
    await _check_owner(work, review)
    await _next_due(work, review, body.due_at)
    work.concerns.add(review)
    _keep(work, review)
    return review


def _keep(work: UnitOfWork, review: Review) -> None:
    record_row(
        work, AuditEvent.REVIEW_SET, review, after={"what": review.what},
        details={
            "owner_id": str(review.owner_id),
            "concern_id": review.concern_id and str(review.concern_id),
            "decision_id": review.decision_id and str(review.decision_id),
        },
    )  # fmt: skip
    _tell_owner(work, review)


def _tell_owner(work: UnitOfWork, review: Review) -> None:
    if review.owner_id != work.actor.id:
        tell(
            work, review.owner_id, "review_set", concern_id=review.concern_id,
            about=(REVIEW.name, review.id),
        )  # fmt: skip


async def _class_of(work: UnitOfWork, body: ReviewIn) -> str:
    """Class of a review, if the actor works on its subject."""
    if body.concern_id is not None:
        concern = await concern_to_work_on(work, body.concern_id, P.REVIEW_SET)
        if concern.state in NO_MORE:
            raise StateConflict
        return concern.confidentiality
    assert body.child_id is not None  # noqa: S101 - the schema says so
    child = await child_for(work, body.child_id, P.REVIEW_SET)
    alone = replace(work.actor, grants=())  # grants are for reading
    check_reach(alone, child.id, child.year_group, child.registration_group)
    _check_class(work, body.confidentiality)
    return body.confidentiality


def _check_class(work: UnitOfWork, confidentiality: str) -> None:
    if confidentiality not in policy.triage_classes(work.actor):
        problem = FieldProblem("/confidentiality", "unreadable", "Your role does not read it.")
        raise ValidationFailed(problems=[problem])


async def _check_owner(work: UnitOfWork, review: Review) -> None:
    """Raise `ReviewOwnerUnsuitable` unless the owner may own it and has no conflict."""
    about = [review.child_id, review.concern_id]
    if review.concern_id is not None:
        about += await work.concerns.child_ids(review.concern_id)
    thing = OwnedResource(
        REVIEW.name, review.id, review.owner_id, review.confidentiality, review.concern_id,
        frozenset(item for item in about if item is not None),
    )  # fmt: skip
    people = await people_here(work, [review.owner_id])
    if why_not(next(iter(people), None), thing) is not None:
        raise ReviewOwnerUnsuitable


def _set_every(review: Review, every: Every | None) -> None:
    review.every_count, review.every_unit = (every.count, every.unit) if every else (None, None)


async def _next_due(work: UnitOfWork, review: Review, due_at: datetime | None) -> None:
    """Give it its next due time: the one that was chosen, or by its interval."""
    if due_at is not None:
        if due_at <= work.now:
            raise ReviewDueUnsuitable
        await choose_clock(work, review, due_at, rules.FURTHEST)
    elif review.every_count is not None and review.every_unit is not None:
        every = Every(review.every_count, review.every_unit)
        day = rules.falls_on(every, work.now, await calendar_of(work))
        await check_furthest(work, day, rules.FURTHEST)
        await start_clock(work, review, rules.DUE, since=day)
    else:
        raise ReviewDueUnsuitable


async def review_of_decision(work: UnitOfWork, concern: Concern, decision: Decision) -> None:
    """Set a review of a concern if a decision asks for one; its owner is the decider.

    Raises `DueTimePassed`, `DueTooFar`.
    """
    if decision.review_on is None:
        return
    review = new(
        work, Review, concern_id=concern.id, decision_id=decision.id, what=decision.question,
        confidentiality=concern.confidentiality, owner_id=decision.decided_by,
    )  # fmt: skip
    await choose_clock(work, review, decision.review_on, rules.FURTHEST)
    work.concerns.add(review)
    _keep(work, review)


@step(
    REVIEW, AuditEvent.REVIEW_CHANGED, P.REVIEW_SET, body=ReviewPatch, path="",
    errors=(ReviewOwnerUnsuitable, *DUE),
)  # fmt: skip
async def update_review(work: UnitOfWork, target: Target[Review], body: ReviewPatch) -> Details:
    """Update a review.

    Changes what to review, the owner, the interval, the due time or the class with a merge patch.
    """
    review, sent, owner = target.row, body.model_fields_set, target.row.owner_id
    if "confidentiality" in sent:
        if review.concern_id is not None:
            problem = FieldProblem(
                "/confidentiality",
                "of_concern",
                "A review of a concern has the class of its concern.",
            )
            raise ValidationFailed(problems=[problem])
        _check_class(work, body.confidentiality)
        driver = await work.driver()
        await stored.reclassify(driver, review.school_id, review.id, body.confidentiality)
    for name in sent & {"what", "owner_id", "confidentiality"}:
        setattr(review, name, getattr(body, name))
    if "every" in sent:
        _set_every(review, body.every.interval if body.every else None)
    if "due_at" in sent:
        await _next_due(work, review, body.due_at)
    if {"owner_id", "confidentiality"} & sent:
        await _check_owner(work, review)
    if review.owner_id != owner:
        _tell_owner(work, review)
    return {"fields": sorted(sent)}


@step(REVIEW, AuditEvent.REVIEW_DONE, P.REVIEW_SET, body=CompleteReviewIn, errors=DUE)
async def complete_review(
    work: UnitOfWork, target: Target[Review], body: CompleteReviewIn
) -> Details:
    """Complete a review.

    Records what you found. The next review follows at the interval or at the time you give, unless
    you end it.
    """
    review, was_due, over = target.row, target.row.due_at, body.outcome == "end"
    if over:
        end(work, review, "done")
    else:
        await _next_due(work, review, body.next_due_at)
    review.done_at = work.now
    note = new(
        work, ReviewNote, body, review_id=review.id, was_due_at=was_due,
        next_due_at=None if over else review.due_at,
    )  # fmt: skip
    work.concerns.add(note)
    chronicle(
        work, child_ids=children_of(target.facts), kind="review", resource_id=note.id,
        occurred_at=work.now, concern_id=review.concern_id,
        confidentiality=review.confidentiality,
    )  # fmt: skip
    return {"outcome": body.outcome, "note_id": str(note.id)}


@step(
    REVIEW,
    AuditEvent.REVIEW_ENDED,
    P.REVIEW_SET,
    body=ReasonIn,
    ends="ended",
)
async def end_review(work: UnitOfWork, target: Target[Review], body: ReasonIn) -> Details:
    """End a review.

    Records that no further review is needed, and why.
    """
    target.row.end_reason = body.reason
    return None
