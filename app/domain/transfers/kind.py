"""What files on their way are: seen by those who read transfers, unless related to the child."""

from app.core.words import Did, Permission, Role
from app.db.models import FileRequest, IncomingTransfer, Transfer
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries
from app.domain.transfers.errors import (
    FileRequestNotFound,
    IncomingTransferNotFound,
    TransferNotFound,
)

P = Permission
UNRELATED = visibility.Unless((visibility.CHILD_CONFLICT,), visibility.EVERYBODY)
LAST = (Role.HEADTEACHER, Role.SCHOOL_ADMIN)

TRANSFER = kind(
    Kind(
        "transfer",
        Transfer,
        reads=P.TRANSFER_READ,
        visible=UNRELATED,
        missing=TransferNotFound,
        opened=Did.TRANSFER_OPENED,
        reassigned=Did.TRANSFER_CHANGED,
        events=(
            Did.TRANSFER_PREPARED, Did.TRANSFER_CHANGED, Did.TRANSFER_APPROVED,
            Did.TRANSFER_PACKED, Did.TRANSFER_SENT, Did.TRANSFER_DELIVERED,
            Did.TRANSFER_RECEIPTED, Did.TRANSFER_REJECTED, Did.TRANSFER_CANCELLED,
        ),
        owning=Owning(carries(P.TRANSFER_WRITE), last=LAST),
    )
)  # fmt: skip
INCOMING_TRANSFER = kind(
    Kind(
        "incoming_transfer",
        IncomingTransfer,
        reads=P.TRANSFER_READ,
        visible=UNRELATED,
        missing=IncomingTransferNotFound,
        opened=Did.INCOMING_OPENED,
        events=(Did.INCOMING_RECEIVED, Did.INCOMING_ACCEPTED, Did.INCOMING_REJECTED),
        owning=Owning(carries(P.TRANSFER_ACCEPT), last=LAST),
    )
)
FILE_REQUEST = kind(
    Kind(
        "file_request",
        FileRequest,
        reads=P.TRANSFER_READ,
        visible=UNRELATED,
        missing=FileRequestNotFound,
        opened=Did.TRANSFER_OPENED,
        events=(Did.FILE_REQUESTED, Did.FILE_REQUEST_RECEIVED, Did.FILE_REQUEST_ANSWERED),
        owning=Owning(carries(P.TRANSFER_WRITE), last=LAST),
    )
)
