"""Dead letters: what Cairn could not do for a school, for its administrators to settle."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.jobs import DeadLetterCard, DeadLetterListIn, DropDeadLetterIn
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.jobs import commands, queries
from app.domain.jobs.errors import DeadLetterNotFound, DeadLetterSettled

ops = Operations("jobs")
router = ops.router
NEEDS = Permission.JOB_READ


@ops.query("/v1/dead-letters", out=PageOut[DeadLetterCard], needs=NEEDS)
async def list_dead_letters(
    query: Annotated[DeadLetterListIn, Query()], reading: Reading, request: Request
) -> Response:
    """Jobs for this school that used up their attempts, newest first."""
    settled = None if query.state is None else query.state == "settled"
    found = await queries.list_dead_letters(reading, query.task, settled, page_asked(query))
    return replies.page(request, found)


@ops.query(
    "/v1/dead-letters/{dead_letter_id}",
    out=DeadLetterCard,
    needs=NEEDS,
    errors=(DeadLetterNotFound,),
    etag=True,
)
async def get_dead_letter(dead_letter_id: UUID, reading: Reading, request: Request) -> Response:
    """One dead letter."""
    shown, version = await queries.read_dead_letter(reading, dead_letter_id)
    return replies.record(shown, version=version, request=request)


@ops.command(
    "POST",
    "/v1/dead-letters/{dead_letter_id}/replay",
    out=DeadLetterCard,
    needs=NEEDS,
    errors=(DeadLetterNotFound, DeadLetterSettled),
)
async def replay_dead_letter(dead_letter_id: UUID, version: IfMatch, work: Work) -> Response:
    """Ask for the job once more, with all its attempts, and settle the letter."""
    await commands.replay_dead_letter(work, dead_letter_id, version)
    return await _shown(work, dead_letter_id)


@ops.command(
    "POST",
    "/v1/dead-letters/{dead_letter_id}/drop",
    out=DeadLetterCard,
    needs=NEEDS,
    errors=(DeadLetterNotFound, DeadLetterSettled),
)
async def drop_dead_letter(
    dead_letter_id: UUID, body: DropDeadLetterIn, version: IfMatch, work: Work
) -> Response:
    """Settle the letter without doing its job, and say why."""
    await commands.drop_dead_letter(work, dead_letter_id, body.reason, version)
    return await _shown(work, dead_letter_id)


async def _shown(work: Work, dead_letter_id: UUID) -> Response:
    shown, version = await queries.shown(await work.driver(), work.actor.school_id, dead_letter_id)
    return replies.record(shown, version=version)
