"""The kind of a meeting: seen through its concern or child, and by its owner."""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import Meeting
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HAS_CONCERN
from app.domain import visibility
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.kinds import DEATH, DEATH_UNDONE, NEW, AtDeath, Kind, kind
from app.domain.owning import CLASSES, Owning
from app.domain.policy import can_own
from app.domain.record.meetings.errors import MeetingEnded, MeetingNotFound

P = Permission


def _may_own(rights: Rights, confidentiality: str | None) -> bool:
    return P.MEETING_SET in rights.permissions and can_own(rights, confidentiality or "K3")


async def _writable(work: UnitOfWork, meeting: Meeting) -> None:
    await check_unlocked(work, meeting.child_id, written_at=meeting.set_at)


OWNER = visibility.First((visibility.SEALED_RULE, visibility.owns("meeting")))
MEETING = kind(
    Kind(
        "meeting", Meeting,
        reads=P.MEETING_SET,
        visible=visibility.Unless(
            (visibility.CONFLICT, visibility.CHILD_CONFLICT),
            visibility.Or(
                visibility.If(
                    HAS_CONCERN,
                    visibility.OF_CONCERN,
                    visibility.And(visibility.OF_CHILD, visibility.OWN_CLASS),
                ),
                OWNER,
            ),
        ),
        missing=MeetingNotFound,
        ended=MeetingEnded,
        moves={
            "set_meeting": {NEW: "planned"},
            DEATH: {"planned": "cancelled"},
            DEATH_UNDONE: {"cancelled": "planned"},
        },
        opened=AuditEvent.MEETING_OPENED,
        description=
        "Open a meeting.\n\n"
        "Shows one meeting, with everything recorded about it.",
        reassigned=AuditEvent.MEETING_CHANGED,
        events=(
            AuditEvent.MEETING_SET, AuditEvent.MEETING_CHANGED, AuditEvent.MEETING_HELD,
            AuditEvent.MEETING_CORRECTED, AuditEvent.MEETING_CANCELLED,
        ),
        at_death=AtDeath(
            AuditEvent.MEETING_CANCELLED, AuditEvent.MEETING_CHANGED, "cancel_reason"
        ),
        owning=Owning(
            _may_own, last=(Role.HEADTEACHER, Role.DEPUTY_DSL, Role.SCHOOL_ADMIN), classes=CLASSES
        ),
        guard=_writable,
    )
)  # fmt: skip
