"""The kind of a check-in: seen as a task that any member of staff may have."""

from app.core.words import AuditEvent, Permission
from app.db.models import CheckIn
from app.domain.duty.tasks.kind import LAST, OF_WORK
from app.domain.kinds import BY_HAND, NEW, Kind, kind
from app.domain.owning import Owning, carries
from app.domain.safety.check_ins.errors import CheckInEnded, CheckInNotFound

CHECK_IN = kind(
    Kind(
        "check_in",
        CheckIn,
        reads=Permission.TASK_DO,
        visible=OF_WORK,
        missing=CheckInNotFound,
        ended=CheckInEnded,
        moves={
            "a plan sets it": {NEW: "open"},
            "complete_check_in": {"open": "done"},
            "record_check_in_declined": {"open": "declined"},
            "settle_check_in": {"open": "settled"},
            "the plan changes or ends": {"open": "dropped"},
            "undo_bereavement_case": {"dropped": "open"},
        },
        opened=AuditEvent.CHECK_IN_OPENED,
        reassigned=AuditEvent.CHECK_IN_CHANGED,
        at_death=BY_HAND,
        owning=Owning(carries(Permission.TASK_DO), last=LAST),
        by_password=True,
    )
)
