"""The kind of a contact: seen by people who open the child."""

from app.core.words import AuditEvent
from app.db.models import Contact
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.record.contacts.errors import ContactNotFound

CONTACT = kind(
    Kind(
        "contact",
        Contact,
        reads=None,
        visible=visibility.OF_CHILD,
        missing=ContactNotFound,
        events=(
            AuditEvent.CONTACT_ADDED, AuditEvent.CONTACT_CHANGED, AuditEvent.CONTACT_ENDED,
            AuditEvent.CONTACT_MERGED, AuditEvent.CONTACT_UNMERGED,
        ),
        is_open=lambda row: row.valid_to is None,
    )
)  # fmt: skip
