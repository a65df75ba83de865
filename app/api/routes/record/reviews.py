"""Reviews: set, read, changed, completed and ended."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import mount
from app.api.operations import Operations
from app.api.paging import page_asked
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.common.deadlines.errors import DueTooFar
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest, StateConflict
from app.domain.record.reviews import commands, errors, queries
from app.domain.record.reviews.kind import REVIEW
from app.domain.record.reviews.schemas import ReviewCard, ReviewIn, ReviewListIn, ReviewOut
from app.domain.steps import after_change

ops = Operations("reviews")
router = ops.router


@ops.query("/v1/reviews", out=PageOut[ReviewCard], needs=REVIEW.reads)
async def list_reviews(
    query: Annotated[ReviewListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List reviews.

    Lists the reviews you may read: open ones soonest due first, ended ones newest first.
    """
    return replies.ready_page(
        request, await queries.list_reviews(reading, query, page_asked(query))
    )


@ops.command(
    "POST", "/v1/reviews", out=ReviewOut, needs=Permission.REVIEW_SET, status=201,
    errors=(
        ConcernNotFound, ChildNotFound, ConflictOfInterest, OutsideCohort, StateConflict,
        errors.ReviewOwnerUnsuitable, errors.ReviewDueUnsuitable, DueTooFar,
    ),
)  # fmt: skip
async def set_review(body: ReviewIn, work: Work) -> Response:
    """Set up a review of a child or a concern.

    Sets a date to review a child or a concern again, once or at an interval. You own it unless you
    name somebody else, who is alerted. Next: `complete_review`.
    """
    row = await commands.set_review(work, body)
    result = await queries.to_response(work, await after_change(work, REVIEW, row))
    return replies.record(result, status=201, version=row.version, location=f"/v1/reviews/{row.id}")


mount(ops, REVIEW, "/v1/reviews", ReviewOut, queries.to_response)
