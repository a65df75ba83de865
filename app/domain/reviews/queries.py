"""Reads of reviews: lists without narrative, and opening one, which leaves a trace."""

from typing import Any
from uuid import UUID

from app.core.words import Did, Permission
from app.db.models import Review
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import reviews as stored
from app.db.repositories.reviews import ReviewFilter
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.reviews import rules
from app.domain.reviews.commands import children_of
from app.domain.reviews.sight import review_for, review_sight, works_on


async def list_reviews(reading: Reading, asked: ReviewFilter, paging: PageOf) -> Page[str]:
    """Reviews that the actor may read: open ones soonest due first, ended ones newest first."""
    policy.require(reading.actor, Permission.REVIEW_SET)
    rows = await stored.page_of_reviews(reading.driver, review_sight(reading.actor), asked, paging)
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["sort_at"], row["id"]),
        shape=lambda row: row["card"],
    )


async def open_review(work: UnitOfWork, review_id: UUID) -> tuple[Review, dict[str, Any]]:
    """One review with every look that was taken. Raises `PermissionMissing`, `ReviewNotFound`."""
    review = await review_for(work, review_id)
    for child_id in await children_of(work, review):
        work.record(Did.REVIEW_OPENED, rules.NOUN, review.id, child_id=child_id)
    return review, await whole(work, review)


async def whole(work: UnitOfWork, review: Review) -> dict[str, Any]:
    """A review that may be seen, as it leaves."""
    driver, school_id = await work.driver(), work.actor.school_id
    names = await stored.beside(driver, school_id, review.id)
    notes = await stored.notes_of(driver, school_id, review.id)
    every = review.every_count and {"count": review.every_count, "unit": review.every_unit}
    works = await works_on(work, review)
    return {
        "id": review.id,
        "child": review.child_id and {"id": review.child_id, "name": names["child_name"]},
        "concern": review.concern_id and {"id": review.concern_id, "reference": names["reference"]},
        "decision_id": review.decision_id,
        "what": review.what,
        "confidentiality": names["confidentiality"],
        "owner": {"id": review.owner_id, "name": names["owner_name"]},
        "due_at": review.due_at,
        "due_rule": review.due_rule,
        "every": every or None,
        "state": "open" if review.ended_at is None else "ended",
        "set_by": {"id": review.set_by, "name": names["set_by_name"]},
        "set_at": review.set_at,
        "done_at": review.done_at,
        "ended_at": review.ended_at,
        "end_reason": review.end_reason,
        "looks": [_look(row) for row in notes],
        "permissions": rules.next_verbs(work.actor, ended=review.ended_at is not None, works=works),
    }


def _look(row: Any) -> dict[str, Any]:
    shown = {name: row[name] for name in ("id", "note", "outcome", "at", "was_due_at")}
    by = {"id": row["by_id"], "name": row["by_name"]}
    return {**shown, "next_due_at": row["next_due_at"], "by": by}
