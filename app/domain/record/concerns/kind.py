"""The kind of a concern: read whole by class, assignment, cohort or grant; has its own opening."""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import Concern
from app.domain import visibility
from app.domain.errors import ConcernNotFound
from app.domain.kinds import NEW, Kind, Moves, kind
from app.domain.owning import CLASSES, Owning
from app.domain.policy import can_own
from app.domain.record.concerns.errors import ConcernEnded
from app.domain.record.concerns.rules import OPEN_STATES, TRANSITIONS


def _may_own(rights: Rights, confidentiality: str | None) -> bool:
    return can_own(rights, confidentiality or "K3")


MOVES: Moves = {
    "raise_concern": {NEW: "raised"},
    "note that work has begun": TRANSITIONS["work"],
    **{f"{verb}_concern": moves for verb, moves in TRANSITIONS.items() if verb != "work"},
    "its file moves to the next school": dict.fromkeys(OPEN_STATES, "closed"),
    "its file comes back": {"closed": OPEN_STATES},
}


CONCERN = kind(
    Kind(
        "concern",
        Concern,
        reads=Permission.CONCERN_READ,
        visible=visibility.OF_CONCERN,
        missing=ConcernNotFound,
        moves=MOVES,
        ended=ConcernEnded,
        opened=AuditEvent.CONCERN_OPENED,
        reassigned=AuditEvent.CONCERN_ASSIGNED,
        at_death="it stays in the state in which it was; its clock stops",
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
