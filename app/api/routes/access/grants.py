"""Sight of one record beyond the role: granted, or taken by breaking glass."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Served, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas import grants as schemas
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.grants import commands, errors, queries
from app.domain.access.grants.queries import Target
from app.domain.errors import (
    ChildNotFound,
    ConcernNotFound,
    ConflictOfInterest,
    PermissionMissing,
    SecondPersonNeeded,
    StaffNotFound,
    StateConflict,
)

ops = Operations("access")
router = ops.router
GRANT, GLASS = "grant", "break_glass"


@ops.command(
    "POST",
    "/v1/access/grants",
    out=schemas.GrantOut,
    status=201,
    needs=Permission.ACCESS_GRANT,
    recent=True,
    errors=(
        ConcernNotFound,
        ChildNotFound,
        ConflictOfInterest,
        OutsideCohort,
        StaffNotFound,
        SecondPersonNeeded,
        errors.GrantUnsuitable,
        errors.AlreadyGranted,
        errors.GrantTooLong,
        errors.ClassNotHeld,
    ),
)
async def grant_access(body: schemas.GrantIn, work: Work) -> Response:
    """Give somebody sight of one concern or one child's record, for 90 days at most.

    Never to oneself, to somebody with a conflict of interest, or to a role without content.
    """
    wish = commands.GrantAccess(
        body.id, body.staff_id, Target(body.concern_id, body.child_id), body.classes, body.reason,
        body.valid_to,
    )  # fmt: skip
    granted = await commands.grant_access(work, wish)
    return await _answer(work, GRANT, granted, status=201, path="grants")


async def _answer(
    work: Work, kind: str, id_: UUID, *, status: int = 200, path: str = ""
) -> Response:
    found = await queries.read_grant(await work.driver(), work.actor, work.now, kind, id_)
    location = f"/v1/access/{path}/{id_}" if path else None
    return replies.versioned(found, status=status, location=location)


@ops.query("/v1/access/grants", out=PageOut[schemas.GrantOut], needs=None)
async def list_grants(
    query: Annotated[schemas.GrantListIn, Query()], reading: Reading, request: Request
) -> Response:
    """Grants, newest first: those of records I see where I oversee access, else my own."""
    asked = query.model_dump(exclude={"limit", "cursor"})
    found = await queries.list_grants(reading, GRANT, asked, page_asked(query))
    return replies.page(request, found)


@ops.query(
    "/v1/access/grants/{grant_id}",
    out=schemas.GrantOut,
    needs=None,
    errors=(errors.GrantNotFound,),
    etag=True,
)
async def get_grant(grant_id: UUID, reading: Reading) -> Response:
    """One grant."""
    found = await queries.read_grant(reading.driver, reading.actor, reading.now, GRANT, grant_id)
    return replies.versioned(found)


@ops.command(
    "POST",
    "/v1/access/grants/{grant_id}/end",
    out=schemas.GrantOut,
    needs=None,
    errors=(errors.GrantNotFound, StateConflict),
)
async def end_grant(grant_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """End it before its time; it opens nothing from the next request on."""
    return await _answer(work, GRANT, await commands.end_grant(work, grant_id, if_match))


@ops.command(
    "POST",
    "/v1/access/break-glass",
    out=schemas.BreakGlassOut,
    status=201,
    needs=Permission.ACCESS_BREAK,
    recent=True,
    errors=(
        ConcernNotFound,
        ChildNotFound,
        ConflictOfInterest,
        errors.BreakGlassTooLong,
        errors.AlreadyReadable,
    ),
)
async def break_glass(body: schemas.BreakGlassIn, work: Work, served: Served) -> Response:
    """Open a closed record for a stated reason and a short time, in classes K2 to K5.

    Other leads are told at once, and one of them reviews it. Never against a conflict of
    interest, and never the adult register.
    """
    most = served.settings.break_glass_minutes
    wish = commands.BreakGlass(
        body.id, Target(body.concern_id, body.child_id), body.reason, body.minutes, most
    )
    broken = await commands.break_glass(work, wish)
    return await _answer(work, GLASS, broken, status=201, path="break-glass")


@ops.query("/v1/access/break-glass", out=PageOut[schemas.BreakGlassOut], needs=None)
async def list_break_glass(
    query: Annotated[schemas.BreakGlassListIn, Query()], reading: Reading, request: Request
) -> Response:
    """Broken glass, newest first: all of it where I review it, else my own."""
    asked = query.model_dump(exclude={"limit", "cursor"})
    found = await queries.list_grants(reading, GLASS, asked, page_asked(query))
    return replies.page(request, found)


@ops.query(
    "/v1/access/break-glass/{break_glass_id}",
    out=schemas.BreakGlassOut,
    needs=None,
    errors=(errors.BreakGlassNotFound,),
    etag=True,
)
async def get_break_glass(break_glass_id: UUID, reading: Reading) -> Response:
    """One of them."""
    found = await queries.read_grant(
        reading.driver, reading.actor, reading.now, GLASS, break_glass_id
    )
    return replies.versioned(found)


@ops.command(
    "POST",
    "/v1/access/break-glass/{break_glass_id}/end",
    out=schemas.BreakGlassOut,
    needs=None,
    errors=(errors.BreakGlassNotFound, StateConflict),
)
async def end_break_glass(break_glass_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Close it again before its time."""
    ended = await commands.end_break_glass(work, break_glass_id, if_match)
    return await _answer(work, GLASS, ended)


@ops.command(
    "POST",
    "/v1/access/break-glass/{break_glass_id}/review",
    out=schemas.BreakGlassOut,
    needs=Permission.ACCESS_REVIEW,
    recent=True,
    errors=(errors.BreakGlassNotFound, SecondPersonNeeded, StateConflict, PermissionMissing),
)
async def review_break_glass(
    break_glass_id: UUID, body: schemas.BreakGlassReviewIn, work: Work, if_match: IfMatch
) -> Response:
    """Say whether it was justified; never the person who broke it."""
    reviewed = await commands.review_break_glass(
        work, break_glass_id, if_match, body.outcome, body.note
    )
    return await _answer(work, GLASS, reviewed)
