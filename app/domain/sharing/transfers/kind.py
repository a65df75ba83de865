"""What files on their way are: seen by those who read transfers, unless related to the child."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import FileRequest, IncomingTransfer, Transfer
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries
from app.domain.sharing.transfers.errors import (
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
        opened=AuditEvent.TRANSFER_OPENED,
        reassigned=AuditEvent.TRANSFER_CHANGED,
        events=(
            AuditEvent.TRANSFER_PREPARED, AuditEvent.TRANSFER_CHANGED, AuditEvent.TRANSFER_APPROVED,
            AuditEvent.TRANSFER_PACKED, AuditEvent.TRANSFER_SENT, AuditEvent.TRANSFER_DELIVERED,
            AuditEvent.TRANSFER_RECEIPTED, AuditEvent.TRANSFER_REJECTED,
            AuditEvent.TRANSFER_CANCELLED,
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
        opened=AuditEvent.INCOMING_OPENED,
        events=(
            AuditEvent.INCOMING_RECEIVED,
            AuditEvent.INCOMING_ACCEPTED,
            AuditEvent.INCOMING_REJECTED,
        ),
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
        opened=AuditEvent.TRANSFER_OPENED,
        events=(
            AuditEvent.FILE_REQUESTED,
            AuditEvent.FILE_REQUEST_RECEIVED,
            AuditEvent.FILE_REQUEST_ANSWERED,
        ),
        owning=Owning(carries(P.TRANSFER_WRITE), last=LAST),
    )
)
