"""Safety checks: written down, listed newest first, opened and put right."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.safety_checks import (
    AmendSafetyCheckIn,
    SafetyCheckIn,
    SafetyCheckListIn,
    SafetyCheckOut,
)
from app.api.shapes import safety_records as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import ConcernNotFound, FileLocked
from app.domain.safety.records import errors, reading
from app.domain.safety.safety_checks import checks

ops = Operations("safety")
router = ops.router
PATH = "/v1/children/{child_id}/safety-checks"


@ops.opening(
    PATH, out=PageOut[SafetyCheckOut], needs=Permission.SAFETY_READ, errors=NOT_REACHED, etag=False
)
async def list_safety_checks(
    child_id: UUID, query: Annotated[SafetyCheckListIn, Query()], work: Work, request: Request
) -> Response:
    """Safety checks of a child, newest first, each whole; the trail keeps who looked."""
    found = await reading.list_records(work, child_id, checks.KIND, page_asked(query))
    return replies.page(request, shapes.checks(found, work.now))


@ops.command(
    "POST",
    PATH,
    out=SafetyCheckOut,
    needs=Permission.SAFETY_WRITE,
    status=201,
    etag=False,
    errors=(*NOT_REACHED, FileLocked, ConcernNotFound, errors.ConcernOfAnother),
)
async def keep_safety_check(child_id: UUID, body: SafetyCheckIn, work: Work) -> Response:
    """Write down what a pupil said about their safety; half of it is enough.

    Something taken is an emergency: the pathway says so and every lead is told, and it is saved
    whatever else is missing.
    """
    record = await checks.keep_check(work, child_id, shapes.check_wish(body))
    return await shapes.check(work, record, status=201)


@ops.opening(
    PATH + "/{record_id}",
    out=SafetyCheckOut,
    needs=Permission.SAFETY_READ,
    errors=(*NOT_REACHED, errors.RecordNotFound),
    etag=False,
)
async def open_safety_check(child_id: UUID, record_id: UUID, work: Work) -> Response:
    """Open one safety check."""
    record = await reading.open_record(work, child_id, checks.KIND, record_id)
    return await shapes.check(work, record)


@ops.command(
    "POST",
    PATH + "/{record_id}/amend",
    out=SafetyCheckOut,
    needs=Permission.SAFETY_WRITE,
    status=201,
    etag=False,
    errors=(*NOT_REACHED, FileLocked, errors.RecordNotFound, errors.RecordAmended),
)
async def amend_safety_check(
    child_id: UUID, record_id: UUID, body: AmendSafetyCheckIn, work: Work
) -> Response:
    """Put a check right with a reason; what was written first stays beside it."""
    wish = shapes.check_wish(body)
    record = await checks.amend_check(work, child_id, record_id, wish, body.reason)
    return await shapes.check(work, record, status=201)
