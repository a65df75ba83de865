"""A record in, a typed row out, or the reasons why there is none."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic

from app.formats.csv_rows import Record
from app.formats.oneroster.cells import CellError
from app.formats.oneroster.columns import Column, Need, R, Table, Version
from app.formats.oneroster.header import Layout
from app.formats.oneroster.manifest import Mode
from app.formats.rosters.dates import DateError, Order, read_date
from app.formats.rosters.ids import IdSet
from app.formats.rosters.problems import ProblemLog
from app.formats.rosters.rows import RoleRow, UserRow

CELL_CHARS = 16 * 1024


FAMILY = frozenset({"parent", "guardian", "relative"})


@dataclass(frozen=True, slots=True)
class Known:
    """What the other files of a package hold, so that references can be followed.

    `ids` has the ids of each file that was sent whole, None for a file that is not there and
    ought to be. `tied` has the people that `agentSourcedIds` joins to somebody, None where that
    cannot be known. `orders` says how the dates of a column are written.
    """

    ids: Mapping[str, IdSet | None] = field(default_factory=dict)
    tied: IdSet | None = None
    orders: Mapping[str, Order | None] = field(default_factory=dict)


class RowBuilder(Generic[R]):
    """Builds the rows of one file, in order, and reports each row's faults."""

    def __init__(
        self,
        table: Table[R],
        layout: Layout,
        version: Version,
        mode: Mode,
        log: ProblemLog,
        known: Known,
    ) -> None:
        self._table, self._layout, self._mode, self._log = table, layout, mode, log
        self._known = known
        self._steps = tuple(
            (column, index) for column, index in layout.places if column.attr is not None
        )
        self._required = tuple(
            (index, column)
            for index, (column, there) in enumerate(self._steps)
            if there is not None and column.need is not Need.OPTIONAL
            if column.expected_in(version)
        )
        self._references = tuple(
            (index, column, known.ids[column.target])
            for index, (column, there) in enumerate(self._steps)
            if there is not None and column.target is not None and column.target in known.ids
        )
        self._seen = IdSet()
        self._faults: list[tuple[str, str | None]] = []
        self._errors: list[tuple[str, str | None]] = []
        self._column: Column = table.columns[0]

    def build(self, record: Record) -> R | None:
        """The row, or None where it has an error; whatever was found has then been reported."""
        self._faults, self._errors = [(code, None) for code in record.faults], []
        row = self._row(record)
        is_valid = not self._errors and not (self._log.strict and self._departs())
        if is_valid and row is not None and not self._seen.add(row.sourced_id):
            self._errors.append(("reference.duplicate_sourced_id", "sourcedId"))
            is_valid = False
        self._report(record.line)
        return row if is_valid else None

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
            if index is not None and (cell := cells[index].strip())
            else column.blank
            for column, index in self._steps
        ]
        sourced_id, status, changed = values[:3]
        if self._table.without_id:
            sourced_id = "/".join(str(value) for value in values[3:] if value)
        self._check_required(values, ended=status == "tobedeleted")
        self._check_mode(cells)
        if self._errors:
            return None
        extra = {
            name: cell for name, index in self._layout.extras if (cell := cells[index].strip())
        }
        row = self._table.row(record.line, sourced_id, status, changed, *values[3:], extra)
        if status == "active":
            self._check_references(values)
            self._check_person(row)
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
            order = self._known.orders.get(column.name)
            if bad.code == "row.ambiguous_date" and order is not None:
                with suppress(DateError):
                    date = read_date(cell, order)
                    self._fault("row.date_spelling")
                    return date
            (self._faults if column.lossy else self._errors).append((bad.code, column.name))
            return column.blank

    def _check_required(self, values: list[Any], *, ended: bool) -> None:
        for index, column in self._required:
            if values[index] not in (None, ()) or self._refused(column):
                continue
            if column.name == "sourcedId" or (column.need is Need.ESSENTIAL and not ended):
                self._errors.append(("row.missing_required_value", column.name))
            elif not ended or self._log.strict:
                self._faults.append(("row.missing_required_value", column.name))

    def _refused(self, column: Column) -> bool:
        return any(name == column.name for _, name in self._errors)

    def _check_mode(self, cells: list[str]) -> None:
        """A complete file leaves status and date of change blank, a file of changes has both."""
        filled = [index is not None and cells[index].strip() for _, index in self._steps[1:3]]
        if self._mode == "bulk" and any(filled):
            self._faults.append(("row.field_forbidden_in_bulk", None))
        elif self._mode == "delta" and not all(filled):
            self._faults.append(("row.field_required_in_delta", None))

    def _check_references(self, values: list[Any]) -> None:
        for index, column, ids in self._references:
            value = values[index]
            for item in value if isinstance(value, tuple) else (value,) if value else ():
                if ids is None:
                    self._faults.append(("reference.missing_file", column.name))
                elif item not in ids:
                    self._faults.append((str(column.lost), column.name))

    def _check_person(self, row: R) -> None:
        if isinstance(row, UserRow):
            if not (row.given_name or row.family_name):
                self._errors.append(("row.missing_name", None))
            self._check_tie(row.role, row.sourced_id, "agentSourcedIds")
        elif isinstance(row, RoleRow):
            self._check_tie(row.role, row.user_id or "", "userSourcedId")

    def _check_tie(self, role: str | None, user_id: str, column: str) -> None:
        tied = self._known.tied
        if tied is not None and role in FAMILY and user_id not in tied:
            self._faults.append(("reference.parent_without_child", column))
