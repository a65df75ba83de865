"""Reintegrations after an absence: set, changed, met about, and looked at after ninety days."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.reintegrations import (
    Day90In,
    HeldMeetingIn,
    ReintegrationIn,
    ReintegrationListIn,
    ReintegrationOut,
    ReintegrationPatch,
)
from app.api.shapes import reintegrations as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest, FileLocked
from app.domain.safety.records.errors import ConcernOfAnother, RecordAmended
from app.domain.safety.reintegrations import commands, errors, queries

ops = Operations("reintegrations")
router = ops.router
READ = (ChildNotFound, ConflictOfInterest, OutsideCohort)
WRITE = (*READ, FileLocked)
CHANGE = (*WRITE, errors.ReintegrationNotFound, errors.ReintegrationEnded, RecordAmended)


@ops.opening(
    "/v1/children/{child_id}/reintegrations", out=PageOut[ReintegrationOut],
    needs=Permission.SAFETY_READ, errors=READ,
)  # fmt: skip
async def list_reintegrations(
    child_id: UUID, query: Annotated[ReintegrationListIn, Query()], work: Work, request: Request
) -> Response:
    """List a child's reintegrations.

    Lists the child's reintegrations, newest first, each with what was agreed.
    """
    reintegrations = await queries.list_reintegrations(work, child_id, page_asked(query))
    return replies.page(request, shapes.page(reintegrations))


@ops.command(
    "POST", "/v1/children/{child_id}/reintegrations", out=ReintegrationOut, status=201,
    needs=Permission.SAFETY_WRITE,
    errors=(*WRITE, ConcernNotFound, ConcernOfAnother, errors.ReintegrationAdultUnsuitable),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def create_reintegration(child_id: UUID, body: ReintegrationIn, work: Work) -> Response:
    """Create a reintegration.

    Records that the child is to come back to school. Cairn sets the reintegration meeting and later
    reviews as tasks. Next: `record_reintegration_meeting`.
    """
    row = await commands.create_reintegration(work, child_id, shapes.command(body))
    return await shapes.respond(work, row, status=201)


@ops.opening(
    "/v1/children/{child_id}/reintegrations/{reintegration_id}", out=ReintegrationOut,
    needs=Permission.SAFETY_READ, errors=(*READ, errors.ReintegrationNotFound),
)  # fmt: skip
async def open_reintegration(
    child_id: UUID, reintegration_id: UUID, work: Work, request: Request
) -> Response:
    """Open a reintegration.

    Shows one reintegration: the day of return, what was agreed and what is still to do.
    """
    row, result = await queries.open_reintegration(work, child_id, reintegration_id)
    return replies.record(shapes.to_response(result), version=row.version, request=request)


@ops.command(
    "PATCH", "/v1/children/{child_id}/reintegrations/{reintegration_id}", out=ReintegrationOut,
    needs=Permission.SAFETY_WRITE, errors=CHANGE,
)  # fmt: skip
async def update_reintegration(
    child_id: UUID, reintegration_id: UUID, body: ReintegrationPatch, version: IfMatch, work: Work
) -> Response:
    """Update a reintegration.

    Records what is known now. If the day of return changes, its tasks move with it.
    """
    reason = body.reason if "reason" in body.model_fields_set else None
    fields = shapes.fields(body)
    row = await commands.update_reintegration(
        work, child_id, reintegration_id, version, fields, reason
    )
    return await shapes.respond(work, row)


@ops.command(
    "POST", "/v1/children/{child_id}/reintegrations/{reintegration_id}/meeting",
    out=ReintegrationOut, needs=Permission.SAFETY_WRITE, errors=CHANGE,
)  # fmt: skip
async def record_reintegration_meeting(
    child_id: UUID, reintegration_id: UUID, body: HeldMeetingIn, version: IfMatch, work: Work
) -> Response:
    """Record a reintegration meeting.

    Records that the meeting was held, or why there was none, and what was agreed.
    """
    held = body.model_dump(mode="json")
    return await shapes.respond(
        work, await commands.meet(work, child_id, reintegration_id, version, held)
    )


@ops.command(
    "POST", "/v1/children/{child_id}/reintegrations/{reintegration_id}/day-90",
    out=ReintegrationOut, needs=Permission.SAFETY_WRITE, errors=CHANGE,
)  # fmt: skip
async def record_reintegration_day_90(
    child_id: UUID, reintegration_id: UUID, body: Day90In, version: IfMatch, work: Work
) -> Response:
    """Record the 90-day review of a reintegration.

    Records what you found at the 90-day review. The reintegration ends with it.
    """
    content = body.model_dump(mode="json")
    row = await commands.look_after_90_days(work, child_id, reintegration_id, version, content)
    return await shapes.respond(work, row)
