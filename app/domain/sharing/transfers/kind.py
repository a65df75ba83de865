"""The kind of a transfer: seen by those who read transfers, unless related to the child."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import Transfer
from app.domain import visibility
from app.domain.kinds import NEW, Kind, Moves, kind
from app.domain.owning import Owning, carries
from app.domain.sharing.transfers.errors import TransferNotFound
from app.domain.sharing.transfers.rules import STEPS

P = Permission
UNRELATED = visibility.Unless((visibility.CHILD_CONFLICT,), visibility.EVERYBODY)
LAST = (Role.HEADTEACHER, Role.SCHOOL_ADMIN)

MOVES: Moves = {
    "prepare_transfer": {NEW: "prepared"},
    "approve_transfer": dict.fromkeys(STEPS["approve_transfer"], ("approved", "retained")),
    "update_transfer": {"rejected": "prepared"},
    "cancel_transfer": dict.fromkeys(STEPS["cancel_transfer"], "cancelled"),
    "record_transfer_sent": dict.fromkeys(STEPS["record_transfer_sent"], "sent"),
    "the next school has it": {"sent": "delivered"},
    "record_transfer_receipt": dict.fromkeys(
        STEPS["record_transfer_receipt"], ("accepted", "locked")
    ),
    "record_transfer_rejection": dict.fromkeys(STEPS["record_transfer_rejection"], "rejected"),
}

TRANSFER = kind(
    Kind(
        "transfer",
        Transfer,
        reads=P.TRANSFER_READ,
        visible=UNRELATED,
        missing=TransferNotFound,
        moves=MOVES,
        opened=AuditEvent.TRANSFER_OPENED,
        reassigned=AuditEvent.TRANSFER_CHANGED,
        events=(
            AuditEvent.TRANSFER_PREPARED, AuditEvent.TRANSFER_CHANGED, AuditEvent.TRANSFER_APPROVED,
            AuditEvent.TRANSFER_PACKED, AuditEvent.TRANSFER_SENT, AuditEvent.TRANSFER_DELIVERED,
            AuditEvent.TRANSFER_RECEIPTED, AuditEvent.TRANSFER_REJECTED,
            AuditEvent.TRANSFER_CANCELLED,
        ),
        at_death="what left is its owner's to see through; a draft is withdrawn",
        owning=Owning(carries(P.TRANSFER_WRITE), last=LAST),
    )
)  # fmt: skip
