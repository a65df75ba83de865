"""What every reader of rosters gives, whatever the format was."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

from app.formats.rosters import rows
from app.formats.rosters.problems import Problem, ProblemLog


class RosterSource(Protocol):
    """A roster that was looked through once and can be read row by row.

    `format` and `version` say what it is; `sizes` counts the rows by OneRoster's file names, those
    left out too, which `skipped` counts. `complete` says that the sender calls this everybody: only
    then is somebody who is missing a leaver. `cut_off` says that it ended early, so that nothing of
    it may be trusted to be whole.
    """

    sizes: dict[str, int]
    skipped: Counter[str]
    cut_off: bool

    @property
    def format(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def complete(self) -> bool: ...

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each code was met, even if it was listed once for many lines."""

    def take_problems(self) -> list[Problem]:
        """What was found since the last call: taking them after each batch keeps memory small."""

    def sent_as(self, file: str, column: str | None) -> tuple[str, str | None]:
        """The file and the column that were sent, by what OneRoster calls them."""

    def orgs(self) -> Iterator[rows.OrgRow]: ...

    def classes(self) -> Iterator[rows.ClassRow]: ...

    def users(self) -> Iterator[rows.UserRow]: ...

    def roles(self) -> Iterator[rows.RoleRow]: ...

    def enrollments(self) -> Iterator[rows.EnrollmentRow]: ...

    def demographics(self) -> Iterator[rows.DemographicsRow]: ...


class NoRoster:
    """A file that was refused; its problems say why."""

    format, version = "unknown", ""
    complete = cut_off = False

    def __init__(self, log: ProblemLog) -> None:
        self._log = log
        self.sizes: dict[str, int] = {}
        self.skipped: Counter[str] = Counter()

    @property
    def counts(self) -> Mapping[str, int]:
        return self._log.counts

    def take_problems(self) -> list[Problem]:
        return self._log.take()

    def sent_as(self, file: str, column: str | None) -> tuple[str, str | None]:
        return file, column

    def orgs(self) -> Iterator[rows.OrgRow]:
        return iter(())

    def classes(self) -> Iterator[rows.ClassRow]:
        return iter(())

    def users(self) -> Iterator[rows.UserRow]:
        return iter(())

    def roles(self) -> Iterator[rows.RoleRow]:
        return iter(())

    def enrollments(self) -> Iterator[rows.EnrollmentRow]:
        return iter(())

    def demographics(self) -> Iterator[rows.DemographicsRow]:
        return iter(())
