"""Files kept with a concern."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.attachments import RAW_TYPES, give_out, take_in
from app.api.deps import Served, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import BINARY, Operations
from app.api.schemas.concern_records import AttachmentOut
from app.api.shapes import attachments as shapes
from app.api.uploads import describe_upload
from app.core.codes import OriginalReasonsIn
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import ConcernMoved, ConcernNotFound, PermissionMissing
from app.domain.record.attachments import commands
from app.domain.record.attachments.errors import (
    AttachmentHeld,
    AttachmentNotFound,
    AttachmentQuarantined,
    FileRefused,
)
from app.domain.record.concerns import queries

ops = Operations("concerns")
router = ops.router


@ops.command(
    "POST", "/v1/concerns/{concern_id}/attachments", out=AttachmentOut, status=201,
    needs=Permission.CONCERN_AMEND, etag=False, errors=(ConcernNotFound, ConcernMoved, FileRefused),
    prepare=take_in, by_password=True, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_attachment(
    concern_id: UUID, work: Work, request: Request, runtime: Served
) -> Response:
    """Add a file to a concern.

    Saves a file with a concern: as a multipart form (`file`, `description`) or as the raw bytes.

    Never a photograph of an injury: use the body map.

    If the server has a virus scanner, the file stays `quarantined` until it is found clean. Next:
    `list_attachments`.
    """
    to_scan = bool(runtime.settings.antivirus_url)
    command = shapes.command_to_add(request.state.prepared, to_scan=to_scan)
    return await shapes.attachment(work, await commands.add_attachment(work, concern_id, command))


@ops.opening(
    "/v1/concerns/{concern_id}/attachments", out=PageOut[AttachmentOut], needs=None,
    errors=(ConcernNotFound, PermissionMissing),
)  # fmt: skip
async def list_attachments(concern_id: UUID, work: Work) -> Response:
    """List a concern's files.

    Lists the concern's files, oldest first. A reporter sees only the files they added.
    """
    return replies.listing(await queries.open_part(work, concern_id, "attachments"))


@ops.opening(
    "/v1/concerns/{concern_id}/attachments/{attachment_id}",
    out=BINARY,
    needs=None,
    etag=False,
    errors=(
        ConcernNotFound,
        AttachmentNotFound,
        PermissionMissing,
        AttachmentQuarantined,
        AttachmentHeld,
    ),
)
async def download_attachment(
    concern_id: UUID,
    attachment_id: UUID,
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
    """Download a concern's file.

    Downloads a file. If it was damaged in storage, the download breaks off: Cairn never serves a
    damaged file whole.

    A picture comes as a copy without its location, time and device.
    """
    attachment = await commands.download_attachment(
        work, concern_id, attachment_id, original_reason_code
    )
    return await give_out(runtime.storage, attachment, original=original_reason_code is not None)


describe_upload(
    router,
    "add_attachment",
    raw=RAW_TYPES,
    fields={"description": {"type": "string", "maxLength": 300}},
)
