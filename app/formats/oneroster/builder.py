"""A record in, a typed row out, or the reasons why there is none."""

from array import array
from typing import Any, Generic

from app.formats.csv_rows import Record
from app.formats.oneroster.cells import CellError
from app.formats.oneroster.columns import Column, Need, R, Table, Version
from app.formats.oneroster.header import Layout
from app.formats.oneroster.manifest import Mode
from app.formats.oneroster.problems import ProblemLog
from app.formats.oneroster.rows import UserRow

CELL_CHARS = 16 * 1024


class SeenIds:
    """The ids met so far in eight bytes each, so that a million cost 16 MiB.

    An id is remembered by its 64-bit hash, which is keyed anew in every run: among a million ids
    the chance that any two are mistaken for one is about 3 in 100 million.
    """

    def __init__(self) -> None:
        self._slots = array("q", bytes(8 * 1024))
        self._used = 0

    def add(self, sourced_id: str) -> bool:
        """Whether the id is new."""
        if not _claim(self._slots, hash(sourced_id) or 1):
            return False
        self._used += 1
        if self._used * 2 > len(self._slots):
            self._grow()
        return True

    def _grow(self) -> None:
        larger = array("q", bytes(16 * len(self._slots)))
        for key in self._slots:
            if key:
                _claim(larger, key)
        self._slots = larger


def _claim(slots: "array[int]", key: int) -> bool:
    mask = len(slots) - 1
    at = key & mask
    while slots[at]:
        if slots[at] == key:
            return False
        at = (at + 1) & mask
    slots[at] = key
    return True


class RowBuilder(Generic[R]):
    """Builds the rows of one file, in order, and reports each row's faults."""

    def __init__(
        self, table: Table[R], layout: Layout, version: Version, mode: Mode, log: ProblemLog
    ) -> None:
        self._table, self._layout, self._mode, self._log = table, layout, mode, log
        self._steps = tuple(
            (column, place) for column, place in layout.places if column.attr is not None
        )
        self._required = tuple(
            (place, column)
            for place, (column, _) in enumerate(self._steps)
            if column.need is not Need.OPTIONAL and column.expected_in(version)
        )
        self._seen = SeenIds()
        self._faults: list[tuple[str, str | None]] = []
        self._errors: list[tuple[str, str | None]] = []
        self._column: Column = table.columns[0]

    def build(self, record: Record) -> R | None:
        """The row, or None where it has an error; whatever was found has then been reported."""
        self._faults, self._errors = [(code, None) for code in record.faults], []
        row = self._row(record)
        kept = not self._errors and not (self._log.strict and self._departs())
        if kept and row is not None and not self._seen.add(row.sourced_id):
            self._errors.append(("reference.duplicate_sourced_id", "sourcedId"))
            kept = False
        self._report(record.line)
        return row if kept else None

    def _departs(self) -> bool:
        return any(self._log.severity(code) == "error" for code, _ in self._faults)

    def _report(self, line: int) -> None:
        for code, column in self._faults:
            self._log.warn(self._table.file, code, line=line, column=column)
        for code, column in self._errors:
            self._log.error(self._table.file, code, line=line, column=column)

    def _fault(self, code: str) -> None:
        self._faults.append((code, self._column.name))

    def _row(self, record: Record) -> R | None:
        cells = self._fitting(record)
        if cells is None:
            return None
        values = [
            self._value(column, cell)
            if place is not None and (cell := cells[place].strip())
            else column.blank
            for column, place in self._steps
        ]
        sourced_id, status, changed = values[:3]
        self._check_required(values, ended=status == "tobedeleted")
        self._check_mode(cells)
        if self._errors:
            return None
        extra = {
            name: cell for name, place in self._layout.extras if (cell := cells[place].strip())
        }
        row = self._table.row(record.line, sourced_id, status, changed, *values[3:], extra)
        self._check_name(row)
        return row

    def _fitting(self, record: Record) -> list[str] | None:
        """The cells, as many as the header has; None where they cannot be told apart."""
        cells, width = record.cells, self._layout.width
        if record.error:
            self._errors.append((record.error, None))
            return None
        if len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                self._errors.append(("row.too_many_cells", None))
                return None
            self._faults.append(("row.trailing_cells", None))
        elif len(cells) < width:
            self._faults.append(("row.too_few_cells", None))
            cells = cells + [""] * (width - len(cells))
        if max(map(len, cells)) > CELL_CHARS:
            self._errors.append(("row.cell_too_long", None))
            return None
        return cells

    def _value(self, column: Column, cell: str) -> Any:
        self._column = column
        try:
            return column.read(cell, self._fault)
        except CellError as bad:
            self._errors.append((bad.code, column.name))
            return column.blank

    def _check_required(self, values: list[Any], *, ended: bool) -> None:
        for place, column in self._required:
            if values[place] not in (None, ()) or self._refused(column):
                continue
            if column.name == "sourcedId" or (column.need is Need.ESSENTIAL and not ended):
                self._errors.append(("row.missing_required_value", column.name))
            elif not ended or self._log.strict:
                self._faults.append(("row.missing_required_value", column.name))

    def _refused(self, column: Column) -> bool:
        return any(name == column.name for _, name in self._errors)

    def _check_mode(self, cells: list[str]) -> None:
        """A complete file leaves status and date of change blank, a file of changes has both."""
        filled = [place is not None and cells[place].strip() for _, place in self._steps[1:3]]
        if self._mode == "bulk" and any(filled):
            self._faults.append(("row.field_forbidden_in_bulk", None))
        elif self._mode == "delta" and not all(filled):
            self._faults.append(("row.field_required_in_delta", None))

    def _check_name(self, row: R) -> None:
        if not isinstance(row, UserRow) or row.status != "active":
            return
        if not (row.given_name or row.family_name):
            self._errors.append(("row.missing_name", None))
