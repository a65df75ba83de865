"""Cases: begun, read, changed, reviewed and closed."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import Records, mount
from app.api.operations import Operations
from app.api.paging import page_asked
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest, PermissionMissing
from app.domain.record.cases import commands, errors, queries
from app.domain.record.cases.kind import CASE
from app.domain.record.cases.schemas import (
    ConcernCaseCard,
    ConcernCaseIn,
    ConcernCaseListIn,
    ConcernCaseOut,
)

ops = Operations("cases")
router = ops.router
records = Records(
    ops, "/v1/cases/{concern_case_id}", ConcernCaseOut, queries.response_after_change,
    Permission.CONCERN_TRIAGE, (errors.CaseNotFound,),
)  # fmt: skip


@ops.query("/v1/cases", out=PageOut[ConcernCaseCard], needs=CASE.reads)
async def list_cases(
    query: Annotated[ConcernCaseListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List cases.

    Lists the cases you may read: open ones soonest due first, ended ones newest first.
    """
    return replies.ready_page(request, await queries.list_cases(reading, query, page_asked(query)))


@ops.command(
    "POST", "/v1/cases", out=ConcernCaseOut, needs=Permission.CONCERN_TRIAGE, status=201,
    errors=(
        ChildNotFound, ConflictOfInterest, OutsideCohort, ConcernNotFound, PermissionMissing,
        errors.CaseConcernUnsuitable, errors.CaseOwnerUnsuitable, DueTimePassed, DueTooFar,
    ),
)  # fmt: skip
async def create_case(body: ConcernCaseIn, work: Work) -> Response:
    """Create a case from concerns.

    Groups concerns about a child, or about confirmed siblings, into one case with a plan.

    Only people whose role reads every concern in it can see it. Its lead worker is alerted, and
    reviews it by `review_at` with `review_case`.
    """
    return await records.made(work, await commands.create_case(work, body))


mount(ops, CASE, "/v1/cases", ConcernCaseOut, queries.to_response)
