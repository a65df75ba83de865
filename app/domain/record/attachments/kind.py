"""The kind of a file kept with a concern: seen by people who read the whole concern."""

from app.core.words import AuditEvent
from app.db.models import Attachment
from app.domain import visibility
from app.domain.kinds import NEW, Kind, kind
from app.domain.record.attachments.errors import AttachmentNotFound

ATTACHMENT = kind(
    Kind(
        "attachment",
        Attachment,
        reads=None,
        visible=visibility.OF_CONCERN,
        missing=AttachmentNotFound,
        moves={
            "add_attachment": {NEW: ("quarantined", "available")},
            "the scanner looks at it": {
                "quarantined": ("available", "held"),
                "available": "held",
                "held": "available",
            },
        },
        events=(
            AuditEvent.ATTACHMENT_ADDED,
            AuditEvent.ATTACHMENT_SCANNED,
            AuditEvent.ATTACHMENT_HELD,
        ),
    )
)
