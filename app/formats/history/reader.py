"""Reads a file of past entries as it streams: CSV or NDJSON, row by row, nothing in it raises."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, Final

import orjson

from app.formats.csv_rows import (
    LINE_BYTES,
    Record,
    encoding_of,
    how_written,
    read_records,
    read_table,
)
from app.formats.history.columns import EXTRA, FORMAT, KINDS, LISTS
from app.formats.history.mapping import Translator
from app.formats.history.problems import Problem
from app.formats.history.rows import Cells, Row, RowReader, refused

NOT_TEXT: Final = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"<?xml", b"{\\rtf", b"\x1f\x8b")
"""How files begin that people send instead: PDF, XLSX and zip, XLS, XML, RTF, gzip."""
HEAD: Final = 4096
NAME_CHARS: Final = 100
OTHER_SEPARATORS: Final = (";", "\t", "|")
ITEM: Final = re.compile(r"((?:[^;\\]|\\.)*)(?:;|$)")
NUL: Final = "\x00"


class History:
    """One file of a kind from a system. Read `rows()` to its end: `stopped` then says whether the
    file can be used at all.
    """

    def __init__(
        self,
        stream: BinaryIO,
        kind: str,
        source: str,
        now: datetime,
        translator: Translator | None = None,
    ) -> None:
        self._stream, self._now = stream, now
        self._kind, self._source = kind, source
        self._translator = translator
        self.stopped: list[Problem] = []
        self.warned: list[Problem] = []

    def rows(self) -> Iterator[Row]:
        """Every row; it ends early where the whole file cannot be used."""
        if self.stopped:
            return None
        head = self._stream.read(HEAD)
        self._stream.seek(0)
        if not head.strip():
            return self._stop("file_empty")
        if head.startswith(NOT_TEXT):
            return self._stop("file_not_recognised")
        if self._translator is not None:
            yield from self._mapped(self._translator)
            return None
        if not encoding_of(head).startswith("utf-8"):
            return self._stop("encoding_uncertain")
        if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
            yield from self._ndjson()
        else:
            yield from self._csv()
        return None

    def _stop(self, code: str, line: int = 0, column: str | None = None) -> None:
        self.stopped.append(Problem(line, column, code))

    def _reader(self) -> RowReader:
        return RowReader(KINDS[self._kind], self._now)

    def _check_columns(self, names: list[str], line: int) -> None:
        """Stop for columns that are missing or twice; unknown ones are only mentioned."""
        kind = KINDS[self._kind]
        if len(names) == 1 and any(item in names[0] for item in OTHER_SEPARATORS):
            return self._stop("separator_wrong", line)
        for name in kind.in_header:
            if name not in names:
                self._stop("column_missing", line, name)
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                self._stop("column_twice", line, name)
            self._check_known(name, line)
        return None

    def _check_known(self, name: str, line: int) -> None:
        known = name in KINDS[self._kind].columns or name.startswith(EXTRA)
        problem = Problem(line, name[:100], "column_unknown")
        if not known and name and problem not in self.warned:
            self.warned.append(problem)

    def _csv(self) -> Iterator[Row]:
        reader = self._reader()
        records = read_records(self._stream)
        header = next((item for item in records if not item.blank), None)
        if header is None or header.error:
            return self._stop("file_not_recognised")
        names = [cell.strip().lower() for cell in header.cells]
        self._check_columns(names, header.line)
        empty = True
        for record in records:
            if self.stopped:
                return None
            if not record.blank:
                empty = False
                yield self._row(reader, names, record)
        return self._stop("file_empty") if empty and not self.stopped else None

    def _row(self, reader: RowReader, names: list[str], record: Record) -> Row:
        if "csv.not_utf8" in record.faults:
            self._stop("encoding_uncertain", record.line)
        if record.error == "row.nul_character":
            return refused(record.line, "text_unstorable")
        if record.error or len(record.cells) != len(names):
            return refused(record.line, "row_ragged")
        cells = {
            name: listed(text) if name in LISTS else text
            for name, text in zip(names, record.cells, strict=True)
            if name and text.strip()
        }
        return reader.read(record.line, cells)

    def _mapped(self, translator: Translator) -> Iterator[Row]:
        """The rows of a table in other columns; the row as it came is what is kept and hashed."""
        reader = self._reader()
        written = how_written(self._stream)
        self._stream.seek(0)
        records = (item for item in read_table(self._stream, written) if not item.blank)
        header = next(records, None)
        names = [cell.strip()[:NAME_CHARS] for cell in header.cells] if header else []
        empty = True
        for record in records:
            empty = False
            if record.error or len(record.cells) != len(names):
                yield refused(record.line, "row_ragged")
                continue
            source = {
                name: text for name, text in zip(names, record.cells, strict=True) if text.strip()
            }
            yield reader.read(record.line, translator.cells(record.cells), source)
        if translator.doubtful:
            self._stop("date_order_unknown")
        return self._stop("file_empty") if empty else None

    def _ndjson(self) -> Iterator[Row]:
        lines = self._lines()
        number, head = next(lines)
        if not self._opened(head):
            return None
        reader = self._reader()
        count, ended = 0, None
        silent = dict.fromkeys(KINDS[self._kind].asked)
        for number, line in lines:
            if line is not None and ended is None and set(line) == {"end"}:
                ended = line["end"]
                continue
            count += 1
            for name in line or ():
                silent.pop(name.strip().lower(), None)
            yield self._object(reader, number, line)
        for name in silent:
            self._stop("column_missing", 0, name)
        whole = isinstance(ended, dict) and ended.get("rows") == count
        return None if whole else self._stop("file_cut_off", number)

    def _lines(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Each line with its number; None for one that is no object. Blank lines are left out."""
        for number, raw in enumerate(iter(lambda: self._stream.readline(LINE_BYTES + 1), b""), 1):
            text = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            if not text.strip():
                continue
            try:
                content = orjson.loads(text) if len(raw) <= LINE_BYTES else None
            except orjson.JSONDecodeError:
                content = None
            yield number, content if isinstance(content, dict) else None

    def _opened(self, head: dict[str, Any] | None) -> bool:
        """Whether the first line says what the file is, and that it is what was asked for."""
        if head is None or head.get("format") != FORMAT:
            self._stop("file_not_recognised", 1)
            return False
        if head.get("kind") != self._kind:
            self._stop("file_of_other_kind", 1)
        if head.get("source") != self._source:
            self._stop("file_of_other_system", 1)
        return not self.stopped

    def _object(self, reader: RowReader, line: int, content: dict[str, Any] | None) -> Row:
        cells = _cells(content) if content is not None else None
        if cells is None:
            return refused(line, "row_ragged")
        if any(NUL in text for cell in cells.values() for text in _texts(cell)):
            return refused(line, "text_unstorable")
        for name in cells:
            self._check_known(name, line)
        return reader.read(line, cells)


def listed(text: str) -> list[str]:
    r"""The items of a cell that holds a list: `;` stands between them, `\;` within one."""
    items = (item.replace("\\;", ";").replace("\\\\", "\\") for item in ITEM.findall(text))
    return [item.strip() for item in items if item.strip()]


def _texts(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def _cells(content: dict[str, Any]) -> Cells | None:
    """The cells of an object, blank ones left out; None where a value is no plain one."""
    cells: dict[str, str | list[str]] = {}
    for name, value in content.items():
        listed_here = value if isinstance(value, list) else [value]
        texts = [_plain(item) for item in listed_here]
        if None in texts or (isinstance(value, list) and name not in LISTS):
            return None
        items = [text for text in texts if text]
        if items:
            cells[name.strip().lower()] = items if name in LISTS else items[0]
    return cells


def _plain(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None
