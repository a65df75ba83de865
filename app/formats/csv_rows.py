"""CSV bytes in, records with true line numbers out, whatever was done to the file on its way here.

The standard library's reader lets one forgotten quote swallow the rest of a file. This one takes
a record over several lines only where it ends well; otherwise it gives up the first line alone
and reads on from the second, so that no other row is lost.
"""

import csv
import re
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, Protocol

CHUNK_BYTES = 64 * 1024
LINE_BYTES = 1024 * 1024
RECORD_LINES = 100
RECORD_CHARS = 64 * 1024
CELLS = 20_000
BLANK_LINES = 1_100_000
"""More than a sheet has rows that somebody saved whole."""
BLANK_BYTES = 64 * 1024 * 1024
RETREATS = 200  # reading on after a lost quote costs time: a file made of them gets no more
BOM = b"\xef\xbb\xbf"
MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (BOM, "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
LOST = "\ufffd"
DELIMITERS = (",", ";", "\t", "|")
QUOTED = re.compile(r'"[^"]*"')


class MostlyBlankError(ValueError):
    """A file goes on and on without saying anything."""

    code = "file.mostly_blank"


class Blanks:
    """Counts what is blank, so that a file of nothing else is given up."""

    def __init__(self) -> None:
        self._lines = self._bytes = 0

    def add(self, size: int) -> None:
        """Count a blank line. Raises `MostlyBlankError`."""
        self._lines += 1
        self._bytes += size
        if self._lines > BLANK_LINES or self._bytes > BLANK_BYTES:
            raise MostlyBlankError


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Line(NamedTuple):
    """One physical line without its line end; `error` is set where it could not be taken."""

    number: int
    text: str
    faults: tuple[str, ...] = ()
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
        return self.error is None and not any(map(str.strip, self.cells))


class Written(NamedTuple):
    """How a text is written down: `encoding` as Python names it, and what separates its cells."""

    encoding: str = "utf-8"
    delimiter: str = ","


class Transcoded:
    """A stream in any encoding as UTF-8. What does not decode becomes U+FFFD, which
    `read_records` names."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._decoder = getincrementaldecoder(encoding)("replace")

    def read(self, size: int = CHUNK_BYTES, /) -> bytes:
        """The next bytes; none at the end."""
        while True:
            chunk = self._stream.read(size)
            text = self._decoder.decode(chunk, not chunk)
            if text or not chunk:
                return text.encode("utf-8", "replace")


def encoding_of(head: bytes) -> str:
    """What a text that starts with these bytes is written in."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if head[:1] == b"\0":
        return "utf-16-be"
    return "utf-16-le" if head[1:2] == b"\0" else "utf-8"


def delimiter_of(first_line: str) -> str:
    """What separates the cells of a table whose first line is this one."""
    outside = QUOTED.sub("", first_line)
    return max(DELIMITERS, key=outside.count)


def how_written(stream: Readable, header_row: int = 1) -> Written:
    """Looks at the beginning of a table; `header_row` counts lines that are not blank."""
    head = stream.read(CHUNK_BYTES)
    encoding = encoding_of(head)
    lines = [line for line in head.decode(encoding, "replace").splitlines() if line.strip()]
    return Written(encoding, delimiter_of("".join(lines[header_row - 1 : header_row])))


def read_table(stream: Readable, written: Written) -> Iterator[Record]:
    """`read_records` of a table written in any way. Raises `MostlyBlankError`."""
    if not written.encoding.startswith("utf-8"):
        stream = Transcoded(stream, written.encoding)
    blanks = Blanks()
    for record in read_records(stream, written.delimiter):
        if record.blank:
            blanks.add(sum(map(len, record.cells)) + len(record.cells))
        yield record


def read_records(stream: Readable, delimiter: str = ",") -> Iterator[Record]:
    """Every record of the stream, blank ones too. The first that is not blank sets the width
    that a record over several lines must have to be believed."""
    return _Assembly(_decoded(stream), delimiter).records()


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
    faults: tuple[str, ...] = ()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text, faults = raw.decode("cp1252", errors="replace"), ("csv.not_utf8",)
    if LOST in text:
        faults = (*faults, "csv.lost_character")
    return Line(number, text, faults)


class _Assembly:
    """Joins physical lines to records, with a way back when a quote was never closed."""

    def __init__(self, lines: Iterator[Line], delimiter: str) -> None:
        self._fresh, self._delimiter = lines, delimiter
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
        if line.text.count(self._delimiter) >= CELLS:
            return Record(line.number, [], error="row.too_many_cells")
        if '"' not in line.text:
            return Record(line.number, line.text.split(self._delimiter), line.faults)
        if (cells := _well_formed(line.text, self._delimiter)) is not None:
            return Record(line.number, cells, line.faults)
        cells, _, unclosed = split_loosely(line.text, self._delimiter)
        if not unclosed:
            return Record(line.number, cells, (*line.faults, "csv.unescaped_quote"))
        return self._over_lines(line)

    def _over_lines(self, first: Line) -> Record:
        """A quote is open at the end of the line: follow it, or give this line up."""
        taken = self._until_closed(first)
        text = "\n".join([first.text, *(line.text for line in taken)])
        cells, stray, unclosed = split_loosely(text, self._delimiter)
        if stray or unclosed or (self._width and len(cells) != self._width):
            self._again.extendleft(reversed(taken))
            self._retreats += 1
            return Record(first.number, [], error="csv.unclosed_quote")
        result = dict.fromkeys(fault for line in (first, *taken) for fault in line.faults)
        return Record(first.number, cells, (*result, "csv.line_break_in_cell"))

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


def _well_formed(text: str, delimiter: str) -> list[str] | None:
    """The cells, or None where quotes stand where RFC 4180 has none."""
    try:
        cells = next(csv.reader([text], strict=True, delimiter=delimiter))
    except (csv.Error, StopIteration):
        return None
    if any('"' in cell for cell in cells) and split_loosely(text, delimiter)[1]:
        return None
    return cells


def split_loosely(text: str, delimiter: str) -> tuple[list[str], bool, bool]:
    """Cells of a text with any quoting at all, whether a quote stood where none belongs, and
    whether the last cell was still open. A stray quote is kept as a character."""
    cells: list[str] = []
    stray = False
    position = 0
    while True:
        cell, position, odd, unclosed = _one_cell(text, position, delimiter)
        cells.append(cell)
        stray = stray or odd
        if unclosed or position >= len(text):
            return cells, stray, unclosed
        position += 1  # the delimiter
        if position == len(text):
            return [*cells, ""], stray, False


def _one_cell(text: str, start: int, delimiter: str) -> tuple[str, int, bool, bool]:
    """(cell, where it ended, a stray quote was met, its quote was never closed)"""
    if not text.startswith('"', start):
        end = _delimiter_or_end(text, start, delimiter)
        cell = text[start:end]
        return cell, end, '"' in cell, False
    parts: list[str] = []
    position = start + 1
    while (quote := text.find('"', position)) >= 0:
        parts.append(text[position:quote])
        if not text.startswith('"', quote + 1):
            end = _delimiter_or_end(text, quote + 1, delimiter)
            tail = text[quote + 1 : end]
            return "".join(parts) + tail, end, bool(tail.strip()), False
        parts.append('"')
        position = quote + 2
    return "".join(parts) + text[position:], len(text), False, True


def _delimiter_or_end(text: str, start: int, delimiter: str) -> int:
    find = text.find(delimiter, start)
    return len(text) if find < 0 else find
