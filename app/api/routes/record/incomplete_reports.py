"""Reports that could not be taken: listed, opened and seen to by leads.

Those about adults by the people who keep the adult register, and by no lead.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.incomplete_reports import (
    IncompleteReportCard,
    IncompleteReportListIn,
    IncompleteReportOut,
)
from app.core.schemas import PageOut
from app.domain.errors import ConcernNotFound
from app.domain.record.incomplete_reports import commands, errors, queries
from app.domain.record.incomplete_reports.schemas import ResolveIncompleteReportIn

ops = Operations("incomplete reports")
router = ops.router
REPORTS = Records(
    ops, "/v1/incomplete-reports/{incomplete_report_id}", IncompleteReportOut, queries.whole,
    writes=None, errors=(errors.IncompleteReportNotFound,),
)  # fmt: skip


@ops.query("/v1/incomplete-reports", out=PageOut[IncompleteReportCard], needs=None)
async def list_incomplete_reports(
    query: Annotated[IncompleteReportListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List incomplete reports.

    Lists urgent reports that Cairn could not accept, newest first, without what they say.

    Leads see those about children. People who read the adult register see those about adults.
    """
    incomplete_reports = await queries.list_incomplete_reports(
        reading, ended=query.state == "resolved", paging=page_asked(query)
    )
    return replies.page(request, incomplete_reports)


@ops.opening(
    "/v1/incomplete-reports/{incomplete_report_id}", out=IncompleteReportOut, needs=None,
    errors=(errors.IncompleteReportNotFound,),
)  # fmt: skip
async def open_incomplete_report(
    incomplete_report_id: UUID, work: Work, request: Request
) -> Response:
    """Open an incomplete report.

    Shows every word that was sent. Next: `raise_concern`, then
    `resolve_incomplete_report`.
    """
    row, result = await queries.open_incomplete_report(work, incomplete_report_id)
    return replies.record(result, version=row.version, request=request)


REPORTS.change(
    "resolve", commands.resolve_incomplete_report, ResolveIncompleteReportIn,
    "Resolve an incomplete report.\n\n"
    "Records which concern was raised from it, or why none is needed. Its task ends.\n\n"
    "For a report about an adult, send a reason and no `concern_id`.",
    errors=(errors.IncompleteReportEnded, ConcernNotFound),
)  # fmt: skip
