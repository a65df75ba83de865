"""Files that follow their children to another school."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Served, Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import File, Operations
from app.api.packets import give_out_packet
from app.api.paging import page_asked
from app.api.schemas import transfers as schemas
from app.api.schemas.file_locks import FileLockOut
from app.api.schemas.transfer_keys import TransferKeysOut
from app.core.schemas import PageOut, ReasonIn, fields_of
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.share_access.errors import ItemsHidden
from app.domain.errors import (
    ChildNotFound,
    ConflictOfInterest,
    FileLocked,
    SchoolNotFound,
    SecondPersonNeeded,
    StateConflict,
)
from app.domain.sharing.file_locks import commands as file_locks
from app.domain.sharing.file_locks import queries as file_locks_queries
from app.domain.sharing.prepared_transfers import commands as prepared_transfers
from app.domain.sharing.prepared_transfers import queries as prepared_transfers_queries
from app.domain.sharing.prepared_transfers.commands import Destination, destination_of
from app.domain.sharing.prepared_transfers.schemas import TransferIn
from app.domain.sharing.transfer_approvals import commands as transfer_approvals
from app.domain.sharing.transfer_approvals.schemas import TransferApprovalIn
from app.domain.sharing.transfer_keys import commands as transfer_keys
from app.domain.sharing.transfer_receipts import commands
from app.domain.sharing.transfer_receipts.schemas import (
    RejectionIn,
    TransferReceiptIn,
    TransferSendingIn,
)
from app.domain.sharing.transfers import queries
from app.domain.sharing.transfers.errors import (
    ApprovalMissing,
    DestinationUnknown,
    NotLocked,
    PacketNotReady,
    ReceiptRefused,
    TransferExists,
    TransferNotFound,
)
from app.formats.packets import MEDIA_TYPE

ops = Operations("transfers")
router = ops.router
P = Permission
TRANSFERS = Records(
    ops, "/v1/transfers/{transfer_id}", schemas.TransferOut,
    prepared_transfers_queries.transfer_shown,
    writes=P.TRANSFER_WRITE, errors=(TransferNotFound, StateConflict),
)  # fmt: skip


@ops.query("/v1/transfer-destinations", out=PageOut[schemas.DestinationCard], needs=P.TRANSFER_READ)
async def list_transfer_destinations(
    request: Request, reading: Reading, query: Annotated[schemas.DestinationListIn, Query()]
) -> Response:
    """List schools a file can be sent to.

    Lists the schools on this server that a file can be sent to, by name, without your own. Next:
    `prepare_transfer`.
    """
    page = await queries.list_destinations(reading, query.q, page_asked(query))
    return replies.page(request, page)


@ops.query("/v1/transfers", out=PageOut[schemas.TransferCard], needs=P.TRANSFER_READ)
async def list_transfers(
    request: Request, reading: Reading, query: Annotated[schemas.TransferListIn, Query()]
) -> Response:
    """List transfers.

    Lists the school's transfers, newest first.
    """
    filters = {"child_id": query.child_id, "state": query.state}
    return replies.page(request, await queries.list_transfers(reading, filters, page_asked(query)))


@ops.command(
    "POST",
    "/v1/transfers",
    out=schemas.TransferOut,
    needs=P.TRANSFER_WRITE,
    status=201,
    errors=(
        ChildNotFound,
        OutsideCohort,
        ConflictOfInterest,
        TransferExists,
        FileLocked,
        DestinationUnknown,
    ),
)
async def prepare_transfer(body: TransferIn, work: Work) -> Response:
    """Prepare a transfer.

    Prepares to send a child's file to another school. The answer lists siblings who have a file
    too. Next: `preview_transfer_contents`, then `approve_transfer`.
    """
    return await TRANSFERS.made(work, await prepared_transfers.prepare_transfer(work, body))


TRANSFERS.opening(
    prepared_transfers_queries.open_transfer,
    "Open a transfer.\n\n"
    "Shows a transfer, how far it has got and what you may do next.",
    needs=P.TRANSFER_READ, errors=(TransferNotFound,),
)  # fmt: skip


@ops.command(
    "PATCH", "/v1/transfers/{transfer_id}", out=schemas.TransferOut, needs=P.TRANSFER_WRITE,
    errors=(TransferNotFound, StateConflict, DestinationUnknown),
)  # fmt: skip
async def update_transfer(
    transfer_id: UUID, body: schemas.TransferPatch, work: Work, if_match: IfMatch
) -> Response:
    """Update a transfer.

    Changes a transfer that is being prepared, or sends a rejected one to another destination.
    """
    changes = fields_of(body, only_set=True)
    where = None
    if "destination" in changes:
        del changes["destination"]
        destination = body.destination
        where = destination_of(destination) if destination else Destination("unknown")
    transfer = await prepared_transfers.update_transfer(work, transfer_id, if_match, changes, where)
    content = await prepared_transfers_queries.transfer_shown(work, transfer)
    return replies.record(content, version=transfer.version)


@ops.opening(
    "/v1/transfers/{transfer_id}/contents", out=schemas.ContentsOut, needs=P.TRANSFER_READ,
    errors=(TransferNotFound,), etag=False,
)  # fmt: skip
async def preview_transfer_contents(transfer_id: UUID, work: Work) -> Response:
    """Preview the contents of a transfer.

    Shows what would be sent now, what would stay, and why. Next: `approve_transfer`.
    """
    return replies.record(await prepared_transfers_queries.preview_contents(work, transfer_id))


@ops.command(
    "POST", "/v1/transfers/{transfer_id}/approve", out=schemas.TransferOut,
    needs=P.TRANSFER_APPROVE, recent=True,
    errors=(TransferNotFound, StateConflict, ApprovalMissing, ItemsHidden),
)  # fmt: skip
async def approve_transfer(
    transfer_id: UUID,
    body: TransferApprovalIn,
    work: Work,
    runtime: Served,
    if_match: IfMatch,
) -> Response:
    """Approve a transfer.

    Approves sending the file. Your reason is kept as a decision, other leads and the headteacher
    are alerted, and a job makes the packet. Next: for a school outside this server,
    `download_packet`, `reveal_transfer_passphrase` and `record_transfer_sent`.
    """
    transfer = await transfer_approvals.approve_transfer(
        work, transfer_id, if_match, body, runtime.vault
    )
    content = await prepared_transfers_queries.transfer_shown(work, transfer)
    return replies.record(content, version=transfer.version)


TRANSFERS.change(
    "cancel",
    prepared_transfers.cancel_transfer,
    ReasonIn,
    "Cancel a transfer.\n\nEnds a transfer that has not been sent.",
)


@ops.command(
    "POST", "/v1/transfers/{transfer_id}/passphrase", out=schemas.PassphraseOut,
    needs=P.TRANSFER_APPROVE, recent=True, secret=True, etag=False,
    errors=(TransferNotFound, StateConflict, PacketNotReady, ItemsHidden),
    no_if_match=NoIfMatch.SENDS,
)  # fmt: skip
async def reveal_transfer_passphrase(transfer_id: UUID, work: Work, runtime: Served) -> Response:
    """Reveal a packet's passphrase.

    Shows the packet's passphrase. Tell it to the other school by another route than the packet. The
    audit log records it. Next: `record_transfer_sent`.
    """
    passphrase = await transfer_approvals.reveal_passphrase(work, transfer_id, runtime.vault)
    return replies.record({"passphrase": passphrase})


@ops.opening(
    "/v1/transfers/{transfer_id}/packet", out=File(MEDIA_TYPE), needs=P.TRANSFER_WRITE, etag=False,
    recent=True, errors=(TransferNotFound, StateConflict, PacketNotReady, ItemsHidden),
)  # fmt: skip
async def download_packet(transfer_id: UUID, work: Work, runtime: Served) -> Response:
    """Download a transfer's packet.

    Downloads the packet to send to a school outside this server. The bytes are the same each time.
    Next: `record_transfer_sent`.
    """
    transfer, packet = await prepared_transfers_queries.open_packet(work, transfer_id)
    return await give_out_packet(runtime.storage, transfer.reference, packet)


TRANSFERS.change(
    "send", commands.record_transfer_sent, TransferSendingIn,
    "Record that a transfer was sent.\n\n"
    "Records how the packet went to a school outside this server. Next: "
    "`record_transfer_receipt`.",
    errors=(PacketNotReady, ItemsHidden),
)  # fmt: skip
TRANSFERS.change(
    "receipt", commands.record_receipt, TransferReceiptIn,
    "Record the receipt of a transfer.\n\n"
    "Saves the other school's receipt and locks the child's file here. Its hash has to match "
    "the packet. The file of a child registered at both schools stays unlocked.",
    name="record_transfer_receipt", errors=(PacketNotReady, ReceiptRefused),
)  # fmt: skip
TRANSFERS.change(
    "rejection", commands.record_rejection, RejectionIn,
    "Record the rejection of a transfer.\n\n"
    "Records that a school outside this server sent the file back. If the file was locked, "
    "it is unlocked.",
    name="record_transfer_rejection", errors=(TransferExists,),
)  # fmt: skip


@ops.opening(
    "/v1/children/{child_id}/file-lock", out=FileLockOut, needs=P.TRANSFER_READ,
    errors=(ChildNotFound, OutsideCohort, ConflictOfInterest, NotLocked),
)  # fmt: skip
async def check_file_lock(child_id: UUID, work: Work, request: Request) -> Response:
    """Check whether a child's file is locked.

    Shows whether the child's file has gone to another school, and who has asked to unlock it. Next:
    `unlock_child_file`.
    """
    lock = await file_locks_queries.open_lock(work, child_id)
    content = await file_locks_queries.lock_shown(work, lock)
    return replies.record(content, version=lock.version, request=request)


@ops.command(
    "POST", "/v1/children/{child_id}/file-lock/unlock", out=FileLockOut, needs=P.TRANSFER_APPROVE,
    recent=True,
    errors=(ChildNotFound, OutsideCohort, ConflictOfInterest, NotLocked, SecondPersonNeeded),
)  # fmt: skip
async def unlock_child_file(
    child_id: UUID, body: ReasonIn, work: Work, if_match: IfMatch
) -> Response:
    """Unlock a child's file.

    Asks to unlock the child's file, or agrees as the second person, which unlocks it.
    """
    lock = await file_locks.unlock_file(work, child_id, if_match, body.reason)
    return replies.record(await file_locks_queries.lock_shown(work, lock), version=lock.version)


@ops.public(
    "GET", "/v1/schools/{school_id}/transfer-keys", out=TransferKeysOut, errors=(SchoolNotFound,)
)
async def get_transfer_keys(school_id: UUID, runtime: Served) -> Response:
    """Get a school's public transfer keys.

    Returns a school's public keys, for anyone who sends it a file or has received one from it.
    """
    return replies.record(await queries.public_keys(runtime.database, school_id))


@ops.command(
    "POST", "/v1/transfer-keys", out=TransferKeysOut, needs=P.TRANSFER_APPROVE, status=201,
    recent=True, etag=False,
)  # fmt: skip
async def rotate_transfer_keys(work: Work, runtime: Served) -> Response:
    """Rotate my school's transfer keys.

    Makes new keys for your school. Packets made with the old ones can still be opened.
    """
    row = await transfer_keys.rotate_keys(work, runtime.vault)
    location = f"/v1/schools/{row.school_id}/transfer-keys"
    return replies.record(transfer_keys.published([row]), status=201, location=location)
