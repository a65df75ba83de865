"""The kind of a child's record and its parts: seen by people who open the child."""

from app.core.words import AuditEvent
from app.db.models import Child, ChildIdentifier
from app.domain import visibility
from app.domain.errors import ChildNotFound
from app.domain.kinds import Kind, kind
from app.domain.record.children.errors import IdentifierNotFound

CHILD = kind(
    Kind(
        "child",
        Child,
        reads=None,
        visible=visibility.OF_CHILD,
        missing=ChildNotFound,
        opened=AuditEvent.CHILD_OPENED,
        events=(
            AuditEvent.CHILD_ADDED, AuditEvent.CHILD_CHANGED, AuditEvent.CHILD_MERGE_ASKED,
            AuditEvent.CHILD_MERGED, AuditEvent.CHILD_UNMERGED, AuditEvent.CONTACT_PAUSED,
            AuditEvent.CONTACT_RESUMED, AuditEvent.FILE_LOCKED, AuditEvent.FILE_UNLOCKED,
        ),
    )
)  # fmt: skip
IDENTIFIER = kind(
    Kind(
        "identifier",
        ChildIdentifier,
        reads=None,
        visible=visibility.OF_CHILD,
        missing=IdentifierNotFound,
        events=(AuditEvent.IDENTIFIER_ADDED, AuditEvent.IDENTIFIER_ENDED),
        is_open=lambda row: row.valid_to is None,
    )
)
