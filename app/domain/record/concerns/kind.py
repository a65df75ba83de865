"""What a concern is: read whole by class, assignment, cohort or grant; its own rules open it."""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import Concern
from app.domain import visibility
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
