"""The kinds of additions to a concern: seen by people who read it whole."""

from app.core.words import AuditEvent, Permission
from app.db.models import Amendment, Comment, Decision
from app.db.record_visibility import HAS_CLASS
from app.db.visibility import HAS_CONCERN
from app.domain import visibility
from app.domain.access.share_access.queries import EVERY_ITEM
from app.domain.errors import ConcernNotFound
from app.domain.kinds import Kind, kind

AMENDMENT = kind(
    Kind(
        "amendment",
        Amendment,
        reads=None,
        visible=visibility.OF_CONCERN,
        missing=ConcernNotFound,
        events=(AuditEvent.CONCERN_AMENDED,),
    )
)
COMMENT = kind(
    Kind(
        "comment",
        Comment,
        reads=None,
        visible=visibility.OF_CONCERN,
        missing=ConcernNotFound,
        events=(AuditEvent.COMMENT_ADDED,),
    )
)
DECISION = kind(
    Kind(
        "decision",
        Decision,
        reads=None,
        visible=visibility.If(
            HAS_CONCERN,
            visibility.OF_CONCERN,
            visibility.And(
                visibility.First((visibility.permission(Permission.CHRONOLOGY_READ),)),
                visibility.Unless(
                    (visibility.CHILD_CONFLICT,),
                    visibility.If(HAS_CLASS, visibility.OWN_CLASS, visibility.EVERYBODY),
                ),
            ),
        ),
        whole=EVERY_ITEM,
        missing=ConcernNotFound,
        events=(AuditEvent.DECISION_RECORDED,),
    )
)
"""A decision of an approval has no concern: it is as strict as each item it released.

If none of them exists any more, `app.db.repositories.shared_items` gives it a class.
"""
