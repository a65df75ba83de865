"""What can be wrong with a file of past entries: one code, a sentence, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["stop", "refuse", "hold", "set_aside", "warn"]
LOUDEST: Final[tuple[Severity, ...]] = ("stop", "refuse", "set_aside", "hold", "warn")
"""What a row becomes follows from the loudest of its problems; a warning changes nothing."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means. `title` and `advice` never repeat a cell: cells are about children."""

    severity: Severity
    title: str
    advice: str


CODES: Final[Mapping[str, Code]] = {
    "file_not_recognised": Code(
        "stop", "Cairn cannot read this file type.", "Send CSV or NDJSON."
    ),
    "file_empty": Code("stop", "The file has no rows.", "Export it again."),
    "file_cut_off": Code("stop", "The file ends early.", "Export it again."),
    "index_missing": Code(
        "stop", "The zip has no index of its files.", "Add index.csv or index.ndjson to it."
    ),
    "package_damaged": Code("stop", "The zip is damaged.", "Make it once more."),
    "package_too_large": Code(
        "stop", "The zip would unpack to too much.", "Send the files in several zips."
    ),
    "package_too_many_entries": Code(
        "stop", "The zip has too many files.", "Send the files in several zips."
    ),
    "package_suspicious_ratio": Code(
        "stop", "The zip unpacks to far more than it holds.", "Make it once more from the files."
    ),
    "package_unsafe_name": Code(
        "warn", "A file of the zip has a name that leads out of it.",
        "It was left out. Rename it, and send it again.",
    ),
    "package_encrypted": Code(
        "warn", "A file of the zip is locked with a password.",
        "It was left out. Send it without one.",
    ),
    "package_unreadable_file": Code(
        "warn", "A file of the zip cannot be unpacked.", "Make the zip once more."
    ),
    "file_of_other_kind": Code(
        "stop", "The file says that it holds another kind.", "Name the kind that it holds."
    ),
    "file_of_other_system": Code(
        "stop", "The file says that it is from another system.", "Name the system that it is from."
    ),
    "encoding_uncertain": Code(
        "stop", "Some letters may be wrong.", "Save the file as UTF-8 and send it again."
    ),
    "separator_wrong": Code(
        "stop", "The cells are not separated by commas.", "Save the file as CSV with commas."
    ),
    "column_missing": Code(
        "stop", "A required column is missing.", "Add the column, under the name in docs/past.md."
    ),
    "mapping_needed": Code(
        "stop", "The file has other columns than docs/past.md names.",
        "Read the proposal in the import, correct it, and confirm it with PATCH.",
    ),
    "mapping_does_not_fit": Code(
        "stop", "The mapping names a column that the file does not have.",
        "Confirm the mapping for the columns of this file.",
    ),
    "date_order_unknown": Code(
        "stop", "Day and month could be swapped.", "Say date_order in the mapping: dmy, mdy or ymd."
    ),
    "column_twice": Code("stop", "Two columns have the same name.", "Rename one of them."),
    "column_unknown": Code(
        "warn", "Cairn does not know this column.",
        "It is kept with the original row alone. Name it extra.NAME to keep it with the entry.",
    ),
    "row_ragged": Code(
        "refuse", "This row cannot be read whole.", "Check its quotation marks and its cells."
    ),
    "text_unstorable": Code(
        "refuse", "This row has a character that cannot be kept.", "Remove the NUL character."
    ),
    "cell_missing": Code("hold", "A required cell is blank.", "Fill it in at the source."),
    "cell_truncated": Code(
        "warn", "This text may be cut at the source's limit.", "Compare it with the original."
    ),
    "value_unknown": Code(
        "hold", "Cairn does not know this value.", "Use one of the words in docs/past.md."
    ),
    "date_invalid": Code(
        "hold", "This date does not exist.", "Correct it, or leave it blank for unknown."
    ),
    "date_in_future": Code(
        "hold", "This happened after the export.", "Check the order of day and month."
    ),
    "time_ambiguous": Code(
        "warn", "This time occurred twice.", "Cairn used the earlier; check it."
    ),
    "recorded_before_event": Code(
        "warn", "The entry predates the event.", "Check both dates."
    ),
    "source_id_missing": Code("warn", "The row has no source ID.", "Cairn derived one."),
    "source_id_twice": Code(
        "hold", "Two different entries share an ID.",
        "Choose which to keep, and send the file again.",
    ),
    "upn_invalid": Code(
        "warn", "The UPN's check letter is wrong.", "Correct it at the source."
    ),
    "reference_unclear": Code(
        "hold", "A child is not named as docs/past.md says.", "Write ROLE=SYSTEM:VALUE."
    ),
    "child_not_found": Code(
        "hold", "No child matches.", "Say which child it is, or add the child."
    ),
    "child_ambiguous": Code("hold", "Several children could match.", "Say which child it is."),
    "linked_child_not_found": Code(
        "warn", "A child who is linked to the entry is not found.",
        "It comes in for the others. Match the child and send the file again.",
    ),
    "file_closed": Code(
        "hold", "The file of the child has gone to another school.",
        "Send the entry to the school that has the file.",
    ),
    "concern_not_found": Code(
        "hold", "The concern of this action is not here.", "Bring the concerns in first."
    ),
    "file_missing": Code(
        "hold", "The file of this row is not in the zip.", "Add it, under the name in the index."
    ),
    "file_differs": Code(
        "hold", "The file does not match its SHA-256 in the index.", "Send the right file."
    ),
    "file_too_large": Code(
        "hold", "The file is larger than files may be.", "Send it in parts, or as a smaller scan."
    ),
    "file_named_too_often": Code(
        "refuse", "More than 20 rows name this file.",
        "Name the file in one row, with all of its children.",
    ),
    "file_refused": Code(
        "hold", "Cairn does not take this file: its type, a macro, a password, or damage.",
        "docs/attachments.md lists what is taken. Save it in another form, and send it again.",
    ),
    "status_unclear": Code(
        "hold", "It is still so, and Cairn cannot take it as a status.",
        "Use a kind of child_status_kinds, the code that it needs, and an exact day.",
    ),
    "status_overlaps": Code(
        "hold", "The child has a status of this kind for the same time.",
        "Correct the days, or leave the row out.",
    ),
    "status_kept_as_entry": Code(
        "warn", "It is over or was struck out, and comes in as an entry and not as a status.",
        "For a status, give its kind, exact days, and the day on which it ended.",
    ),
    "contact_kept_as_entry": Code(
        "warn",
        "This became no contact of the child: the name is known or barred there, or a person has "
        "to read what it says.",
        "Read the entry, and change or add the contact by hand.",
    ),
    "status_overtaken": Code(
        "warn", "The child was given such a status after the plan was made.",
        "It came in as an entry alone. Compare both, and correct the status by hand.",
    ),
    "author_unmatched": Code(
        "warn", "Nobody here has this email address.",
        "The name stays as it is written. Invite who still works here, by the script for a list in "
        "docs/scripts.md. Then send the file again.",
    ),
    "category_unmapped": Code(
        "warn", "A category has no mapping.", "Map it; `other` applies meanwhile."
    ),
    "class_raised": Code(
        "warn", "Cairn raised the confidentiality class.", "Review the category."
    ),
    "adult_matter": Code(
        "set_aside", "This row concerns a member of staff.",
        "The headteacher enters it in the adult register. It never comes in here.",
    ),
    "changed_since_import": Code(
        "hold", "This entry changed after its import.",
        "What came in first stays. Compare both; with add_changed the new one comes in beside it.",
    ),
}  # fmt: skip
"""Every code, in the order of `docs/past.md`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line` is the physical line on which the row starts; 0 means the whole file."""

    line: int
    column: str | None
    code: str

    @property
    def severity(self) -> Severity:
        """What it does to its row, or to the whole file."""
        return CODES[self.code].severity
