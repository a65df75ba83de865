"""A OneRoster package read from a zip or a folder, row by row, with its problems by line."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.formats.csv_rows import BOM, Record, looks_like_utf16, read_records
from app.formats.oneroster import columns, manifest, rows
from app.formats.oneroster.builder import RowBuilder
from app.formats.oneroster.columns import R, Table, Version
from app.formats.oneroster.header import Layout, read_header
from app.formats.oneroster.manifest import FILE, Manifest, Mode, mode_of
from app.formats.oneroster.package import UNREADABLE, Limits, Package, find_package
from app.formats.oneroster.problems import Problem, ProblemLog

USED = tuple(table.name for table in columns.TABLES)
NEEDED = ("orgs", "users")


class Parsed:
    """A package whose files have been looked through once and can now be read row by row.

    `version` and `modes` (by file name without `.csv`) say how to take it; a file that could not
    be read at all, and one without rows, has the mode `absent`, so that nobody is taken for gone.
    `sizes` counts the rows each file will be read for: rows given plus rows left out.
    `digest` is SHA-256 over the names and contents of the files used, the same for zip and folder.
    `unused` names the standard's files that are there and hold nothing for a roster.
    Rows stream; each file is meant to be read once, and its row problems appear as it is read.
    """

    def __init__(self, package: Package, log: ProblemLog) -> None:
        self._package, self._log = package, log
        self._layouts: dict[str, Layout] = {}
        self._read: set[str] = set()
        self.skipped: Counter[str] = Counter()
        heads = self._fingerprint()
        self._manifest = self._open_manifest()
        self.version: Version = self._manifest.version or self._likely_version()
        self.modes: dict[str, Mode] = {
            name: mode_of(name, self._manifest, there=name in package.files, log=log)
            for name in USED
        }
        self.sizes: dict[str, int] = {}
        for table in columns.TABLES:
            if table.name in package.files:
                self._look_through(table, heads.get(table.name, b""))
        self.unused = tuple(n for n in package.files if n not in (*USED, "manifest"))
        self._check_needed()

    @property
    def problems(self) -> list[Problem]:
        """What was found so far and not taken yet; `counts` goes on where this list is full."""
        return self._log.listed

    def take_problems(self) -> list[Problem]:
        """What was found since the last call: taking them after each batch keeps memory small
        and every problem listed."""
        return self._log.take()

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each code was met, also where it was listed once for many lines."""
        return self._log.counts

    @property
    def errors(self) -> int:
        return self._log.errors

    def orgs(self) -> Iterator[rows.OrgRow]:
        return self._rows(columns.ORGS)

    def academic_sessions(self) -> Iterator[rows.AcademicSessionRow]:
        return self._rows(columns.ACADEMIC_SESSIONS)

    def courses(self) -> Iterator[rows.CourseRow]:
        return self._rows(columns.COURSES)

    def classes(self) -> Iterator[rows.ClassRow]:
        return self._rows(columns.CLASSES)

    def users(self) -> Iterator[rows.UserRow]:
        return self._rows(columns.USERS)

    def roles(self) -> Iterator[rows.RoleRow]:
        """1.2 only: who a user is, where."""
        return self._rows(columns.ROLES)

    def enrollments(self) -> Iterator[rows.EnrollmentRow]:
        return self._rows(columns.ENROLLMENTS)

    def demographics(self) -> Iterator[rows.DemographicsRow]:
        return self._rows(columns.DEMOGRAPHICS)

    def _fingerprint(self) -> dict[str, bytes]:
        """The first bytes of each file; drops from the package what cannot be unpacked whole."""
        heads: dict[str, bytes] = {}
        whole = hashlib.sha256()
        for name in [n for n in self._package.files if n in (*USED, "manifest")]:
            try:
                digest, heads[name] = self._package.fingerprint(name)
            except UNREADABLE:
                self._log.error(f"{name}.csv", "package.unreadable_file")
                continue
            whole.update(f"{name} {digest}\n".encode())
        self.digest = whole.hexdigest()
        self._readable = frozenset(heads)
        return heads

    def _open_manifest(self) -> Manifest:
        if "manifest" in self._readable:
            with self._package.open("manifest") as stream:
                return manifest.read_manifest(stream, self._log)
        if self._package.files and "manifest" not in self._package.files:
            self._log.warn(FILE, "package.missing_manifest")
        return Manifest()

    def _likely_version(self) -> Version:
        return "1.2" if "roles" in self._package.files else "1.1"

    def _look_through(self, table: Table[Any], head: bytes) -> None:
        """Read the header and count the rows."""
        layout, size = None, 0
        if looks_like_utf16(head):
            self._log.error(table.file, "csv.utf16")
        elif table.name in self._readable:
            if head.startswith(BOM):
                self._log.warn(table.file, "csv.byte_order_mark")
            layout, size = self._measure(table)
        if layout is None or not size:
            self.modes[table.name] = "absent"
        if layout is not None:
            self._layouts[table.name] = layout
            self.sizes[table.name] = size
            if not size:
                self._log.warn(table.file, "package.no_rows")

    def _measure(self, table: Table[Any]) -> tuple[Layout | None, int]:
        with self._package.open(table.name) as stream:
            records = read_records(stream)
            header = next((record for record in records if not record.blank), None)
            if header is None:
                self._log.error(table.file, "schema.no_header")
                return None, 0
            layout = read_header(header, table, self.version, self._log)
            return layout, sum(not r.blank for r in records) if layout else 0

    def _check_needed(self) -> None:
        """Users and orgs may be left out only where a manifest says so and nothing is complete:
        a complete file may refer to nothing outside the package."""
        complete = "bulk" in self.modes.values()
        for name in NEEDED:
            excused = self._manifest.says_absent(name) and not complete
            if name not in self._package.files and not excused:
                self._log.error(f"{name}.csv", "package.missing_file")

    def _rows(self, table: Table[R]) -> Iterator[R]:
        layout = self._layouts.get(table.name)
        if layout is None:
            return
        first = table.name not in self._read
        self._read.add(table.name)
        log = self._log if first else ProblemLog(strict=self._log.strict)
        mode = self.modes[table.name]
        builder = RowBuilder(table, layout, self.version, mode, log)
        try:
            for record in self._data_records(table, log):
                row = builder.build(record)
                if row is not None:
                    yield row
                elif first:
                    self.skipped[table.name] += 1
        except UNREADABLE:
            log.error(table.file, "package.unreadable_file")

    def _data_records(self, table: Table[Any], log: ProblemLog) -> Iterator[Record]:
        with self._package.open(table.name) as stream:
            started = False
            for record in read_records(stream):
                if record.blank:
                    log.warn(table.file, "csv.blank_line", line=record.line)
                elif started:
                    yield record
                started = started or not record.blank


def read_oneroster(path: Path, *, strict: bool = False, limits: Limits | None = None) -> Parsed:
    """Read a zip file or a folder. Whatever is wrong becomes a problem, never an exception.

    Lenient reading keeps every row of which sense can be made. Strict reading turns departures
    from the standard into errors, except what RFC 4180 or the standard tells readers to accept:
    LF line ends, no line end at the end, a byte-order mark, blank lines.
    """
    log = ProblemLog(strict=strict)
    return Parsed(find_package(path, limits or Limits(), log), log)
