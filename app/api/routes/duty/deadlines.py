"""The book of rules, and the deadlines that a record had by them."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.deadlines import ClockRuleListIn, ClockRuleOut, DeadlineListIn, DeadlineOut
from app.core.schemas import PageOut
from app.domain.duty.calendars import queries
from app.domain.duty.deadlines import errors
from app.domain.duty.deadlines.queries import open_deadlines

ops = Operations("clocks")
router = ops.router


@ops.query("/v1/clock-rules", out=PageOut[ClockRuleOut], needs=None)
async def list_clock_rules(
    _reading: Reading, query: Annotated[ClockRuleListIn, Query()]
) -> Response:
    """List the rules for deadlines.

    Lists every time limit that sets a due time, in all its versions, with its source.
    """
    return replies.listing(queries.list_rules(query.id))


@ops.opening(
    "/v1/deadlines", out=PageOut[DeadlineOut], needs=None, errors=(errors.RecordNotFound,),
    etag=False,
)  # fmt: skip
async def list_deadlines(
    request: Request, work: Work, query: Annotated[DeadlineListIn, Query()]
) -> Response:
    """List the deadlines of a record.

    Lists every deadline a record has had, newest first. You need to be able to open the record.
    """
    deadlines = await open_deadlines(work, query.about_kind, query.about_id, page_asked(query))
    return replies.page(request, deadlines)
