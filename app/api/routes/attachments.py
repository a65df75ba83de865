"""Files kept with a concern."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.attachments import RAW_TYPES, give_out, take_in
from app.api.deps import Served, Work
from app.api.operations import BINARY, Operations
from app.api.schemas.common import PageOut
from app.api.schemas.concern_records import (
    AttachmentOut,
)
from app.api.shapes import attachments as shapes
from app.api.uploads import describe_upload
from app.core.words import Permission
from app.domain.attachments import commands
from app.domain.attachments.errors import FileRefused
from app.domain.concerns import reading as reads
from app.domain.errors import AttachmentNotFound, ConcernNotFound

ops = Operations("concerns")
router = ops.router


@ops.command(
    "POST",
    "/v1/concerns/{concern_id}/attachments",
    out=AttachmentOut,
    status=201,
    needs=Permission.CONCERN_AMEND,
    etag=False,
    errors=(ConcernNotFound, FileRefused),
    prepare=take_in,
)
async def add_attachment(concern_id: UUID, work: Work, request: Request) -> Response:
    """Keep a file with a concern: multipart (`file`, `description`) or the raw bytes."""
    wish = shapes.wish_to_add(request.state.prepared)
    return await shapes.attachment(work, await commands.add_attachment(work, concern_id, wish))


@ops.opening(
    "/v1/concerns/{concern_id}/attachments",
    out=PageOut[AttachmentOut],
    needs=Permission.CONCERN_RAISE,
    errors=(ConcernNotFound,),
)
async def list_attachments(concern_id: UUID, work: Work) -> Response:
    """The files of a concern, oldest first; a reporter sees their own."""
    return replies.listing(await reads.open_part(work, concern_id, "attachments"))


@ops.opening(
    "/v1/concerns/{concern_id}/attachments/{attachment_id}",
    out=BINARY,
    needs=Permission.CONCERN_RAISE,
    etag=False,
    errors=(ConcernNotFound, AttachmentNotFound),
)
async def open_attachment(
    concern_id: UUID, attachment_id: UUID, work: Work, served: Served
) -> Response:
    """Download a file; a file that was damaged in the store is cut off, never served whole."""
    attachment = await commands.open_attachment(work, concern_id, attachment_id)
    return await give_out(served.storage, attachment)


describe_upload(
    router,
    "add_attachment",
    raw=RAW_TYPES,
    fields={"description": {"type": "string", "maxLength": 300}},
)
