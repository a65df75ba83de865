"""What a child's record is, and what stands in it: seen by people who open the child."""

from app.core.words import AuditEvent, Permission
from app.db.models import Child, ChildIdentifier, ChildStatus, Contact
from app.db.record_visibility import ROLE_READS_CLASS
from app.domain import visibility
from app.domain.errors import (
    ChildNotFound,
    ContactNotFound,
    IdentifierNotFound,
    StatusNotFound,
)
from app.domain.kinds import Kind, kind
from app.domain.policy import Effect

CHILD = kind(
    Kind(
        "child",
        Child,
        reads=None,
        visible=visibility.OF_CHILD,
        missing=ChildNotFound,
        opened=AuditEvent.CHILD_OPENED,
        events=(
            AuditEvent.CHILD_ADDED, AuditEvent.CHILD_CHANGED, AuditEvent.CONTACT_PAUSED,
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
CONTACT = kind(
    Kind(
        "contact",
        Contact,
        reads=None,
        visible=visibility.OF_CHILD,
        missing=ContactNotFound,
        events=(
            AuditEvent.CONTACT_ADDED, AuditEvent.CONTACT_CHANGED, AuditEvent.CONTACT_ENDED,
        ),
        is_open=lambda row: row.valid_to is None,
    )
)  # fmt: skip
STATUS = kind(
    Kind(
        "status",
        ChildStatus,
        reads=Permission.CHILD_OPEN,
        visible=visibility.And(
            visibility.OF_CHILD,
            visibility.First(
                (visibility.Rule("class", ROLE_READS_CLASS, Effect.ALLOW, Effect.DENY),)
            ),
        ),
        missing=StatusNotFound,
        events=(AuditEvent.STATUS_ADDED, AuditEvent.STATUS_CHANGED),
        is_open=lambda row: row.valid_to is None,
    )
)
