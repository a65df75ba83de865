"""The kind of a received record: read only like a record of its class about this child."""

from app.core.words import AuditEvent, Permission
from app.db.models import ReceivedRecord
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.sharing.transfers.errors import ReceivedRecordNotFound

RECEIVED_RECORD = kind(
    Kind(
        "received_record",
        ReceivedRecord,
        reads=Permission.CHRONOLOGY_READ,
        visible=visibility.And(visibility.OF_CHILD, visibility.OWN_CLASS),
        missing=ReceivedRecordNotFound,
        opened=AuditEvent.RECEIVED_RECORD_OPENED,
        is_open=lambda _: False,
    )
)
