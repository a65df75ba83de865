"""What can be wrong with a OneRoster package: one code and one plain sentence for each fault."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

SENTENCES: Mapping[str, str] = {
    "package.not_found": "There is no file or folder at this place, or it may not be read.",
    "package.not_a_zip": "The file is neither a zip archive nor a folder, or the zip is damaged.",
    "package.encrypted": "The file inside the zip is locked with a password and was not read.",
    "package.too_many_entries": "The package holds more files than a roster can have.",
    "package.too_large": "The package is larger than the limit once it is unpacked.",
    "package.suspicious_ratio": "The zip unpacks to far more than its size, as a zip bomb does.",
    "package.unsafe_name": "The name of a file is empty, points outside the package or cannot be "
    "printed; the file was not read.",
    "package.unknown_file": "The file is not part of OneRoster and was not read.",
    "package.duplicate_file": "The package holds this file more than once; only one was read.",
    "package.file_name_spelling": "The name of the file is not spelt as in the standard.",
    "package.inside_folder": "The files lie in a folder inside the package.",
    "package.missing_file": "The file is needed and is not in the package.",
    "package.missing_manifest": "There is no manifest.csv; every file was taken as complete.",
    "package.unreadable_file": "The file could not be unpacked or read to its end.",
    "package.no_rows": "The file has no rows and was taken as not sent.",
    "manifest.invalid_header": "The manifest does not start with propertyName,value.",
    "manifest.invalid_version": "The manifest names no version of OneRoster that is known here.",
    "manifest.missing_value": "The manifest does not say whether this file is bulk, delta or "
    "absent; it was taken as complete.",
    "manifest.invalid_mode": "The manifest has a word other than bulk, delta or absent for this "
    "file; it was taken as changes only.",
    "manifest.mode_spelling": "The manifest's word for this file is not spelt as in the standard.",
    "manifest.file_missing": "The manifest announces the file, and it is not in the package.",
    "manifest.file_unexpected": "The manifest says that the file is absent, and it is there; it "
    "was taken as changes only.",
    "manifest.duplicate_property": "The manifest has the same property twice; the first counts.",
    "manifest.unknown_property": "The manifest has a property that is not in the standard.",
    "csv.utf16": "The file is written in UTF-16 and was not read; save it as UTF-8.",
    "csv.byte_order_mark": "The file starts with a byte-order mark.",
    "csv.not_utf8": "The file is not written in UTF-8; such lines were read as Windows-1252.",
    "csv.wrong_separator": "The cells are not separated by commas; the file was not read.",
    "csv.unescaped_quote": "A quotation mark stands where none belongs and was kept as it is.",
    "csv.unclosed_quote": "A quotation mark is opened and never closed.",
    "csv.line_break_in_cell": "A cell holds a line break, which the standard does not allow.",
    "csv.blank_line": "There is a line without any value.",
    "schema.no_header": "The first line does not name the columns; the file was not read.",
    "schema.missing_column": "A column of the standard is missing.",
    "schema.missing_required_column": "A needed column is missing; the file was not read.",
    "schema.unknown_column": "The column is not in the standard and was not read.",
    "schema.other_version_column": "The column belongs to another version of the standard.",
    "schema.misspelt_header": "The name of the column is not spelt as in the standard.",
    "schema.duplicate_header": "The column is there more than once; the first was read.",
    "schema.empty_header": "A column has no name and was not read.",
    "schema.header_order_mismatch": "The columns are not in the order of the standard.",
    "schema.metadata_column_position": "Columns named metadata.* must stand to the right.",
    "schema.invalid_metadata_header": "The name after metadata. is missing or not allowed.",
    "row.too_long": "The line is longer than a row of a roster can be.",
    "row.cell_too_long": "A cell is longer than a value of a roster can be.",
    "row.nul_character": "The line holds a NUL character, as damaged files do.",
    "row.too_few_cells": "The row is shorter than the header; missing cells were read as blank.",
    "row.trailing_cells": "The row is longer than the header, by blank cells only.",
    "row.too_many_cells": "The row has more values than the header has columns.",
    "row.missing_required_value": "A required value is blank.",
    "row.missing_name": "Both the given and the family name are blank.",
    "row.invalid_guid": "An identifier is too long or has characters the standard forbids.",
    "row.invalid_date": "A date is not written as YYYY-MM-DD.",
    "row.ambiguous_date": "A date starts with day or month, and which is which cannot be told; "
    "write YYYY-MM-DD.",
    "row.invalid_datetime": "A time is not written as YYYY-MM-DDTHH:MM:SS.sssZ.",
    "row.invalid_year": "A year is not written as YYYY.",
    "row.invalid_boolean": "A value is neither true nor false.",
    "row.invalid_enum": "A word is not in the standard's list of words.",
    "row.invalid_list": "A list has spaces, empty items or items of another form.",
    "row.field_forbidden_in_bulk": "Status or date of change is filled in a complete file.",
    "row.field_required_in_delta": "Status or date of change is blank in a file of changes.",
    "reference.duplicate_sourced_id": "The sourcedId was used by an earlier row of this file.",
}

HABITS = frozenset(
    {
        "csv.blank_line",
        "csv.not_utf8",
        "row.too_few_cells",
        "row.trailing_cells",
        "row.invalid_guid",
        "row.invalid_date",
        "row.invalid_datetime",
        "row.invalid_year",
        "row.invalid_boolean",
        "row.invalid_enum",
        "row.invalid_list",
        "row.field_forbidden_in_bulk",
        "row.field_required_in_delta",
    }
)
"""Warnings that a sender repeats on every line: listed once for each file and column."""

ALWAYS_ALLOWED = frozenset({"csv.byte_order_mark", "csv.blank_line"})
"""Not errors in strict reading either: the standard or RFC 4180 tells readers to put up with
these."""

LISTED = 20_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line` is the physical line, from 1, on which the row starts; 0 means the whole
    file. `detail` never repeats a value from the file, since values are personal data."""

    file: str
    line: int
    column: str | None
    code: str
    severity: Severity
    detail: str


class ProblemLog:
    """Counts every problem and lists the first LISTED that nobody has taken yet."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.listed: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.errors = 0
        self._told: set[tuple[str, str, str | None]] = set()

    def take(self) -> list[Problem]:
        """What was found since the last call; the list starts anew."""
        taken, self.listed = self.listed, []
        return taken

    def severity(self, code: str) -> Severity:
        """What a departure from the standard counts as."""
        return "error" if self.strict and code not in ALWAYS_ALLOWED else "warning"

    def warn(self, file: str, code: str, *, line: int = 0, column: str | None = None) -> None:
        self._add(self.severity(code), file, code, line, column)

    def error(self, file: str, code: str, *, line: int = 0, column: str | None = None) -> None:
        self._add("error", file, code, line, column)

    def _add(self, severity: Severity, file: str, code: str, line: int, column: str | None) -> None:
        self.counts[code] += 1
        self.errors += severity == "error"
        if severity == "warning" and code in HABITS:
            if (file, code, column) in self._told:
                return
            self._told.add((file, code, column))
        if len(self.listed) < LISTED:
            skipped = " The row was left out." if severity == "error" and line else ""
            detail = SENTENCES[code] + skipped
            self.listed.append(Problem(file, line, column, code, severity, detail))
