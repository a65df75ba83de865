"""Drills: tests of the ladder, and who they reached."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.drills import DrillCard, DrillListIn, DrillOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.duty.drills import commands, errors, queries
from app.domain.duty.drills.schemas import DrillIn
from app.domain.errors import VersionStale

ops = Operations("drills")
router = ops.router


@ops.query("/v1/drills", out=PageOut[DrillCard], needs=Permission.DRILL_RUN)
async def list_drills(
    request: Request, reading: Reading, query: Annotated[DrillListIn, Query()]
) -> Response:
    """List alert drills.

    Lists alert drills, newest first.
    """
    drills = await queries.list_drills(reading, query.state, page_asked(query))
    return replies.page(request, drills)


@ops.command(
    "POST", "/v1/drills", out=DrillOut, needs=Permission.DRILL_RUN, status=201,
    errors=(errors.DrillRunning, errors.DrillTooSoon),
)  # fmt: skip
async def start_drill(body: DrillIn, work: Work) -> Response:
    """Start an alert drill.

    Starts a drill: Cairn alerts people as if something were overdue. Every message and alert says
    that it is a drill. Next: watch it with `get_drill`.
    """
    drill = await commands.start_drill(work, body)
    result = await queries.read_drill(await work.driver(), work.actor, drill.id)
    location = f"/v1/drills/{drill.id}"
    return replies.record(result, status=201, version=result.pop("version"), location=location)


@ops.query(
    "/v1/drills/{drill_id}", out=DrillOut, needs=Permission.DRILL_RUN,
    errors=(errors.DrillNotFound,), etag=True,
)  # fmt: skip
async def get_drill(request: Request, drill_id: UUID, reading: Reading) -> Response:
    """Get an alert drill.

    Shows who was alerted, at which step and when, and when each person acknowledged.
    """
    drill = await queries.read_drill(reading.driver, reading.actor, drill_id)
    return replies.record(drill, version=drill.pop("version"), request=request)


@ops.command(
    "POST", "/v1/drills/{drill_id}/end", out=DrillOut, needs=Permission.DRILL_RUN,
    errors=(errors.DrillNotFound, errors.DrillOver, VersionStale),
)  # fmt: skip
async def end_drill(drill_id: UUID, version: IfMatch, work: Work) -> Response:
    """End an alert drill.

    Ends a drill that nobody has acknowledged. An acknowledgement ends it by itself.
    """
    await commands.end_drill(work, drill_id, version)
    drill = await queries.read_drill(await work.driver(), work.actor, drill_id)
    return replies.record(drill, version=drill.pop("version"))
