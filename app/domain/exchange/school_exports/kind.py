"""The states of an export of the whole school."""

from app.db.models import SchoolExport
from app.domain.courses import Course, course
from app.domain.exchange.school_exports import rules
from app.domain.kinds import NEW

SCHOOL_EXPORT = course(
    Course(
        "school_export",
        SchoolExport,
        {
            "request_school_export": {NEW: rules.ASKED},
            "approve_school_export": {rules.ASKED: rules.APPROVED},
            "an approver has left": dict.fromkeys(sorted(rules.TO_WRITE), rules.ASKED),
            "it is written": {rules.APPROVED: rules.RUNNING, rules.RUNNING: rules.READY},
            "refuse_school_export": {rules.ASKED: rules.REFUSED},
            "cancel_school_export": dict.fromkeys(sorted(rules.LIVE), rules.CANCELLED),
            "a fault of Cairn": dict.fromkeys(sorted(rules.TO_WRITE), rules.FAILED),
            "its time is over": dict.fromkeys(sorted(rules.LIVE), rules.EXPIRED),
        },
    )
)
