"""Cover: deputies while a lead is away."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.cover import CoverEndIn, CoverListIn, CoverOut, OnDutyOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.duty.cover import commands, queries
from app.domain.duty.cover.errors import CoverExists, CoverNotFound, CoverOver, NobodyOnDuty
from app.domain.duty.cover.schemas import CoverIn
from app.domain.errors import SecondPersonNeeded
from app.domain.people.memberships import errors as staff_errors

ops = Operations("cover")
router = ops.router


@ops.query("/v1/cover", out=PageOut[CoverOut], needs=Permission.STAFF_READ)
async def list_cover(
    request: Request, reading: Reading, query: Annotated[CoverListIn, Query()]
) -> Response:
    """List cover for absent leads.

    Lists who is away now or will be, and who stands in for them, newest first.
    """
    cover = await queries.list_cover(reading, page_asked(query), state=query.state)
    return replies.page(request, cover)


@ops.query("/v1/cover/on-duty", out=PageOut[OnDutyOut], needs=Permission.STAFF_READ)
async def list_on_duty(reading: Reading) -> Response:
    """List leads on duty.

    Lists the leads and deputies who are here today, and the people standing in for others.
    """
    return replies.listing(await queries.list_on_duty(reading))


@ops.command(
    "POST", "/v1/cover", out=CoverOut, needs=Permission.COVER_SET, status=201,
    errors=(CoverExists, NobodyOnDuty, staff_errors.GrantExceedsOwn, SecondPersonNeeded),
    recent=True,
)  # fmt: skip
async def set_cover(body: CoverIn, work: Work) -> Response:
    """Set cover for an absent lead.

    Records who is away and who stands in. Meanwhile the person standing in receives new concerns
    and owns them. Cairn alerts them both, and the other leads.

    You can give the person standing in a role for that time. To end it early, call `end_cover`.
    """
    cover_id = await commands.set_cover(work, body)
    cover = await queries.read_cover(await work.driver(), work.actor, work.today, cover_id)
    return replies.versioned(cover, status=201, location="/v1/cover")


@ops.command(
    "POST",
    "/v1/cover/{cover_id}/end",
    out=CoverOut,
    needs=Permission.COVER_SET,
    errors=(
        CoverNotFound,
        CoverOver,
        staff_errors.RoleProtected,
        staff_errors.WorkWouldBeOrphaned,
        staff_errors.HandOverUnsuitable,
    ),
    recent=True,
)
async def end_cover(cover_id: UUID, body: CoverEndIn, work: Work, if_match: IfMatch) -> Response:
    """End cover for an absent lead.

    Records that the person is back. Roles given for that time end.
    """
    await commands.end_cover(work, cover_id, if_match, body.hand_over_to)
    cover = await queries.read_cover(await work.driver(), work.actor, work.today, cover_id)
    return replies.versioned(cover)
