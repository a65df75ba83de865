"""Bodies and rows of reviews to wishes and answers."""

from typing import Any

from starlette.responses import Response

from app.api import replies
from app.api.schemas.reviews import ReviewIn, ReviewListIn, ReviewPatch
from app.db.models import Review
from app.db.repositories.reviews import ReviewFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.reviews import queries
from app.domain.reviews.commands import SetReview


def wish(body: ReviewIn) -> SetReview:
    """A new review as the command takes it."""
    every = None if body.every is None else body.every.interval
    return SetReview(
        body.id, body.child_id, body.concern_id, body.what, body.owner_id, body.due_at, every,
        body.confidentiality,
    )  # fmt: skip


def fields(body: ReviewPatch) -> dict[str, Any]:
    """The fields that a merge patch names."""
    named = {name: getattr(body, name) for name in body.model_fields_set}
    if named.get("every") is not None:
        named["every"] = named["every"].interval
    return named


def asked(query: ReviewListIn) -> ReviewFilter:
    """The filters of a list."""
    return ReviewFilter(
        query.state == "ended", query.child_id, query.concern_id, query.owner_id, query.due_before
    )


async def review(work: UnitOfWork, row: Review, *, status: int = 200) -> Response:
    """One review with its ETag."""
    location = f"/v1/reviews/{row.id}" if status == 201 else None
    shown = await queries.whole(work, row)
    return replies.record(shown, status=status, version=row.version, location=location)
