"""Past entries: listed, opened, and taken up where they are still open."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.attachments import give_out
from app.api.deps import Reading, Served, Work
from app.api.kinds import mount
from app.api.operations import BINARY, Operations
from app.api.paging import page_asked
from app.core.codes import OriginalReasonsIn
from app.core.schemas import PageOut
from app.domain.errors import PermissionMissing
from app.domain.exchange.past_entries import commands, queries
from app.domain.exchange.past_entries.kind import PAST_ENTRY
from app.domain.exchange.past_entries.schemas import PastEntryCard, PastEntryListIn, PastEntryOut
from app.domain.record.attachments.errors import (
    AttachmentHeld,
    AttachmentNotFound,
    AttachmentQuarantined,
)

ops = Operations("past entries")
router = ops.router


@ops.query("/v1/past-entries", out=PageOut[PastEntryCard], needs=PAST_ENTRY.reads)
async def list_past_entries(
    query: Annotated[PastEntryListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List past entries.

    Lists the entries from the earlier system that you may read, newest first. Rows hold no
    narrative.
    """
    past_entries = await queries.list_past_entries(reading, query, page_asked(query))
    return replies.ready_page(request, past_entries)


@ops.opening(
    "/v1/past-entries/{past_entry_id}/file",
    out=BINARY,
    needs=PAST_ENTRY.reads,
    etag=False,
    errors=(
        PAST_ENTRY.missing, AttachmentNotFound, PermissionMissing, AttachmentQuarantined,
        AttachmentHeld,
    ),
)  # fmt: skip
async def download_past_file(
    past_entry_id: UUID,
    work: Work,
    runtime: Served,
    original_reason_code: Annotated[
        OriginalReasonsIn | None,
        Query(
            description="Why a lead needs the uploaded bytes. Default: pictures come without "
            "metadata."
        ),
    ] = None,
) -> Response:
    """Download a past entry's file.

    Downloads the file of a document from the earlier system.
    """
    past_file = await commands.download_past_file(work, past_entry_id, original_reason_code)
    return await give_out(runtime.storage, past_file, original=original_reason_code is not None)


mount(ops, PAST_ENTRY, "/v1/past-entries", PastEntryOut, queries.to_response)
