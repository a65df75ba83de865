"""Exports of the whole school: order one, stand for it, and fetch the encrypted file."""

from typing import Annotated
from uuid import UUID

from fastapi import Header, Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.kinds import Records
from app.api.operations import File, Operations
from app.api.paging import page_asked
from app.api.ranges import describe_ranges, give_out_span, span_of
from app.core.schemas import ListIn, PageOut, ReasonIn
from app.core.words import Permission
from app.domain.errors import SecondPersonNeeded, StateConflict
from app.domain.exchange.school_exports import commands, queries
from app.domain.exchange.school_exports.errors import (
    SchoolExportNotFound,
    SchoolExportNotReady,
    SchoolExportUnderWay,
    SealedNotRead,
)
from app.domain.exchange.school_exports.schemas import (
    ApproveSchoolExportIn,
    OrderSchoolExportIn,
    SchoolExportOut,
)

P = Permission
ops = Operations("school exports")
router = ops.router
ONE = "/v1/exports/{export_id}"
MEDIA_TYPE = "application/octet-stream"
EXPORTS = Records(
    ops, ONE, SchoolExportOut, queries.to_response, P.SCHOOL_EXPORT, (SchoolExportNotFound,)
)


@ops.command(
    "POST", "/v1/exports", out=SchoolExportOut, needs=P.SCHOOL_EXPORT, status=202, recent=True,
    errors=(SchoolExportUnderWay,),
)  # fmt: skip
async def request_school_export(body: OrderSchoolExportIn, work: Work) -> Response:
    """Request a school export.

    Requests an export of everything your school holds, except the adult register. Next: two
    people call `approve_school_export`, then `download_school_export`.

    Cairn writes nothing until two people who may send a whole file approve it; one of them must
    read class K5. A headteacher or lead who requests it counts as one. Leads, headteachers and
    chairs of governors are alerted.
    """
    row = await commands.request_school_export(work, body)
    return await EXPORTS.answer(work, row, status=202, location=f"/v1/exports/{row.id}")


@ops.query("/v1/exports", out=PageOut[SchoolExportOut], needs=P.SCHOOL_EXPORT)
async def list_school_exports(
    request: Request, reading: Reading, query: Annotated[ListIn, Query()]
) -> Response:
    """List school exports.

    Lists the school's exports, newest first. A service key sees only those it requested.
    """
    return replies.page(request, await queries.list_exports(reading, page_asked(query)))


@ops.query(
    ONE, out=SchoolExportOut, needs=P.SCHOOL_EXPORT, errors=(SchoolExportNotFound,), etag=True
)
async def get_school_export(export_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a school export.

    Shows who has approved the export, how far it has got, and where its file is.
    """
    result, version = await queries.get_export(reading, export_id)
    return replies.record(result, version=version, request=request)


EXPORTS.change(
    "approve", commands.approve_school_export, ApproveSchoolExportIn,
    "Approve a school export.\n\n"
    "Approves the export. First make sure you know who holds the key: they will be able to "
    "open everything.",
    needs=P.TRANSFER_APPROVE, recent=True,
    errors=(StateConflict, SecondPersonNeeded, SealedNotRead),
)  # fmt: skip
EXPORTS.change(
    "refuse", commands.refuse_school_export, ReasonIn,
    "Refuse a school export.\n\n"
    "Refuses an export that was requested, with a reason.",
    needs=P.TRANSFER_APPROVE, errors=(StateConflict,),
)  # fmt: skip
EXPORTS.change(
    "cancel", commands.cancel_school_export, ReasonIn,
    "Cancel a school export.\n\n"
    "Stops the export at any point, even when it is ready. Its file is deleted.",
    errors=(StateConflict,),
)  # fmt: skip


@ops.opening(
    f"{ONE}/file", out=File(MEDIA_TYPE), needs=P.SCHOOL_EXPORT, etag=False, recent=True,
    errors=(SchoolExportNotFound, SchoolExportNotReady),
)  # fmt: skip
async def download_school_export(
    export_id: UUID,
    work: Work,
    runtime: Served,
    span: Annotated[
        str | None,
        Header(
            alias="Range",
            max_length=100,
            description="`bytes=FIRST-`, to resume a download.",
        ),
    ] = None,
) -> Response:
    """Download a school export.

    Downloads the encrypted file, which `cairn import school` reads. The audit log records every
    download.
    """
    first = span_of(span)
    row = await commands.download_school_export(work, export_id, first)
    return await give_out_span(runtime.storage, row, first)


describe_ranges(router, "download_school_export", MEDIA_TYPE)
