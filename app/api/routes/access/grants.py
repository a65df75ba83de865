"""Sight of one record beyond the role: granted, or taken by breaking glass."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas import grants as schemas
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.grants import commands, errors, queries
from app.domain.access.grants.schemas import BreakGlassIn, BreakGlassReviewIn, GrantIn
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
GRANTS = Records(
    ops, "/v1/access/grants/{grant_id}", schemas.GrantOut, queries.grant_shown,
    writes=None, errors=(errors.GrantNotFound, StateConflict),
)  # fmt: skip
GLASSES = Records(
    ops, "/v1/access/break-glass/{break_glass_id}", schemas.BreakGlassOut, queries.grant_shown,
    writes=None, errors=(errors.BreakGlassNotFound, StateConflict),
)  # fmt: skip


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
async def grant_access(body: GrantIn, work: Work) -> Response:
    """Give a colleague access to a record.

    Gives a colleague access to one concern or one child's record, for at most 90 days. Cairn alerts
    them.

    You cannot give it to yourself, to anyone with a conflict of interest, or to anyone whose role
    reads no records. To end it early, call `end_grant`.
    """
    return await GRANTS.made(work, await commands.grant_access(work, body))


@ops.query("/v1/access/grants", out=PageOut[schemas.GrantOut], needs=None)
async def list_grants(
    query: Annotated[schemas.GrantListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List access grants.

    Lists access grants, newest first. People who oversee access see those of records they can read;
    other staff see their own.
    """
    asked = query.model_dump(exclude={"limit", "cursor"})
    grants = await queries.list_grants(reading, GRANT, asked, page_asked(query))
    return replies.page(request, grants)


@ops.query(
    "/v1/access/grants/{grant_id}", out=schemas.GrantOut, needs=None,
    errors=(errors.GrantNotFound,), etag=True,
)  # fmt: skip
async def get_grant(grant_id: UUID, reading: Reading, request: Request) -> Response:
    """Get an access grant.

    Shows who was given access to which record, by which colleague, and until when.
    """
    grant = await queries.read_grant(reading.driver, reading.actor, reading.now, GRANT, grant_id)
    return replies.versioned(grant, request=request)


GRANTS.change(
    "end", commands.end_grant, None,
    "End an access grant early.\n\n"
    "Ends a grant before its time. It gives no access from the next request on. "
    "People who may grant access can end it, and so can the person who received it.",
)  # fmt: skip


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
async def break_glass(body: BreakGlassIn, work: Work, runtime: Served) -> Response:
    """Open a closed record in an emergency.

    Opens a closed record to you at once, for a stated reason and a short time, in classes K2 to K5.

    Cairn alerts the other leads, and one of them reviews your access with `review_break_glass`. It
    never opens a record you have a conflict of interest with, nor the adult register.
    """
    maximum = runtime.settings.break_glass_minutes
    return await GLASSES.made(work, await commands.break_glass(work, body, maximum))


@ops.query("/v1/access/break-glass", out=PageOut[schemas.BreakGlassOut], needs=None)
async def list_break_glass(
    query: Annotated[schemas.BreakGlassListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List emergency accesses.

    Lists emergency accesses, newest first. Reviewers of emergency access see all of them; other
    staff see their own.
    """
    asked = query.model_dump(exclude={"limit", "cursor"})
    grants = await queries.list_grants(reading, GLASS, asked, page_asked(query))
    return replies.page(request, grants)


@ops.query(
    "/v1/access/break-glass/{break_glass_id}", out=schemas.BreakGlassOut, needs=None,
    errors=(errors.BreakGlassNotFound,), etag=True,
)  # fmt: skip
async def get_break_glass(break_glass_id: UUID, reading: Reading, request: Request) -> Response:
    """Get an emergency access.

    Shows who opened which record in an emergency, why, until when, and the review. Reviewers see
    all of them; other staff see their own.
    """
    grant = await queries.read_grant(
        reading.driver, reading.actor, reading.now, GLASS, break_glass_id
    )
    return replies.versioned(grant, request=request)


GLASSES.change(
    "end",
    commands.end_break_glass,
    None,
    "End an emergency access early.\n\n"
    "Closes the record again before the time is up. The person who opened it can do this, "
    "and so can the reviewer.",
)
GLASSES.change(
    "review", commands.review_break_glass, BreakGlassReviewIn,
    "Review an emergency access.\n\n"
    "Records whether the emergency access was justified. You cannot review your own.",
    needs=Permission.ACCESS_REVIEW, recent=True, errors=(SecondPersonNeeded, PermissionMissing),
)  # fmt: skip
