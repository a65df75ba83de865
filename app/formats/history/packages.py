"""A file of past entries by itself, or a zip with an index and the files that it names."""

import hashlib
import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from io import BufferedRandom, BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from app.formats.csv_rows import how_written, read_table
from app.formats.history.mapping import HistoryMapping, Translator, is_neutral, propose
from app.formats.history.problems import Problem
from app.formats.history.reader import HEAD, NOT_TEXT, History
from app.formats.history.rows import FileFound, Row
from app.formats.rosters.bundles import UNREADABLE, Bundle, Limits, Member, open_bundle
from app.formats.rosters.guessing import COLUMN_CHARS, COLUMNS, SAMPLE_ROWS, Proposal
from app.formats.rosters.mapping import MappingError
from app.formats.rosters.problems import ProblemLog
from app.formats.sniffing import Refused, judge

LIMITS: Final = Limits(entries=20_000, total_bytes=8 * 1024**3)
INDEXES: Final = ("index.csv", "index.ndjson")
OFFICE: Final = "[Content_Types].xml"
PIECE: Final = 256 * 1024
NAMED: Final = 20
"""How many rows may name one file: each keeps a copy of it."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """What was said of a file: its kind, the system it is from, and the moment it came."""

    kind: str
    source: str
    now: datetime


class Files:
    """The files beside an index, by the names that it gives them; case does not matter."""

    def __init__(self, archive: zipfile.ZipFile, bundle: Bundle, index: Member, limit: int) -> None:
        self._archive, self._limit = archive, limit
        self._folder = str(index.path.parent)
        self._exact = {str(member.path): member for member in bundle.members}
        self._loose: dict[str, Member | None] = {}
        self._looked: dict[Member, FileFound | str] = {}
        self._named: Counter[Member] = Counter()
        for member in bundle.members:
            name = str(member.path).casefold()
            self._loose[name] = None if name in self._loose else member

    def find(self, name: str) -> Member | None:
        """The file of a row; None where there is none, or several of that name."""
        path = posixpath.normpath(posixpath.join(self._folder, name.replace("\\", "/")))
        return self._exact.get(path) or self._loose.get(path.casefold())

    @contextmanager
    def open(self, name: str) -> Iterator[BufferedRandom]:
        """A copy of a file at its beginning. Raises LookupError, or one of UNREADABLE."""
        member = self.find(name)
        if member is None:
            raise LookupError(name)
        assert isinstance(member.source, zipfile.ZipInfo)  # noqa: S101 - it lies in a zip
        with (
            TemporaryFile(prefix="cairn-document-") as copy,
            self._archive.open(member.source) as stream,
        ):
            while piece := stream.read(PIECE):
                copy.write(piece)
            copy.seek(0)
            yield copy

    def with_file(self, row: Row) -> Row:
        """The row with what its file is, or with what is wrong with the file."""
        if row.entry is None or row.entry.file is None:
            return row
        result = self._file_named(row.entry.file, str(row.cells.get("sha256", "")).strip().lower())
        if isinstance(result, str):
            return replace(row, problems=(*row.problems, Problem(row.line, "file", result)))
        digest = hashlib.sha256(f"{row.sha256} {result.sha256}".encode()).hexdigest()
        return replace(row, file=result, sha256=digest)

    def _file_named(self, name: str, text: str) -> FileFound | str:
        """What the file is, or the code of why it cannot come in."""
        member = self.find(name)
        if member is None:
            return "file_missing"
        self._named[member] += 1
        if self._named[member] > NAMED:
            return "file_named_too_often"
        if member not in self._looked:
            self._looked[member] = self._look_into(member, name)
        result = self._looked[member]
        if isinstance(result, str):
            return result
        return "file_differs" if text and text != result.sha256 else replace(result, path=name)

    def _look_into(self, member: Member, name: str) -> FileFound | str:
        if member.size > self._limit:
            return "file_too_large"
        try:
            with self.open(name) as copy:
                sha256 = hashlib.file_digest(copy, "sha256").hexdigest()
                judged = judge(copy, declared_type=None, file_name=member.path.name)
                size = copy.seek(0, 2)
        except UNREADABLE:
            return "file_refused"
        if isinstance(judged, Refused):
            return "file_refused"
        return FileFound(name, judged.content_type, size, sha256)


def table_of(path: Path, kind: str) -> Proposal | None:
    """What the columns of a table may be; None for one in the neutral form, and for no table."""
    bundle = open_bundle(path, LIMITS, ProblemLog())
    index = None if bundle is None else _index_of(bundle)
    if bundle is None or index is None or index.path.suffix.casefold() == ".ndjson":
        return None
    try:
        with bundle.open(index) as stream:
            written = how_written(stream)
        with bundle.open(index) as stream:
            head = stream.read(HEAD)
            stream.seek(0)
            records = read_table(stream, written)
            whole = (record for record in records if not record.blank and not record.error)
            header, rows = next(whole, None), [item.cells for item in islice(whole, SAMPLE_ROWS)]
    except UNREADABLE:
        return None
    if (
        header is None
        or head.startswith(NOT_TEXT)
        or head.lstrip(b"\xef\xbb\xbf \n").startswith(b"{")
    ):
        return None
    names = [cell.strip()[:COLUMN_CHARS] for cell in header.cells[:COLUMNS]]
    return None if is_neutral(kind, names) else propose(kind, names, rows)


@contextmanager
def open_history(
    path: Path, source: FileSource, limit: int, mapping: HistoryMapping | None = None
) -> Iterator[tuple[History, Files | None]]:
    """A file to be read, and the files beside it where it is a zip; nothing in it raises.

    `limit` is the largest size of a document; `mapping` explains columns of other names.
    """
    log = ProblemLog()
    bundle = open_bundle(path, LIMITS, log)
    items = [Problem(0, None, item.code.replace(".", "_")) for item in log.take()]
    index = None if bundle is None else _index_of(bundle)
    if bundle is None or index is None:
        office = bundle is not None and any(str(member.path) == OFFICE for member in bundle.members)
        code = "file_not_recognised" if office else "index_missing"
        unread = History(BytesIO(), source.kind, source.source, source.now)
        unread.stopped += items if bundle is None else [Problem(0, None, code)]
        yield unread, None
        return
    translator = None
    if mapping is not None:
        try:
            translator = _translator(bundle, index, mapping)
        except MappingError:
            items.append(Problem(0, None, "mapping_does_not_fit"))
    with ExitStack() as stack:
        stream = stack.enter_context(bundle.open(index))
        history = History(stream, source.kind, source.source, source.now, translator)
        history.warned += [item for item in items if item.severity != "stop"]
        history.stopped += [item for item in items if item.severity == "stop"]
        files = None
        if not bundle.single:
            archive = stack.enter_context(zipfile.ZipFile(bundle.path))
            files = Files(archive, bundle, index, limit)
        yield history, files


def _translator(bundle: Bundle, index: Member, mapping: HistoryMapping) -> Translator:
    """The mapping for this table, with the order of its dates proved. Raises `MappingError`."""
    with bundle.open(index) as stream:
        written = how_written(stream)
    with bundle.open(index) as stream:
        records = (
            item for item in read_table(stream, written) if not item.blank and not item.error
        )
        header = next(records, None)
        translator = Translator(mapping, [cell.strip() for cell in header.cells] if header else [])
        for record in records if mapping.date_order is None else ():
            translator.prove(record.cells)
    return translator


def _index_of(bundle: Bundle) -> Member | None:
    """The table: the file itself, or the nearest index of a zip."""
    if bundle.single:
        return bundle.members[0]
    items = [member for member in bundle.members if member.path.name.casefold() in INDEXES]
    return min(items, key=lambda item: (len(item.path.parts), item.path), default=None)
