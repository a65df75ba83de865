"""Past entries: listed, opened, and taken up where they are still open."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading
from app.api.kinds import mount
from app.api.operations import Operations
from app.api.paging import page_asked
from app.core.schemas import PageOut
from app.domain.exchange.past_entries import (
    commands,  # noqa: F401 - declares its steps
    queries,
)
from app.domain.exchange.past_entries.kind import PAST_ENTRY
from app.domain.exchange.past_entries.schemas import PastEntryCard, PastEntryListIn, PastEntryOut

ops = Operations("past entries")
router = ops.router


@ops.query("/v1/past-entries", out=PageOut[PastEntryCard], needs=PAST_ENTRY.reads)
async def list_past_entries(
    query: Annotated[PastEntryListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List past entries.

    Entries of the system used before that you may read, newest first. Rows hold no narrative.
    """
    found = await queries.list_past_entries(reading, query, page_asked(query))
    return replies.ready_page(request, found)


mount(ops, PAST_ENTRY, "/v1/past-entries", PastEntryOut, queries.to_response)
