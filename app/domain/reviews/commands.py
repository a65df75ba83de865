"""Setting, changing, completing and ending reviews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Concern, Decision, Review, ReviewNote
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import check_reach, child_for
from app.domain.access.concerns import concern_to_work_on
from app.domain.alerts.telling import tell
from app.domain.chronology.entries import chronicle
from app.domain.clocks.choosing import check_furthest, choose_clock
from app.domain.clocks.keeping import calendar_of, start_clock, stop_clock
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.owners.rules import Thing, why_not
from app.domain.owners.settling import people_here
from app.domain.reviews import rules
from app.domain.reviews.errors import ReviewDueUnsuitable, ReviewOwnerUnsuitable
from app.domain.reviews.rules import Every
from app.domain.reviews.sight import review_to_change

NO_MORE: Final = ("duplicate_of", "entered_in_error")


@dataclass(frozen=True, slots=True)
class SetReview:
    """A look that is owed: at a child in a class, or at a concern; by when, or how often."""

    id: UUID | None
    child_id: UUID | None
    concern_id: UUID | None
    what: str
    owner_id: UUID | None
    due_at: datetime | None
    every: Every | None
    confidentiality: str = "K3"


async def set_review(work: UnitOfWork, wish: SetReview) -> Review:
    """Set a review; its owner is told.

    Raises `PermissionMissing`, `ConcernNotFound`, `ChildNotFound`, `ConflictOfInterest`,
    `OutsideCohort`, `StateConflict`, `ValidationFailed`, `ReviewOwnerUnsuitable`,
    `ReviewDueUnsuitable`, `DueTooFar`.
    """
    confidentiality = await _class_of(work, wish)
    review = Review(
        school_id=work.actor.school_id,
        id=wish.id or new_id(),
        child_id=wish.child_id,
        concern_id=wish.concern_id,
        what=wish.what,
        confidentiality=confidentiality,
        owner_id=wish.owner_id or work.actor.id,
        every_count=wish.every and wish.every.count,
        every_unit=wish.every and wish.every.unit,
        set_by=work.actor.id,
        set_at=work.now,
        version=1,
        changed_at=work.now,
    )
    await _check_owner(work, review)
    await _next_due(work, review, wish.due_at)
    _keep(work, review)
    return review


def _keep(work: UnitOfWork, review: Review) -> None:
    work.concerns.add(review)
    work.record(
        Did.REVIEW_SET, rules.NOUN, review.id, child_id=review.child_id,
        after={"what": review.what},
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
            about=(rules.NOUN, review.id),
        )  # fmt: skip


async def _class_of(work: UnitOfWork, wish: SetReview) -> str:
    """The class it is kept in, where the actor works on what it is about."""
    if wish.concern_id is not None:
        concern = await concern_to_work_on(work, wish.concern_id, Permission.REVIEW_SET)
        if concern.state in NO_MORE:
            raise StateConflict
        return concern.confidentiality
    if wish.child_id is None:
        problem = FieldProblem("/child_id", "needed", "Name a child or a concern.")
        raise ValidationFailed(problems=[problem])
    child = await child_for(work, wish.child_id, Permission.REVIEW_SET)
    alone = replace(work.actor, grants=())  # what is granted is for reading
    check_reach(alone, child.id, child.year_group, child.registration_group)
    _check_class(work, wish.confidentiality)
    return wish.confidentiality


def _check_class(work: UnitOfWork, confidentiality: str) -> None:
    if confidentiality not in policy.triage_classes(work.actor):
        problem = FieldProblem("/confidentiality", "unreadable", "Your role does not read it.")
        raise ValidationFailed(problems=[problem])


async def _check_owner(work: UnitOfWork, review: Review) -> None:
    """Raise `ReviewOwnerUnsuitable` unless the owner may own it and has no conflict."""
    children = await children_of(work, review)
    thing = Thing(
        rules.NOUN, review.id, review.owner_id, review.confidentiality, review.concern_id,
        frozenset({*children, *((review.concern_id,) if review.concern_id else ())}),
    )  # fmt: skip
    people = await people_here(work, [review.owner_id])
    if why_not(next(iter(people), None), thing) is not None:
        raise ReviewOwnerUnsuitable


async def children_of(work: UnitOfWork, review: Review) -> list[UUID]:
    """The child it is about, or the children of its concern."""
    if review.concern_id is not None:
        return await work.concerns.child_ids(review.concern_id)
    return [review.child_id] if review.child_id else []


async def _next_due(work: UnitOfWork, review: Review, due_at: datetime | None) -> None:
    """Give it its next due time: the one that was chosen, or by its interval.

    Raises `ReviewDueUnsuitable`, `DueTooFar`.
    """
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
    """A decision that is to be looked at again makes a review of its concern, its decider's.

    Raises `DueTimePassed`, `DueTooFar`.
    """
    if decision.review_on is None:
        return
    review = Review(
        school_id=work.actor.school_id, id=new_id(), concern_id=concern.id,
        decision_id=decision.id, what=decision.question, confidentiality=concern.confidentiality,
        owner_id=decision.decided_by, set_by=work.actor.id, set_at=work.now, version=1,
        changed_at=work.now,
    )  # fmt: skip
    await choose_clock(work, review, decision.review_on, rules.FURTHEST)
    _keep(work, review)


async def change_review(
    work: UnitOfWork, review_id: UUID, version: int, fields: Mapping[str, Any]
) -> Review:
    """Change what, owner, time, interval or class: only the fields that are named.

    Raises as `review_to_change`, `ValidationFailed`, `ReviewOwnerUnsuitable`,
    `ReviewDueUnsuitable`.
    """
    review = await review_to_change(work, review_id, version)
    before = {name: getattr(review, name) for name in ("what", "owner_id", "confidentiality")}
    _apply(work, review, fields)
    if "due_at" in fields:
        await _next_due(work, review, fields["due_at"])
    if {"owner_id", "confidentiality"} & fields.keys():
        await _check_owner(work, review)
    if review.owner_id != before["owner_id"]:
        _tell_owner(work, review)
    _touch(work, review)
    after = {name: getattr(review, name) for name in before}
    work.record(
        Did.REVIEW_CHANGED, rules.NOUN, review.id, child_id=review.child_id, before=before,
        after=after, details={"fields": sorted(fields)},
    )  # fmt: skip
    return review


def _apply(work: UnitOfWork, review: Review, fields: Mapping[str, Any]) -> None:
    if "confidentiality" in fields:
        if review.concern_id is not None:
            problem = FieldProblem("/confidentiality", "of_concern", "It has its concern's class.")
            raise ValidationFailed(problems=[problem])
        _check_class(work, fields["confidentiality"])
    for name in ("what", "owner_id", "confidentiality"):
        if name in fields:
            setattr(review, name, fields[name])
    if "every" in fields:
        every = fields["every"]
        review.every_count, review.every_unit = (every.count, every.unit) if every else (None, None)


def _touch(work: UnitOfWork, review: Review) -> None:
    review.version += 1
    review.changed_at = work.now


@dataclass(frozen=True, slots=True)
class CompleteReview:
    """What was found, and what follows: `continue`, `change` (of plan or interval), or `end`."""

    note: str
    outcome: str
    next_due_at: datetime | None = None


async def complete_review(
    work: UnitOfWork, review_id: UUID, version: int, wish: CompleteReview
) -> Review:
    """Keep what was found, and set the next one by the interval or the given time.

    Raises as `review_to_change`, `ReviewDueUnsuitable`.
    """
    review = await review_to_change(work, review_id, version)
    was_due = review.due_at
    if wish.outcome == "end":
        _end(work, review, None, "done")
    else:
        await _next_due(work, review, wish.next_due_at)
    review.done_at = work.now
    _touch(work, review)
    note = ReviewNote(
        school_id=review.school_id,
        id=new_id(),
        review_id=review.id,
        note=wish.note,
        outcome=wish.outcome,
        was_due_at=was_due,
        next_due_at=None if wish.outcome == "end" else review.due_at,
        by_id=work.actor.id,
        at=work.now,
    )
    work.concerns.add(note)
    await _chronicle(work, review, note, await children_of(work, review))
    work.record(
        Did.REVIEW_DONE, rules.NOUN, review.id, child_id=review.child_id,
        after={"note": wish.note},
        details={"outcome": wish.outcome, "note_id": str(note.id)},
    )  # fmt: skip
    return review


async def _chronicle(
    work: UnitOfWork, review: Review, note: ReviewNote, children: Sequence[UUID]
) -> None:
    chronicle(
        work,
        child_ids=children,
        kind="review",
        thing_id=note.id,
        occurred_at=work.now,
        concern_id=review.concern_id,
        confidentiality=review.confidentiality,
    )


def _end(work: UnitOfWork, review: Review, reason: str | None, because: str) -> None:
    review.ended_at, review.ended_by, review.end_reason = work.now, work.actor.id, reason
    stop_clock(work, review, because)


async def end_review(work: UnitOfWork, review_id: UUID, version: int, reason: str) -> Review:
    """Say that no look is owed any more, and why. Raises as `review_to_change`."""
    review = await review_to_change(work, review_id, version)
    _end(work, review, reason, "ended")
    _touch(work, review)
    work.record(Did.REVIEW_ENDED, rules.NOUN, review.id, child_id=review.child_id, reason=reason)
    return review
