"""Notices of unusual reading, for leads and heads to look at."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.reading_notices import NoticeCard, NoticeListIn, NoticeOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.reading_notices import commands, queries
from app.domain.access.reading_notices.errors import NoticeNotFound
from app.domain.access.reading_notices.schemas import NoticeReviewIn

ops = Operations("access")
router = ops.router


@ops.query("/v1/access/notices", out=PageOut[NoticeCard], needs=Permission.ACCESS_REVIEW)
async def list_notices(
    query: Annotated[NoticeListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List notices of unusual reading.

    Lists notices of unusual reading, newest first. Notices about your own reading are left out.
    """
    notices = await queries.list_notices(reading, query.state, page_asked(query))
    return replies.page(request, notices)


@ops.opening(
    "/v1/access/notices/{notice_id}", out=NoticeOut, needs=Permission.ACCESS_REVIEW,
    errors=(NoticeNotFound,),
)  # fmt: skip
async def open_notice(notice_id: UUID, work: Work, request: Request) -> Response:
    """Open a notice of unusual reading.

    Shows the rule in words, and the audit log entries that triggered the notice. Next:
    `review_notice`.
    """
    return replies.versioned(await queries.open_notice(work, notice_id), request=request)


@ops.command(
    "POST", "/v1/access/notices/{notice_id}/review", out=NoticeOut,
    needs=commands.review_notice.permission, errors=commands.review_notice.failures(),
)  # fmt: skip
async def review_notice(
    notice_id: UUID, body: NoticeReviewIn, work: Work, if_match: IfMatch
) -> Response:
    """Review a notice of unusual reading.

    Records what you found and stops the deadline. You cannot review a notice about your own
    reading.
    """
    await commands.review_notice(work, notice_id, if_match, body)
    return replies.versioned(await queries.notice_shown(work, notice_id))
