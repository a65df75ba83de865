"""The kind of a notice of unusual reading: never shown to its reader or the child's relatives."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import ReadingNotice
from app.domain import visibility
from app.domain.access.reading_notices.errors import NoticeNotFound
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries

READING_NOTICE = kind(
    Kind(
        "reading_notice",
        ReadingNotice,
        reads=Permission.ACCESS_REVIEW,
        visible=visibility.Unless(
            (visibility.BARRED, visibility.CHILD_CONFLICT), visibility.EVERYBODY
        ),
        missing=NoticeNotFound,
        opened=AuditEvent.AUDIT_READ,
        is_open=lambda row: row.reviewed_at is None,
        at_death="somebody looked, and that is reviewed whatever became of the child",
        owning=Owning(carries(Permission.ACCESS_REVIEW), last=(Role.SCHOOL_ADMIN,), casework=False),
    )
)
