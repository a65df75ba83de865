"""Whom to turn to: the program's signposts, the school's own, and packs of local authorities."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.schemas import signposts as shapes
from app.core import clock
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.signposts import commands, errors, queries

ops = Operations("signposts")
router = ops.router
ONE = "/v1/signposts/{signpost_id}"
PACK = "/v1/local-packs/{authority}"
READ, CHANGE = Permission.SCHOOL_READ, Permission.SIGNPOST_CHANGE
Authority = Annotated[shapes.Authority, Path(description="The authority's code, as you write it.")]


@ops.public("GET", "/v1/signposts", out=PageOut[shapes.PublicSignpostOut])
async def list_signposts(query: Annotated[shapes.SignpostsIn, Query()]) -> Response:
    """Whom to turn to, for everybody; it is answered without the database."""
    found = queries.list_public(clock.day_of(clock.now()), query.nation, query.audience)
    return replies.listing(found)


@ops.query("/v1/signposts/here", out=PageOut[shapes.SignpostOut], needs=READ)
async def list_signposts_here(
    query: Annotated[shapes.SignpostsIn, Query()], reading: Reading
) -> Response:
    """The same with what my school has added and checked itself."""
    return replies.listing(await queries.list_here(reading, query.nation, query.audience))


@ops.command(
    "POST",
    "/v1/signposts",
    out=shapes.SignpostOut,
    needs=CHANGE,
    status=201,
    errors=(errors.SignpostAdopted,),
)
async def add_signpost(body: shapes.SignpostIn, work: Work) -> Response:
    """Add one of the school's own, or adopt a national one that somebody here has checked."""
    check = commands.Check(body.checked_on, body.check_by)
    wish = commands.AddSignpost(check, shapes.shown_of(body), body.national, body.id)
    made = await commands.add_signpost(work, wish)
    return await _shown(work, made.id, status=201)


@ops.query(
    ONE, out=shapes.SignpostOut, needs=READ, errors=(errors.SignpostNotFound,), etag=True
)  # fmt: skip
async def get_signpost(signpost_id: UUID, reading: Reading, request: Request) -> Response:
    """One of my school's signposts."""
    found = await queries.read_signpost(reading.driver, reading.actor, signpost_id)
    return replies.record(found, version=_version(found), request=request)


@ops.command(
    "PATCH",
    ONE,
    out=shapes.SignpostOut,
    needs=CHANGE,
    errors=(errors.SignpostNotFound, errors.SignpostEnded),
)
async def change_signpost(
    signpost_id: UUID, body: shapes.SignpostPatch, version: IfMatch, work: Work
) -> Response:
    """Change what is shown with a merge patch, or say that it was looked up again."""
    fields, check = shapes.shown_of(body), shapes.check_of(body)
    await commands.change_signpost(work, signpost_id, version, fields, check)
    return await _shown(work, signpost_id)


@ops.command(
    "POST",
    f"{ONE}/end",
    out=shapes.SignpostOut,
    needs=CHANGE,
    errors=(errors.SignpostNotFound, errors.SignpostEnded),
)
async def end_signpost(
    signpost_id: UUID, body: shapes.EndSignpostIn, version: IfMatch, work: Work
) -> Response:
    """Show it no more, with the reason."""
    await commands.end_signpost(work, signpost_id, version, body.reason)
    return await _shown(work, signpost_id)


@ops.query("/v1/local-packs", out=PageOut[shapes.LocalPackOut], needs=READ)
async def list_local_packs(reading: Reading) -> Response:
    """The packs of the authorities my school works with."""
    return replies.listing(await queries.list_packs(reading))


@ops.query(
    PACK, out=shapes.LocalPackOut, needs=READ, errors=(errors.LocalPackNotFound,), etag=True
)  # fmt: skip
async def get_local_pack(authority: Authority, reading: Reading, request: Request) -> Response:
    """Whom an authority wants to be called first, whom not yet, and its numbers."""
    found = await queries.read_pack(reading.driver, reading.actor, authority)
    return replies.record(found, version=_version(found), request=request)


@ops.command("PUT", PACK, out=shapes.LocalPackOut, needs=CHANGE)
async def set_local_pack(
    authority: Authority, body: shapes.LocalPackIn, version: IfMatch, work: Work
) -> Response:
    """Set the whole pack of an authority; If-Match is "0" where the school has none yet."""
    check = commands.Check(body.checked_on, body.check_by)
    await commands.set_local_pack(work, authority, version, shapes.pack_of(body), check)
    found = await queries.read_pack(await work.driver(), work.actor, authority)
    return replies.record(found, version=_version(found))


async def _shown(work: Work, signpost_id: UUID, *, status: int = 200) -> Response:
    found = await queries.read_signpost(await work.driver(), work.actor, signpost_id)
    location = f"/v1/signposts/{signpost_id}" if status == 201 else None
    return replies.record(found, status=status, version=_version(found), location=location)


def _version(found: Mapping[str, Any]) -> str:
    return str(found["etag"]).strip('"')
