"""CSV bytes in, records with true line numbers out, whatever was done to the file on its way here.

The standard library's reader lets one forgotten quote swallow the rest of a file. This one takes
a record over several lines only where it ends well; otherwise it gives up the first line alone
and reads on from the second, so that no other row is lost.
"""

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, Protocol

CHUNK_BYTES = 64 * 1024
LINE_BYTES = 1024 * 1024
RECORD_LINES = 100
RECORD_CHARS = 64 * 1024
RETREATS = 200  # reading on after a lost quote costs time: a file made of them gets no more
BOM = b"\xef\xbb\xbf"


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Line(NamedTuple):
    """One physical line without its line end; `error` is set where it could not be taken."""

    number: int
    text: str
    fault: str | None = None
    error: str | None = None


class Record(NamedTuple):
    """One row: the 1-based physical line it starts on, its cells, what was odd (`faults`),
    and the code of what made it unreadable (`error`; the cells are then empty)."""

    line: int
    cells: list[str]
    faults: tuple[str, ...] = ()
    error: str | None = None

    @property
    def blank(self) -> bool:
        return self.error is None and not any(cell.strip() for cell in self.cells)


def looks_like_utf16(head: bytes) -> bool:
    """Whether a file that starts with these bytes is written in UTF-16 or UTF-32."""
    return head[:2] in (b"\xff\xfe", b"\xfe\xff") or 0 in head[:2]


def read_records(stream: Readable) -> Iterator[Record]:
    """Every record of the stream, blank ones too. The first that is not blank sets the width
    that a record over several lines must have to be believed."""
    return _Assembly(_decoded(stream)).records()


def _physical_lines(stream: Readable) -> Iterator[bytes | None]:
    """Lines without their ends (CRLF, LF or a lone CR); None for one longer than LINE_BYTES."""
    rest, dropping = b"", False
    while chunk := stream.read(CHUNK_BYTES):
        lines = (rest + chunk).splitlines(keepends=True)
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()  # a CR may be half of CRLF
        for line in lines:
            whole = not dropping and len(line) <= LINE_BYTES
            yield line.rstrip(b"\r\n") if whole else None
            dropping = False
        if len(rest) > LINE_BYTES:
            rest, dropping = b"", True
    if rest or dropping:
        yield None if dropping else rest.rstrip(b"\r")


def _decoded(stream: Readable) -> Iterator[Line]:
    for number, raw in enumerate(_physical_lines(stream), start=1):
        if raw is None:
            yield Line(number, "", error="row.too_long")
            continue
        yield _decode(number, raw.removeprefix(BOM) if number == 1 else raw)


def _decode(number: int, raw: bytes) -> Line:
    if 0 in raw:
        return Line(number, "", error="row.nul_character")
    try:
        return Line(number, raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Line(number, raw.decode("cp1252", errors="replace"), fault="csv.not_utf8")


class _Assembly:
    """Joins physical lines to records, with a way back when a quote was never closed."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._fresh = lines
        self._again: deque[Line] = deque()
        self._width = 0
        self._retreats = 0

    def records(self) -> Iterator[Record]:
        while (line := self._next()) is not None:
            record = self._record(line)
            if not self._width and not record.blank:
                self._width = len(record.cells)
            yield record

    def _next(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._fresh, None)

    def _record(self, line: Line) -> Record:
        if line.error:
            return Record(line.number, [], error=line.error)
        faults = (line.fault,) if line.fault else ()
        if '"' not in line.text:
            return Record(line.number, line.text.split(","), faults)
        if (cells := _well_formed(line.text)) is not None:
            return Record(line.number, cells, faults)
        cells, _, unclosed = split_loosely(line.text)
        if not unclosed:
            return Record(line.number, cells, (*faults, "csv.unescaped_quote"))
        return self._over_lines(line)

    def _over_lines(self, first: Line) -> Record:
        """A quote is open at the end of the line: follow it, or give this line up."""
        taken = self._until_closed(first)
        text = "\n".join([first.text, *(line.text for line in taken)])
        cells, stray, unclosed = split_loosely(text)
        if stray or unclosed or (self._width and len(cells) != self._width):
            self._again.extendleft(reversed(taken))
            self._retreats += 1
            return Record(first.number, [], error="csv.unclosed_quote")
        found = dict.fromkeys(line.fault for line in (first, *taken) if line.fault)
        return Record(first.number, cells, (*found, "csv.line_break_in_cell"))

    def _until_closed(self, first: Line) -> list[Line]:
        taken: list[Line] = []
        size, quotes = len(first.text), 1
        allowed = RECORD_LINES if self._retreats < RETREATS else 0
        while quotes % 2 and len(taken) < allowed and size < RECORD_CHARS:
            line = self._next()
            if line is None:
                break
            taken.append(line)
            if line.error:
                break
            quotes += line.text.count('"')
            size += len(line.text)
        return taken


def _well_formed(text: str) -> list[str] | None:
    """The cells, or None where quotes stand where RFC 4180 has none."""
    try:
        cells = next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return None
    if any('"' in cell for cell in cells) and split_loosely(text)[1]:
        return None
    return cells


def split_loosely(text: str) -> tuple[list[str], bool, bool]:
    """Cells of a text with any quoting at all, whether a quote stood where none belongs, and
    whether the last cell was still open. A stray quote is kept as a character."""
    cells: list[str] = []
    stray = False
    position = 0
    while True:
        cell, position, odd, unclosed = _one_cell(text, position)
        cells.append(cell)
        stray = stray or odd
        if unclosed or position >= len(text):
            return cells, stray, unclosed
        position += 1  # the comma
        if position == len(text):
            return [*cells, ""], stray, False


def _one_cell(text: str, start: int) -> tuple[str, int, bool, bool]:
    """(cell, where it ended, a stray quote was met, its quote was never closed)"""
    if not text.startswith('"', start):
        end = _comma_or_end(text, start)
        cell = text[start:end]
        return cell, end, '"' in cell, False
    parts: list[str] = []
    position = start + 1
    while (quote := text.find('"', position)) >= 0:
        parts.append(text[position:quote])
        if not text.startswith('"', quote + 1):
            end = _comma_or_end(text, quote + 1)
            tail = text[quote + 1 : end]
            return "".join(parts) + tail, end, bool(tail.strip()), False
        parts.append('"')
        position = quote + 2
    return "".join(parts) + text[position:], len(text), False, True


def _comma_or_end(text: str, start: int) -> int:
    comma = text.find(",", start)
    return len(text) if comma < 0 else comma
