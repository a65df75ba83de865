"""Returns after an absence: set, changed, the meeting held, and looked at after ninety days."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.returns import (
    Day90In,
    HeldMeetingIn,
    ReturnIn,
    ReturnListIn,
    ReturnOut,
    ReturnPatch,
)
from app.api.shapes import returns as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.children import OutsideCohort
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest, FileLocked
from app.domain.returns import errors, keeping, queries
from app.domain.safety.errors import ConcernOfAnother, RecordAmended

ops = Operations("returns")
router = ops.router
READ = (ChildNotFound, ConflictOfInterest, OutsideCohort)
WRITE = (*READ, FileLocked)
CHANGE = (*WRITE, errors.ReturnNotFound, errors.ReturnEnded, RecordAmended)


@ops.opening(
    "/v1/children/{child_id}/returns",
    out=PageOut[ReturnOut],
    needs=Permission.SAFETY_READ,
    errors=READ,
)
async def list_returns(
    child_id: UUID, query: Annotated[ReturnListIn, Query()], work: Work, request: Request
) -> Response:
    """A child's returns, the newest first, each with what is agreed."""
    found = await queries.list_returns(work, child_id, page_asked(query))
    return replies.page(request, shapes.page(found))


@ops.command(
    "POST",
    "/v1/children/{child_id}/returns",
    out=ReturnOut,
    status=201,
    needs=Permission.SAFETY_WRITE,
    errors=(*WRITE, ConcernNotFound, ConcernOfAnother, errors.ReturnAdultUnsuitable),
)
async def set_return(child_id: UUID, body: ReturnIn, work: Work) -> Response:
    """Write down that a child is to come back; the meeting and later looks are owed from now."""
    row = await keeping.set_return(work, child_id, shapes.wish(body))
    return await shapes.one(work, row, status=201)


@ops.opening(
    "/v1/children/{child_id}/returns/{return_id}",
    out=ReturnOut,
    needs=Permission.SAFETY_READ,
    errors=(*READ, errors.ReturnNotFound),
)
async def open_return(child_id: UUID, return_id: UUID, work: Work) -> Response:
    """Open one return."""
    row, found = await queries.open_return(work, child_id, return_id)
    return replies.record(shapes.shown(found), version=row.version)


@ops.command(
    "PATCH",
    "/v1/children/{child_id}/returns/{return_id}",
    out=ReturnOut,
    needs=Permission.SAFETY_WRITE,
    errors=CHANGE,
)
async def change_return(
    child_id: UUID, return_id: UUID, body: ReturnPatch, version: IfMatch, work: Work
) -> Response:
    """Say what is known now; what is owed moves with the day of return."""
    reason = body.reason if "reason" in body.model_fields_set else None
    fields = shapes.fields(body)
    row = await keeping.change_return(work, child_id, return_id, version, fields, reason)
    return await shapes.one(work, row)


@ops.command(
    "POST",
    "/v1/children/{child_id}/returns/{return_id}/meeting",
    out=ReturnOut,
    needs=Permission.SAFETY_WRITE,
    errors=CHANGE,
)
async def hold_return_meeting(
    child_id: UUID, return_id: UUID, body: HeldMeetingIn, version: IfMatch, work: Work
) -> Response:
    """Say that the meeting was held, and what was agreed."""
    held = body.model_dump(mode="json")
    return await shapes.one(work, await keeping.meet(work, child_id, return_id, version, held))


@ops.command(
    "POST",
    "/v1/children/{child_id}/returns/{return_id}/day-90",
    out=ReturnOut,
    needs=Permission.SAFETY_WRITE,
    errors=CHANGE,
)
async def look_after_return(
    child_id: UUID, return_id: UUID, body: Day90In, version: IfMatch, work: Work
) -> Response:
    """Write down what was found ninety days after; with this the return has been seen through."""
    found = body.model_dump(mode="json")
    row = await keeping.look_after_90_days(work, child_id, return_id, version, found)
    return await shapes.one(work, row)
