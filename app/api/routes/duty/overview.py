"""A lead's day in numbers and short cards."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from app.api.deps import Reading
from app.api.operations import Operations
from app.api.replies import overview
from app.api.schemas.overview import OverviewIn, OverviewOut
from app.core.words import Permission
from app.domain.duty.overview import queries

ops = Operations("overview")
router = ops.router


@ops.query("/v1/overview", out=OverviewOut, needs=Permission.OVERVIEW_READ)
async def get_overview(query: Annotated[OverviewIn, Query()], reading: Reading) -> Response:
    """Get my overview of the day.

    Shows what needs you: what is new, unacknowledged, overdue or due today, what you are waiting
    for from others, reviews, and monitoring alerts. Follow a card's `path` to open its record.
    """
    result = await queries.read_overview(reading, mine=query.mine)
    return overview(result, at=reading.now, mine=query.mine)
