"""The words for files kept with a concern."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_list = partial(Vocabulary, version="2026-11-25")

ATTACHMENT_STATES: Final = _list(
    "attachment_states",
    "Whether a file can be opened",
    terms=(
        Term("quarantined", "Waiting to be scanned for malware"),
        Term("available", "Can be opened"),
        Term("held", "Held back: nobody can open it"),
    ),
)

SCAN_RESULTS: Final = _list(
    "scan_results",
    "What the malware scan found",
    terms=(
        Term("not_scanned", "Not scanned"),
        Term("clean", "No malware found"),
        Term("found", "Malware found"),
        Term("failed", "The scanner could not read it"),
        Term("too_large", "Too large to scan completely"),
    ),
)

ATTACHMENT_FLAGS: Final = _list(
    "attachment_flags",
    "What a reader of a file should know beforehand",
    terms=(
        Term("macros", "Holds macros: small programs that may run when it is opened"),
        Term("encrypted", "Locked with a password: the scanner could not look inside"),
        Term("active_content", "Holds scripts or other files that may run when it is opened"),
        Term("external_content", "Fetches something from elsewhere when it is opened"),
        Term("formulas", "A table with cells that a spreadsheet may run as formulas"),
        Term("metadata_kept", "May show where and when it was made, and who made it"),
    ),
)

ORIGINAL_REASONS: Final = _list(
    "original_reasons",
    "Why the original of a picture is needed",
    terms=(
        Term("police_or_court", "The police or a court ask for it"),
        Term("origin", "It matters where, when or on whose device it was taken"),
        Term("unclear_copy", "The copy does not show enough"),
        Term("access_request", "A request for access to records"),
    ),
)

VOCABULARIES: Final = (ATTACHMENT_STATES, SCAN_RESULTS, ATTACHMENT_FLAGS, ORIGINAL_REASONS)
