"""What a concern is, read whole by class, assignment, cohort or grant, and what is added to it."""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import Amendment, Comment, Concern, Decision
from app.db.visibility import HAS_CONCERN
from app.domain import visibility
from app.domain.access.checks.items import EVERY_ITEM
from app.domain.errors import ConcernNotFound
from app.domain.kinds import Kind, kind
from app.domain.owning import CLASSES, Owning
from app.domain.policy import can_own
from app.domain.record.concerns.errors import ConcernEnded


def _may_own(rights: Rights, confidentiality: str | None) -> bool:
    return can_own(rights, confidentiality or "K3")


CONCERN = kind(
    Kind(
        "concern",
        Concern,
        reads=Permission.CONCERN_READ,
        visible=visibility.OF_CONCERN,
        missing=ConcernNotFound,
        ended=ConcernEnded,
        opened=AuditEvent.CONCERN_OPENED,
        reassigned=AuditEvent.CONCERN_ASSIGNED,
        owning=Owning(
            _may_own, last=(Role.HEADTEACHER, Role.DEPUTY_DSL, Role.SCHOOL_ADMIN), classes=CLASSES
        ),
        waiting=(
            "t.pending is not null "
            "and (t.owner_id = {me} or t.pending->>'proposed_by' = {me}::text)",
            "t.pending is not null",
        ),
    )
)
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
                visibility.Unless((visibility.CHILD_CONFLICT,), visibility.EVERYBODY),
            ),
        ),
        whole=EVERY_ITEM,
        missing=ConcernNotFound,
        events=(AuditEvent.DECISION_RECORDED,),
    )
)
"""A decision of an approval has no concern: it is as strict as each item that it let go."""
