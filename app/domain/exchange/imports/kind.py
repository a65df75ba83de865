"""States of roster imports, and of imports of entries from the previous system."""

from typing import Final

from app.db.models import PastImport, RosterImport
from app.domain.courses import Course, course
from app.domain.exchange.imports.rules import (
    APPLIED,
    APPROVED,
    FAILED,
    HELD,
    PARSED,
    PLANNED,
    RECEIVED,
    REFUSED,
    UNDOING,
    UNDONE,
)
from app.domain.kinds import NEW

UNDER_WAY: Final = (RECEIVED, PARSED, PLANNED, APPROVED, FAILED)
"""States from which a roster import continues; a failed one does once its lost file is back."""
ROSTER_IMPORT = course(
    Course(
        "roster_import",
        RosterImport,
        {
            "import_roster, import_roster_children": {NEW: RECEIVED},
            "it is read": {RECEIVED: PARSED},
            "it is compared with the record": {PARSED: PLANNED},
            "a person has to look at it": dict.fromkeys(UNDER_WAY, HELD),
            "approve_roster_import": {HELD: APPROVED},
            "a lead has checked each leaver": {HELD: APPROVED},
            "it comes in": dict.fromkeys(UNDER_WAY, APPLIED),
            "its file cannot be used": dict.fromkeys(UNDER_WAY, REFUSED),
            "a fault of Cairn": dict.fromkeys((RECEIVED, PARSED, PLANNED, HELD, APPROVED), FAILED),
            "undo_roster_import": {APPLIED: UNDOING},
            "it is undone": {UNDOING: UNDONE},
        },
    )
)
PAST_IMPORT = course(
    Course(
        "past_import",
        PastImport,
        {
            "import_past": {NEW: RECEIVED},
            "it is read": {RECEIVED: (PLANNED, HELD)},
            "update_past_import, match_source_child": {PLANNED: RECEIVED, HELD: RECEIVED},
            "its file cannot be used": {RECEIVED: REFUSED},
            "approve_past_import": {PLANNED: APPROVED, HELD: APPROVED},
            "all of it came in": {APPROVED: APPLIED},
            "a fault of Cairn": dict.fromkeys((RECEIVED, PLANNED, HELD, APPROVED), FAILED),
            "undo_past_import": {APPLIED: UNDOING},
            "it is undone": {UNDOING: UNDONE},
        },
    )
)
