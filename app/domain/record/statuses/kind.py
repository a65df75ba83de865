"""The kind of a child's status: seen by people who open the child and read its class."""

from app.core.words import AuditEvent, Permission
from app.db.models import ChildStatus
from app.db.record_visibility import ROLE_READS_CLASS
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.policy import Effect
from app.domain.record.statuses.errors import StatusNotFound

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
