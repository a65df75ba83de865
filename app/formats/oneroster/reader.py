"""A OneRoster package read from a zip or a folder, row by row, with its problems by line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from app.formats.csv_rows import Record, Written, how_written, read_table
from app.formats.oneroster import columns, manifest
from app.formats.oneroster.builder import Known, RowBuilder
from app.formats.oneroster.columns import STANDARD_NAMES, R, Table, Version
from app.formats.oneroster.header import Layout, read_header
from app.formats.oneroster.manifest import FILE, Manifest, Mode, mode_of
from app.formats.oneroster.survey import Survey
from app.formats.rosters import rows
from app.formats.rosters.bundles import UNREADABLE, Bundle, Package, package_of, reason
from app.formats.rosters.problems import Problem, ProblemLog

NEEDED = ("orgs", "users")


class Parsed:
    """A package whose files have been looked through once and can now be read row by row.

    `version` and `modes` (by file name without `.csv`) say how to take it; a file that could not
    be read at all, and one without rows, has the mode `absent`, so that nobody is taken for gone.
    `sizes` counts the rows each file will be read for: rows given plus rows left out.
    `unused` names the standard's files that are there and hold nothing for a roster.
    `cut_off` says that a file of people ended early, so that nobody may be taken for gone.
    Rows stream; each file is meant to be read once, and its row problems appear as it is read.
    """

    format = "oneroster"
    tables: tuple[Table[Any], ...] = columns.TABLES

    def __init__(self, package: Package, log: ProblemLog) -> None:
        self._package, self._log = package, log
        self._layouts: dict[str, Layout] = {}
        self._written: dict[str, Written] = {}
        self._surveys: dict[str, Survey] = {}
        self.cut_off = False
        self._used = tuple(table.name for table in self.tables)
        self._read: set[str] = set()
        self.skipped: Counter[str] = Counter()
        self._readable = frozenset(self._find_readable())
        self._manifest = self._open_manifest()
        self.version: Version = self._manifest.version or self._likely_version()
        self.modes: dict[str, Mode] = {
            name: mode_of(name, self._manifest, there=name in package.files, log=log)
            for name in self._used
        }
        self.sizes: dict[str, int] = {}
        for table in self.tables:
            if table.name in package.files:
                self._look_through(table)
        self.unused = tuple(n for n in package.files if n not in (*self._used, "manifest"))
        self._check_needed()

    @property
    def complete(self) -> bool:
        """Whether the sender says that these are all people of the schools: only then is somebody
        who is missing a leaver."""
        people = ("users",) if self.version == "1.1" else ("users", "roles")
        return all(
            self.modes[name] == "bulk"
            and self._manifest.values.get(f"file.{name}", "").casefold() == "bulk"
            for name in people
        )

    @property
    def problems(self) -> list[Problem]:
        """What was found so far and not taken yet; `counts` goes on where this list is full."""
        return self._log.listed

    def take_problems(self) -> list[Problem]:
        """What was found since the last call: taking them after each batch keeps memory small
        and every problem listed."""
        return self._log.take()

    def sent_as(self, file: str, column: str | None) -> tuple[str, str | None]:
        """A package has the standard's own names."""
        return file, column

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each code was met, even if it was listed once for many lines."""
        return self._log.counts

    @property
    def errors(self) -> int:
        return self._log.errors

    def orgs(self) -> Iterator[rows.OrgRow]:
        """The organisations; without orgs.csv those that the people of the file belong to."""
        if "orgs" in self._package.files:
            return self._rows(columns.ORGS)
        named = {org: None for survey in self._surveys.values() for org in survey.orgs}
        return (
            rows.OrgRow(0, org, "active", None, None, "school", None, None, {}) for org in named
        )

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

    def _find_readable(self) -> Iterator[str]:
        """The files that can be unpacked whole."""
        for name in [n for n in self._package.files if n in (*self._used, "manifest")]:
            if self._package.is_readable(name):
                yield name
            else:
                self._unreadable(f"{name}.csv")

    def _unreadable(
        self, file: str, log: ProblemLog | None = None, code: str = "package.unreadable_file"
    ) -> None:
        (log or self._log).error(file, code)
        self.cut_off = self.cut_off or file in ("users.csv", "roles.csv")

    def _open_manifest(self) -> Manifest:
        if "manifest" in self._readable:
            written = self._how_written("manifest")
            with self._package.open("manifest") as stream:
                return manifest.read_manifest(stream, written, self._log)
        if self._package.files and "manifest" not in self._package.files:
            self._log.warn(FILE, "package.missing_manifest")
        return Manifest()

    def _likely_version(self) -> Version:
        return "1.2" if "roles" in self._package.files else "1.1"

    def _look_through(self, table: Table[Any]) -> None:
        """Read the header, count the rows and note what others refer to."""
        layout = self._measure(table) if table.name in self._readable else None
        size = self._surveys[table.name].rows if layout else 0
        if layout is None or not size:
            self.modes[table.name] = "absent"
        if layout is not None:
            self._layouts[table.name] = layout
            self.sizes[table.name] = size
            if not size:
                self._log.warn(table.file, "package.no_rows")

    def _measure(self, table: Table[Any]) -> Layout | None:
        self._written[table.name] = self._how_written(table.name)
        with self._package.open(table.name) as stream:
            records = read_table(stream, self._written[table.name])
            header = next((record for record in records if not record.blank), None)
            if header is None:
                self._log.error(table.file, "schema.no_header")
                return None
            layout = read_header(header, table, self.version, self._log)
            if layout is not None:
                self._surveys[table.name] = Survey(table, layout, records)
            return layout

    def _how_written(self, name: str) -> Written:
        with self._package.open(name) as stream:
            written = how_written(stream)
        if written.encoding == "utf-8-sig":
            self._log.warn(f"{name}.csv", "csv.byte_order_mark")
        elif written.encoding != "utf-8":
            self._log.warn(f"{name}.csv", "csv.utf16")
        if written.delimiter != ",":
            self._log.warn(f"{name}.csv", "csv.other_separator")
        return written

    def _check_needed(self) -> None:
        """Users and orgs may be left out only where a manifest says so and nothing is complete:
        a complete file may refer to nothing outside the package."""
        complete = "bulk" in self.modes.values()
        for name in NEEDED:
            excused = self._manifest.says_absent(name) and not complete
            if name in self._package.files:
                continue
            if not excused:
                self._log.error(f"{name}.csv", "package.missing_file")
            elif name == "orgs" and any(s.orgs for s in self._surveys.values()):
                self._log.warn("orgs.csv", "package.schools_from_people")

    def _rows(self, table: Table[R]) -> Iterator[R]:
        layout = self._layouts.get(table.name)
        if layout is None:
            return
        first = table.name not in self._read
        self._read.add(table.name)
        log = self._log if first else ProblemLog(strict=self._log.strict)
        mode = self.modes[table.name]
        builder = RowBuilder(table, layout, self.version, mode, log, self._known(table))
        try:
            for record in self._data_records(table, log):
                row = builder.build(record)
                if row is not None:
                    yield row
                elif first:
                    self.skipped[table.name] += 1
        except UNREADABLE as error:
            self._unreadable(table.file, log, reason(error))

    def _known(self, table: Table[Any]) -> Known:
        """What the rows of a file may refer to: nothing can be said of a file of changes."""
        survey = self._surveys[table.name]
        if self.modes[table.name] != "bulk":
            return Known(orders=survey.orders)
        ids = {
            name: self._surveys[name].ids if self.modes[name] == "bulk" else None
            for name in columns.REFERRED_TO
            if self.modes.get(name, "delta") != "delta"
        }
        people = self._surveys.get("users")
        return Known(ids, people.tied if ids.get("users") and people else None, survey.orders)

    def _data_records(self, table: Table[Any], log: ProblemLog) -> Iterator[Record]:
        with self._package.open(table.name) as stream:
            started = False
            for record in read_table(stream, self._written[table.name]):
                if record.blank:
                    log.warn(table.file, "csv.blank_line", line=record.line)
                elif started:
                    yield record
                started = started or not record.blank


def read_oneroster(bundle: Bundle, log: ProblemLog) -> Parsed:
    """Whatever is wrong becomes a problem, never an exception.

    Lenient reading keeps every row of which sense can be made. Strict reading turns departures
    from the standard into errors, except what RFC 4180 or the standard tells readers to accept:
    LF line ends, no line end at the end, a byte-order mark, blank lines.
    """
    return Parsed(package_of(bundle, STANDARD_NAMES, log), log)
