"""Files that come from other schools, and requests for them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.kinds import Records
from app.api.operations import BINARY, Operations
from app.api.packets import RAW_TYPES, give_out_received, packet_of, passphrase_of, take_in_packet
from app.api.paging import page_asked
from app.api.schemas import incoming_transfers as schemas
from app.api.uploads import describe_upload
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConflictOfInterest, PermissionMissing, StateConflict
from app.domain.record.attachments.errors import AttachmentHeld, AttachmentNotFound
from app.domain.record.children.errors import IdentifierTaken
from app.domain.sharing.file_requests import commands as file_requests
from app.domain.sharing.file_requests import queries as file_requests_queries
from app.domain.sharing.file_requests.commands import RequestFile
from app.domain.sharing.file_requests.errors import FileRequestNotFound
from app.domain.sharing.file_requests.schemas import FileRequestAnswerIn
from app.domain.sharing.incoming_transfers import commands as incoming_transfers
from app.domain.sharing.incoming_transfers import queries as incoming_transfers_queries
from app.domain.sharing.incoming_transfers.errors import IncomingTransferNotFound
from app.domain.sharing.incoming_transfers.schemas import AcceptanceIn
from app.domain.sharing.received_files import queries as received_files_queries
from app.domain.sharing.transfer_receipts.schemas import RejectionIn
from app.domain.sharing.transfers.errors import (
    ChildKnown,
    DestinationUnknown,
    MatchNeeded,
    PacketKnown,
    PacketRefused,
    ReceivedRecordNotFound,
    SignerUnchecked,
    UpnMismatch,
)

ops = Operations("transfers")
router = ops.router
P = Permission
INCOMING = Records(
    ops, "/v1/incoming-transfers/{incoming_id}", schemas.IncomingOut,
    incoming_transfers_queries.incoming_shown,
    writes=P.TRANSFER_ACCEPT, errors=(IncomingTransferNotFound, StateConflict),
)  # fmt: skip
REQUESTS = Records(
    ops, "/v1/file-requests/{request_id}", schemas.FileRequestOut,
    file_requests_queries.request_shown,
    writes=P.TRANSFER_WRITE, errors=(FileRequestNotFound, StateConflict),
)  # fmt: skip


@ops.query("/v1/incoming-transfers", out=PageOut[schemas.IncomingCard], needs=P.TRANSFER_READ)
async def list_incoming_transfers(
    request: Request, reading: Reading, query: Annotated[schemas.IncomingListIn, Query()]
) -> Response:
    """List incoming transfers.

    Lists files that came from other schools, newest first.
    """
    incoming = await incoming_transfers_queries.list_incoming(
        reading, {"state": query.state}, page_asked(query)
    )
    return replies.page(request, incoming)


@ops.command(
    "POST", "/v1/incoming-transfers", out=schemas.IncomingOut, needs=P.TRANSFER_ACCEPT, status=201,
    errors=(PacketRefused, PacketKnown), prepare=take_in_packet,
)  # fmt: skip
async def receive_transfer(work: Work, runtime: Served, request: Request) -> Response:
    """Receive a packet from a school outside this server.

    Takes in a packet from a school outside this server. Cairn checks its signature. Nobody can read
    it until you call `accept_incoming_transfer`.
    """
    row = await incoming_transfers.receive_packet(
        work, packet_of(request), runtime.vault, passphrase=passphrase_of(request)
    )
    return await INCOMING.made(work, row)


INCOMING.opening(
    incoming_transfers.open_incoming,
    "Open an incoming transfer.\n\n"
    "Shows which child the file says it is about, and which school signed it. Next: "
    "`accept_incoming_transfer` or `reject_incoming_transfer`.",
    name="open_incoming_transfer", needs=P.TRANSFER_READ, errors=(IncomingTransferNotFound,),
)  # fmt: skip
INCOMING.change(
    "accept", incoming_transfers.accept_incoming, AcceptanceIn,
    "Accept an incoming transfer.\n\n"
    "Accepts the file for a child. A job unpacks it, and then the other school gets a "
    "receipt.",
    name="accept_incoming_transfer", recent=True,
    errors=(
        SignerUnchecked, MatchNeeded, ChildKnown, UpnMismatch, ChildNotFound, OutsideCohort,
        ConflictOfInterest, IdentifierTaken,
    ),
)  # fmt: skip
INCOMING.change(
    "reject", incoming_transfers.reject_incoming, RejectionIn,
    "Reject an incoming transfer.\n\n"
    "Sends the file back unread. If the other school is on this server, Cairn tells it.",
    name="reject_incoming_transfer",
)  # fmt: skip


@ops.opening(
    "/v1/children/{child_id}/received-files", out=PageOut[schemas.ReceivedFileOut],
    needs=P.CHRONOLOGY_READ, errors=(ChildNotFound, OutsideCohort, ConflictOfInterest),
)  # fmt: skip
async def open_received_files(child_id: UUID, work: Work) -> Response:
    """Open files received for a child.

    Shows the files that came with a child, each with the records you may see.
    """
    return replies.listing(await received_files_queries.open_received_files(work, child_id))


@ops.opening(
    "/v1/received-records/{record_id}", out=schemas.ReceivedRecordOut, needs=P.CHRONOLOGY_READ,
    etag=False, errors=(ReceivedRecordNotFound,),
)  # fmt: skip
async def open_received_record(record_id: UUID, work: Work) -> Response:
    """Open a received record.

    Shows one record of a received file, exactly as it came.
    """
    return replies.record(await received_files_queries.open_received_record(work, record_id))


@ops.opening(
    "/v1/received-records/{record_id}/attachments/{attachment_id}",
    out=BINARY,
    needs=P.CHRONOLOGY_READ,
    etag=False,
    errors=(
        ReceivedRecordNotFound,
        AttachmentNotFound,
        AttachmentHeld,
        PermissionMissing,
    ),
)
async def download_received_attachment(
    record_id: UUID, attachment_id: UUID, work: Work, runtime: Served
) -> Response:
    """Download a file of a received record.

    Downloads a file that came with a record.
    """
    received_attachment = await received_files_queries.download_received_attachment(
        work, record_id, attachment_id
    )
    return await give_out_received(runtime.storage, received_attachment)


@ops.query("/v1/file-requests", out=PageOut[schemas.FileRequestCard], needs=P.TRANSFER_READ)
async def list_file_requests(
    request: Request, reading: Reading, query: Annotated[schemas.FileRequestListIn, Query()]
) -> Response:
    """List requests for files.

    Lists requests that your school made or received, newest first.
    """
    filters = {"direction": query.direction, "state": query.state}
    return replies.page(
        request, await file_requests_queries.list_requests(reading, filters, page_asked(query))
    )


@ops.command(
    "POST", "/v1/file-requests", out=schemas.FileRequestOut, needs=P.TRANSFER_WRITE, status=201,
    errors=(ChildNotFound, OutsideCohort, ConflictOfInterest, DestinationUnknown),
)  # fmt: skip
async def request_file(body: schemas.FileRequestIn, work: Work) -> Response:
    """Request a child's file.

    Asks the child's former school for the file. For a school outside this server, it records that
    you asked.
    """
    other = {
        name: value
        for name in ("name", "urn", "email")
        if (value := getattr(body, name)) is not None
    }
    command = RequestFile(body.child_id, body.id, body.school_id, other, body.note)
    row = await file_requests.request_file(work, command)
    return await REQUESTS.made(work, row)


REQUESTS.opening(
    file_requests.open_request,
    "Open a request for a file.\n\n"
    "Shows which child's file was requested, by which school, and the answer.",
    name="open_file_request", needs=P.TRANSFER_READ, errors=(FileRequestNotFound,),
)  # fmt: skip
REQUESTS.change(
    "answer", file_requests.answer_request, FileRequestAnswerIn,
    "Answer a request for a file.\n\n"
    "Answers with a transfer, or refuses with a reason. It also ends a request you made to a "
    "school outside this server.",
    name="answer_file_request",
)  # fmt: skip


describe_upload(
    router,
    "receive_transfer",
    raw=RAW_TYPES,
    fields={"passphrase": {"type": "string", "maxLength": 300}},
)
