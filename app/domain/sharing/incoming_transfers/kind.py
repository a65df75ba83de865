"""The kind of an incoming file: seen by those who read transfers, unless related to the child."""

from app.core.words import AuditEvent, Permission
from app.db.models import IncomingTransfer
from app.domain.kinds import NEW, Kind, kind
from app.domain.owning import Owning, carries
from app.domain.sharing.incoming_transfers.errors import IncomingTransferNotFound
from app.domain.sharing.transfers.kind import LAST, UNRELATED

INCOMING_TRANSFER = kind(
    Kind(
        "incoming_transfer",
        IncomingTransfer,
        reads=Permission.TRANSFER_READ,
        visible=UNRELATED,
        missing=IncomingTransferNotFound,
        moves={
            "receive_transfer": {NEW: "waiting"},
            "accept_incoming_transfer": {"waiting": "accepting"},
            "the file is unpacked": {"accepting": "accepted"},
            "reject_incoming_transfer": {"waiting": "rejected"},
        },
        opened=AuditEvent.INCOMING_OPENED,
        events=(
            AuditEvent.INCOMING_RECEIVED,
            AuditEvent.INCOMING_ACCEPTED,
            AuditEvent.INCOMING_REJECTED,
        ),
        at_death="another school is owed a receipt",
        owning=Owning(carries(Permission.TRANSFER_ACCEPT), last=LAST),
    )
)
