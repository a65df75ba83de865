"""Reviews: set, read, changed, completed and ended."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.common import PageOut
from app.api.schemas.reviews import (
    CompleteReviewIn,
    EndReviewIn,
    ReviewCard,
    ReviewIn,
    ReviewListIn,
    ReviewOut,
    ReviewPatch,
)
from app.api.shapes import reviews as shapes
from app.core.words import Permission
from app.domain.access.children import OutsideCohort
from app.domain.clocks.errors import DueTooFar
from app.domain.errors import (
    ChildNotFound,
    ConcernNotFound,
    ConflictOfInterest,
    StateConflict,
)
from app.domain.reviews import commands, errors, queries

ops = Operations("reviews")
router = ops.router


@ops.query("/v1/reviews", out=PageOut[ReviewCard], needs=Permission.REVIEW_SET)
async def list_reviews(
    query: Annotated[ReviewListIn, Query()], reading: Reading, request: Request
) -> Response:
    """Reviews I may read: open ones soonest due first, ended ones newest first."""
    found = await queries.list_reviews(reading, shapes.asked(query), page_asked(query))
    return replies.ready_page(request, found)


@ops.command(
    "POST",
    "/v1/reviews",
    out=ReviewOut,
    needs=Permission.REVIEW_SET,
    status=201,
    errors=(
        ConcernNotFound,
        ChildNotFound,
        ConflictOfInterest,
        OutsideCohort,
        StateConflict,
        errors.ReviewOwnerUnsuitable,
        errors.ReviewDueUnsuitable,
        DueTooFar,
    ),
)
async def set_review(body: ReviewIn, work: Work) -> Response:
    """Set a review of a child or a concern; its owner is told."""
    review = await commands.set_review(work, shapes.wish(body))
    return await shapes.review(work, review, status=201)


@ops.opening(
    "/v1/reviews/{review_id}",
    out=ReviewOut,
    needs=Permission.REVIEW_SET,
    errors=(errors.ReviewNotFound,),
)
async def open_review(review_id: UUID, work: Work) -> Response:
    """Open one review, with every look that was taken."""
    review, found = await queries.open_review(work, review_id)
    return replies.record(found, version=review.version)


@ops.command(
    "PATCH",
    "/v1/reviews/{review_id}",
    out=ReviewOut,
    needs=Permission.REVIEW_SET,
    errors=(
        errors.ReviewNotFound,
        errors.ReviewEnded,
        errors.ReviewOwnerUnsuitable,
        errors.ReviewDueUnsuitable,
        DueTooFar,
    ),
)
async def change_review(
    review_id: UUID, body: ReviewPatch, version: IfMatch, work: Work
) -> Response:
    """Change a review with a merge patch."""
    fields = shapes.fields(body)
    return await shapes.review(work, await commands.change_review(work, review_id, version, fields))


@ops.command(
    "POST",
    "/v1/reviews/{review_id}/complete",
    out=ReviewOut,
    needs=Permission.REVIEW_SET,
    errors=(errors.ReviewNotFound, errors.ReviewEnded, errors.ReviewDueUnsuitable, DueTooFar),
)
async def complete_review(
    review_id: UUID, body: CompleteReviewIn, version: IfMatch, work: Work
) -> Response:
    """Keep what was found; the next one is set by the interval or the given time, or it ends."""
    wish = commands.CompleteReview(body.note, body.outcome, body.next_due_at)
    return await shapes.review(work, await commands.complete_review(work, review_id, version, wish))


@ops.command(
    "POST",
    "/v1/reviews/{review_id}/end",
    out=ReviewOut,
    needs=Permission.REVIEW_SET,
    errors=(errors.ReviewNotFound, errors.ReviewEnded),
)
async def end_review(review_id: UUID, body: EndReviewIn, version: IfMatch, work: Work) -> Response:
    """Say that no look is owed any more, and why."""
    review = await commands.end_review(work, review_id, version, body.reason)
    return await shapes.review(work, review)
