"""The kind of a lead's question to the reporter: seen by people who read the whole concern.

Its reporter sees it in their own submission.
"""

from app.core.words import AuditEvent
from app.db.models import ConcernQuestion
from app.domain import visibility
from app.domain.errors import ConcernNotFound
from app.domain.kinds import Kind, kind

QUESTION = kind(
    Kind(
        "concern_question",
        ConcernQuestion,
        reads=None,
        visible=visibility.OF_CONCERN,
        missing=ConcernNotFound,
        events=(AuditEvent.QUESTION_ASKED, AuditEvent.QUESTION_ANSWERED),
    )
)
