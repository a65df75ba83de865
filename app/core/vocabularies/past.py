"""The words for what another system kept about a child."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_list = partial(Vocabulary, version="2026-11-29")

PAST_ENTRY_KINDS: Final = _list(
    "past_entry_kinds",
    "What an entry was in the system it came from",
    terms=(
        Term("concern", "Concern"),
        Term("action", "Action"),
        Term("note", "Note"),
        Term("meeting", "Meeting"),
        Term("status", "Status"),
        Term("document", "Document"),
        Term("contact", "Contact", notes="What it said of an adult; no contact is changed by it"),
        Term("staff", "Member of staff", notes="Whose account a name belongs to; never an entry"),
    ),
)

IMPORT_STATES: Final = _list(
    "import_states",
    "State of an import",
    terms=(
        Term("received", "Received", notes="It is being read"),
        Term("parsed", "Read", notes="It is being compared with the record"),
        Term("planned", "Planned", notes="Every row can come in"),
        Term("held", "Planned, and something needs a person"),
        Term("approved", "Approved", notes="It is coming in"),
        Term("applied", "Applied"),
        Term("undoing", "Being undone"),
        Term("undone", "Undone"),
        Term("refused", "Refused", notes="The file cannot be used"),
        Term("failed", "Stopped", notes="Something went wrong in Cairn"),
    ),
)

OCCURRED_UNITS: Final = _list(
    "occurred_units",
    "How exact a moment is",
    terms=(
        Term("minute", "To the minute"),
        Term("day", "A day"),
        Term("month", "A month"),
        Term("year", "A year"),
        Term("unknown", "Not known"),
    ),
)

VOCABULARIES: Final = (PAST_ENTRY_KINDS, IMPORT_STATES, OCCURRED_UNITS)
