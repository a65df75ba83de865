"""Ties between children: stated, confirmed, widened and ended."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.ties import EndTieIn, TieCard, TieIn, TieListIn, TieMembersIn, TieOut
from app.api.shapes import ties as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import CairnError
from app.domain.linked_worries import errors, ties

ops = Operations("ties")
router = ops.router
ONE = "/v1/ties/{tie_id}"
READS, WRITES = Permission.LINKED_READ, Permission.SAFETY_WRITE
CHANGES: Sequence[type[CairnError]] = (errors.TieNotFound, errors.TieEnded)


@ops.query("/v1/ties", out=PageOut[TieCard], needs=READS)
async def list_ties(
    query: Annotated[TieListIn, Query()], reading: Reading, request: Request
) -> Response:
    """Ties, newest first."""
    asked = shapes.asked(query)
    return replies.ready_page(request, await ties.list_ties(reading, asked, page_asked(query)))


@ops.command("POST", "/v1/ties", out=TieOut, needs=WRITES, status=201)
async def state_tie(body: TieIn, work: Work) -> Response:
    """State a tie; it links nothing until a person has confirmed it."""
    return await shapes.tie(work, await ties.state_tie(work, shapes.wish(body)), status=201)


@ops.opening(ONE, out=TieOut, needs=READS, errors=(errors.TieNotFound,))
async def open_tie(tie_id: UUID, work: Work) -> Response:
    """Open one tie, with its children."""
    tie, found = await ties.open_tie(work, tie_id)
    return replies.record(found, version=tie.version)


@ops.command(
    "POST", f"{ONE}/confirm", out=TieOut, needs=WRITES, errors=(*CHANGES, errors.TieConfirmed)
)
async def confirm_tie(tie_id: UUID, version: IfMatch, work: Work) -> Response:
    """Say that it is so: from now on it can link."""
    return await shapes.tie(work, await ties.confirm_tie(work, tie_id, version))


@ops.command("POST", f"{ONE}/members", out=TieOut, needs=WRITES, errors=CHANGES)
async def add_tie_members(
    tie_id: UUID, body: TieMembersIn, version: IfMatch, work: Work
) -> Response:
    """Say that more children belong to it."""
    return await shapes.tie(work, await ties.add_members(work, tie_id, version, body.child_ids))


@ops.command("POST", f"{ONE}/end", out=TieOut, needs=WRITES, errors=CHANGES)
async def end_tie(tie_id: UUID, body: EndTieIn, version: IfMatch, work: Work) -> Response:
    """Say that it is not so, or not any more; what it has linked stays."""
    return await shapes.tie(work, await ties.end_tie(work, tie_id, version, body.reason))
