"""A file's first line matched to the standard's columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.formats.csv_rows import Record
from app.formats.oneroster.columns import Column, Need, Table, Version, plain_name
from app.formats.rosters.problems import ProblemLog

METADATA = "metadata."
METADATA_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
PRINTED_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,63}")
EXTRA_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand: each column of the table with its place in the record (None where the
    file has no such column), the private columns that are kept, and the header's width."""

    places: tuple[tuple[Column, int | None], ...]
    extras: tuple[tuple[str, int], ...]
    width: int


def read_header(
    record: Record, table: Table[Any], version: Version, log: ProblemLog
) -> Layout | None:
    """None where the file cannot be read with this header; the log says why."""
    if record.error:
        log.error(table.file, record.error, line=record.line, row=False)
        return None
    headers = [cell.strip() for cell in record.cells]
    match = _Match(headers, table, log)
    if len(match.indexes) < 2 and "sourcedId" not in match.indexes:
        log.error(table.file, "schema.no_header", line=record.line, row=False)
        return None
    match.report_faults()
    if not _complete(match.indexes, table, version, log):
        return None
    places = tuple((column, match.indexes.get(column.name)) for column in table.columns)
    return Layout(places, tuple(match.extras[:EXTRA_COLUMNS]), len(headers))


class _Match:
    """Which header is which column; exact names are served before lenient ones."""

    def __init__(self, headers: Sequence[str], table: Table[Any], log: ProblemLog) -> None:
        self.indexes: dict[str, int] = {}
        self.extras: list[tuple[str, int]] = []
        self._faults: list[tuple[str, str | None]] = []
        self._headers, self._table, self._log = headers, table, log
        exact = {column.name for column in table.columns}
        rest = [
            index for index, header in enumerate(headers) if not self._took(header, index, exact)
        ]
        for index in rest:
            self._lenient(index)

    def _took(self, header: str, index: int, exact: set[str]) -> bool:
        if header not in exact:
            return False
        if header in self.indexes:
            self._faults.append(("schema.duplicate_header", header))
        else:
            self.indexes[header] = index
        return True

    def _lenient(self, index: int) -> None:
        header = self._headers[index]
        if not header:
            self._faults.append(("schema.empty_header", None))
        elif header.casefold().startswith(METADATA):
            self._metadata(header[len(METADATA) :], index)
        else:
            self._misspelt(header, index)

    def _metadata(self, name: str, index: int) -> None:
        if METADATA_NAME.fullmatch(name) is None:
            self._faults.append(("schema.invalid_metadata_header", None))
        elif any(name == item for item, _ in self.extras):
            self._faults.append(("schema.duplicate_header", METADATA + name))
        elif "password" not in plain_name(name):
            self.extras.append((name, index))

    def _misspelt(self, header: str, index: int) -> None:
        plain = plain_name(header)
        names = {plain_name(column.name): column.name for column in self._table.columns}
        name = names.get(plain) or self._table.aliases.get(plain)
        if name is None:
            printed = header if PRINTED_HEADER.fullmatch(header) else f"#{index + 1}"
            self._faults.append(("schema.unknown_column", printed))
        elif name in self.indexes:
            self._faults.append(("schema.duplicate_header", name))
        else:
            self.indexes[name] = index
            self._faults.append(("schema.misspelt_header", name))

    def report_faults(self) -> None:
        for code, column in self._faults:
            self._log.warn(self._table.file, code, column=column)
        standard = [
            index for c in self._table.columns if (index := self.indexes.get(c.name)) is not None
        ]
        if standard != sorted(standard):
            self._log.warn(self._table.file, "schema.header_order_mismatch")
        if self.extras and self.extras[0][1] < max(standard, default=0):
            self._log.warn(self._table.file, "schema.metadata_column_position")


def _complete(
    indexes: dict[str, int], table: Table[Any], version: Version, log: ProblemLog
) -> bool:
    """Whether every column without which no row can be read is there."""
    complete = True
    for column in table.columns:
        expected = column.expected_in(version)
        if column.name in indexes:
            if not expected:
                log.warn(table.file, "schema.other_version_column", column=column.name)
        elif expected and column.need is Need.ESSENTIAL:
            log.error(table.file, "schema.missing_required_column", column=column.name)
            complete = False
        elif expected and not (table.sparse and column.need is Need.OPTIONAL):
            log.warn(table.file, "schema.missing_column", column=column.name)
    return complete
