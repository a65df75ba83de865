"""What was found wrong with a roster file, said once and counted always."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.formats.rosters.faults import FAULTS

Severity = Literal["error", "warning"]

HABITS = frozenset(
    {
        "csv.blank_line",
        "csv.not_utf8",
        "row.too_few_cells",
        "row.trailing_cells",
        "row.invalid_guid",
        "row.date_spelling",
        "row.invalid_datetime",
        "row.invalid_year",
        "row.boolean_spelling",
        "row.invalid_enum",
        "row.invalid_list",
        "row.field_forbidden_in_bulk",
        "row.field_required_in_delta",
        "reference.missing_file",
        "mapping.date_order_needed",
        "ndjson.unknown_member",
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
    file. `detail` says what is wrong and what to do; it never repeats a value from the file, since
    values are personal data."""

    file: str
    line: int
    column: str | None
    code: str
    severity: Severity
    detail: str


class Report:
    """Problems as they are reported: the first LISTED of them, and how many there were."""

    def __init__(self) -> None:
        self.listed: list[Problem] = []
        self.errors = self.warnings = 0

    def add(self, problem: Problem) -> None:
        """Count a problem, and list it where there is room."""
        if problem.severity == "error":
            self.errors += 1
        else:
            self.warnings += 1
        if len(self.listed) < LISTED:
            self.listed.append(problem)

    def extend(self, problems: "Iterable[Problem] | Report") -> None:
        """Add several, or another report with what it counted and did not list."""
        if not isinstance(problems, Report):
            for problem in problems:
                self.add(problem)
            return
        self.listed += problems.listed[: LISTED - len(self.listed)]
        self.errors += problems.errors
        self.warnings += problems.warnings


class ProblemLog:
    """Counts every problem and lists the first LISTED that nobody has taken yet."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.listed: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.errors = 0
        self._noted: set[tuple[str, str, str | None]] = set()

    def take(self) -> list[Problem]:
        """What was found since the last call; the list starts again."""
        taken, self.listed = self.listed, []
        return taken

    def severity(self, code: str) -> Severity:
        """What a departure from the standard counts as."""
        return "error" if self.strict and code not in ALWAYS_ALLOWED else "warning"

    def warn(self, file: str, code: str, *, line: int = 0, column: str | None = None) -> None:
        self._add(self.severity(code), file, code, line, column)

    def error(
        self, file: str, code: str, *, line: int = 0, column: str | None = None, row: bool = True
    ) -> None:
        """`row` False says that the line is where the file went wrong, and not a row of it."""
        self._add("error", file, code, line, column, row)

    def _add(
        self, severity: Severity, file: str, code: str, line: int, column: str | None,
        row: bool = True,
    ) -> None:  # fmt: skip
        self.counts[code] += 1
        self.errors += severity == "error"
        if severity == "warning" and code in HABITS:
            if (file, code, column) in self._noted:
                return
            self._noted.add((file, code, column))
        if len(self.listed) < LISTED:
            fault = FAULTS[code]
            skipped = " The row was left out." if severity == "error" and line and row else ""
            detail = f"{fault.sentence}{skipped} {fault.advice}"
            self.listed.append(Problem(file, line, column, code, severity, detail))
