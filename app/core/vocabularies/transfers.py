"""How safeguarding files move between schools."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_list = partial(Vocabulary, version="2026-11-25")

TRANSFER_STATES: Final = _list(
    "transfer_states",
    "State of the transfer",
    source="Cairn, after KCSIE Annex C",
    terms=(
        Term("prepared", "Prepared"),
        Term("approved", "Approved"),
        Term("sent", "Sent"),
        Term("delivered", "Delivered"),
        Term("accepted", "Received there"),
        Term("locked", "Received there, locked here"),
        Term("rejected", "Rejected by the other school"),
        Term("cancelled", "Cancelled"),
        Term("retained", "Kept here: there is no school to send it to"),
    ),
)

TRANSFER_REASONS: Final = _list(
    "transfer_reasons",
    "Why the file moves",
    source="Cairn, after KCSIE Annex C and local procedures",
    terms=(
        Term("left_in_year", "Left within the year"),
        Term("new_phase", "Moved on at the end of a phase"),
        Term("dual_registration", "Registered at two schools"),
        Term("elective_home_education", "Educated at home", notes="The authority is told"),
        Term("missing_education", "Missing education", notes="The authority is told"),
        Term(
            "destination_unknown",
            "Nobody knows where the child has gone",
            notes="The authority is told",
        ),
        Term("abroad", "Moved abroad", notes="The file is archived here"),
        Term("late_addendum", "Came to light after the file had gone"),
    ),
)

INCOMING_STATES: Final = _list(
    "incoming_states",
    "State of a received file",
    terms=(
        Term("waiting", "Waiting to be looked at"),
        Term("accepting", "Being unpacked"),
        Term("accepted", "Accepted"),
        Term("rejected", "Rejected"),
    ),
)

REJECTION_REASONS: Final = _list(
    "rejection_reasons",
    "Why a file was rejected",
    terms=(
        Term("wrong_school", "Sent to the wrong school"),
        Term("not_our_child", "The child is not at this school"),
        Term("unreadable", "It cannot be read"),
        Term("unknown_sender", "Nobody knows who sent it"),
        Term("other", "Another reason"),
    ),
)

FILE_REQUEST_STATES: Final = _list(
    "file_request_states",
    "State of a request for a file",
    terms=(
        Term("open", "Waiting for an answer"),
        Term("answered", "Answered by a transfer"),
        Term("refused", "Refused"),
        Term("cancelled", "Cancelled"),
    ),
)

VOCABULARIES: Final = (
    TRANSFER_STATES,
    TRANSFER_REASONS,
    INCOMING_STATES,
    REJECTION_REASONS,
    FILE_REQUEST_STATES,
)
