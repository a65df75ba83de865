"""The words for a school that is exported."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

SCHOOL_EXPORT_STATES: Final = Vocabulary(
    "school_export_states",
    "State of an export of the school",
    version="2026-11-29",
    terms=(
        Term("asked", "Ordered", notes="People have to approve it"),
        Term("approved", "Approved", notes="It begins shortly"),
        Term("running", "Being written"),
        Term("ready", "Ready to download"),
        Term("refused", "Refused"),
        Term("cancelled", "Cancelled"),
        Term("failed", "Stopped", notes="Something went wrong in Cairn"),
        Term("expired", "Expired", notes="The file was deleted, or nobody approved it in time"),
    ),
)

VOCABULARIES: Final = (SCHOOL_EXPORT_STATES,)
