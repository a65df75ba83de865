"""What a file that leaves is: seen by those who read transfers, unless related to the child."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import Transfer
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries
from app.domain.sharing.transfers.errors import TransferNotFound

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
