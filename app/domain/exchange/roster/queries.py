"""A roster, read once and sorted by school: what each school is to compare with what it has."""

import pickle
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from app.domain.exchange.roster import rules
from app.domain.exchange.roster_rows.queries import (
    NAME,
    Batch,
    Shared,
    Staging,
    is_over,
    problem_of,
)
from app.formats.rosters.opening import open_roster
from app.formats.rosters.problems import Problem
from app.formats.rosters.rows import RoleRow, UserRow
from app.formats.rosters.source import RosterSource

BATCH = 2_000


def schools_of(parsed: RosterSource) -> list[rules.School]:
    """The schools a package speaks of; where none calls itself a school, its only organisation."""
    orgs = [org for org in parsed.orgs() if org.status == "active"]
    schools = [org for org in orgs if org.type == "school"] or orgs
    return [rules.School(org.sourced_id, (org.name or "")[:NAME]) for org in schools]


class Sorting:
    """Reads a package once, in the order its files refer to one another, for all of some schools.

    `problems` holds what is wrong with the package, or with a row of none of the schools.
    """

    def __init__(
        self, parsed: RosterSource, schools: Sequence[rules.School], today: date, *, only: bool
    ) -> None:
        self._parsed, self._today = parsed, today
        self._shared = Shared(by_id=parsed.format in ("oneroster", "sds"))
        self.stagings = [
            Staging(one, only=only, today=today, shared=self._shared) for one in schools
        ]
        self._by = {one.school: one for one in self.stagings}
        self._at: dict[str, list[Staging]] = {}
        self._near: dict[str, set[str]] = {}
        self._faults: dict[int, list[Problem]] = {}
        self._complete = parsed.complete
        self.problems: list[Problem] = []

    def steps(self) -> Iterator[int]:
        """How many rows were read so far, each few thousand rows and at the end."""
        done = self._parsed.sizes.get("orgs", 0)
        for step in (self._classes, self._seats, self._births, self._roles, self._users):
            for _ in step():
                done += 1
                if done % BATCH == 0:
                    yield done
        self.problems.extend(self._parsed.take_problems())
        yield done

    def _classes(self) -> Iterator[None]:
        for room in self._parsed.classes():
            if staging := self._by.get(room.school_id or ""):
                staging.add_class(room)
            yield

    def _seats(self) -> Iterator[None]:
        for seat in self._parsed.enrollments():
            if staging := self._by.get(seat.school_id or ""):
                staging.add_seat(seat)
            yield

    def _births(self) -> Iterator[None]:
        for row in self._parsed.demographics():
            if row.status == "active":
                born = row.birth_date
                if not rules.likely_birth_date(born, self._today):
                    code = "roster.birth_date_unlikely"
                    self.problems.append(
                        problem_of("demographics.csv", row.line, code, "birthDate")
                    )
                    born = None
                self._shared.born[row.sourced_id] = (born, rules.SEXES.get(row.sex or ""))
            yield

    def _roles(self) -> Iterator[None]:
        for row in self._parsed.roles():
            if row.status == "active" and row.user_id and row.role:
                self._role(row, row.user_id, row.role)
            yield

    def _role(self, row: RoleRow, user_id: str, role: str) -> None:
        """Parents have a role wherever their children are, anybody else at one organisation."""
        has_ended = is_over(row.end_date, self._today)
        if rules.KIND_OF_ROLE.get(role) == rules.CONTACT:
            problems = self.problems
            if has_ended:
                self._shared.ended.add(user_id)
            else:
                self._shared.parents.setdefault(user_id, []).append(role)
        elif staging := self._by.get(row.org_id or ""):
            problems = staging.problems
            self._at.setdefault(user_id, []).append(staging)
            if has_ended:
                staging.ended.add(user_id)
            else:
                staging.roles.setdefault(user_id, []).append(role)
        else:
            return
        if has_ended:
            problems.append(problem_of("roles.csv", row.line, "roster.role_ended", "endDate"))

    def _users(self) -> Iterator[None]:
        self.problems.extend(self._parsed.take_problems())
        if len(self.stagings) > 1:
            self._look_around()
        total = 0
        for row in self._parsed.users():
            total += 1
            targets = self._targets(row)
            self._route(row.line, targets)
            for staging in targets:
                staging.add_user(row)
            yield
        for staging in self.stagings:
            staging.elsewhere += total - staging.offered
        for left in self._faults.values():
            self.problems.extend(left)

    def _route(self, line: int, targets: Sequence[Staging]) -> None:
        """What is wrong with a row is told its school; the rest is about the package."""
        self._take_faults()
        for holder in targets or (self,):
            holder.problems.extend(self._faults.get(line, ()))
        self._faults.pop(line, None)

    def _take_faults(self) -> None:
        """The reader tells of a row once, however often it is read."""
        for problem in self._parsed.take_problems():
            self._faults.setdefault(problem.line, []).append(problem)

    def _look_around(self) -> None:
        """Which schools each person and those they name are at; a parent alone is at none."""
        for row in self._parsed.users():
            if row.status == "active":
                for staging in self._own(row):
                    self._near.setdefault(row.sourced_id, set()).add(staging.school)
                    for agent in row.agent_ids:
                        self._near.setdefault(agent, set()).add(staging.school)
        self._take_faults()

    def _targets(self, row: UserRow) -> Sequence[Staging]:
        """The schools a row may matter to."""
        if len(self.stagings) == 1 or row.status != "active":
            return self.stagings
        is_parent = row.sourced_id in self._shared.parents.keys() | self._shared.ended
        if row.role is not None:
            is_parent = rules.KIND_OF_ROLE.get(row.role) == rules.CONTACT
        found = {one.school for one in self._own(row)}
        if is_parent:
            found |= self._near.get(row.sourced_id, set())
            for agent in row.agent_ids:
                if agent not in self._near and not self._complete:
                    return self.stagings
                found |= self._near.get(agent, set())
        return [self._by[one] for one in sorted(found)]

    def _own(self, row: UserRow) -> list[Staging]:
        """The schools at which somebody has a place themselves."""
        if row.role is not None:
            if rules.KIND_OF_ROLE.get(row.role) == rules.CONTACT:
                return []
            return [self._by[one] for one in row.org_ids if one in self._by]
        return self._at.get(row.sourced_id, [])


@dataclass(slots=True)
class Package:
    """A package as one school imports it: what it says of itself, and its rows to be staged.

    What it counts is whole once `batches` has ended.
    """

    parsed: RosterSource
    choice: rules.Choice
    batches: Callable[[], Iterator[Batch]]
    staging: Staging | None = None
    sorting: Sorting | None = None
    speaks_for_package: bool = True

    @property
    def is_cut(self) -> bool:
        """Whether a file of people broke off, once its rows were read."""
        return self.parsed.cut_off

    def take_problems(self) -> list[Problem]:
        """What is wrong with the package, once, and with the rows of the school."""
        found = self.parsed.take_problems()
        if self.sorting is not None:
            found = [*found, *self.sorting.problems] if self.speaks_for_package else []
        return [*found, *(self.staging.problems if self.staging else ())]


def read_package(place: Path, wanted: str | None, today: date) -> Package:
    """The package for one school of it; its rows are read as they are asked for."""
    parsed = open_roster(place)
    choice = rules.choose_school(schools_of(parsed), wanted)
    if choice.school is None:
        return Package(parsed, choice, lambda: iter(()))
    sorting = Sorting(parsed, [choice.school], today, only=choice.only)
    staging = sorting.stagings[0]
    rows = lambda: (staging.take(done) for done in sorting.steps())  # noqa: E731 - read when asked
    return Package(parsed, choice, rows, staging, sorting)


def sort_package(
    place: Path,
    folder: Path,
    wanted: Collection[str],
    today: date,
    seen: Callable[[int, int], None],
) -> dict[str, Package]:
    """The package for each of some schools, by its id there: read once, the rows laid aside."""
    parsed = open_roster(place)
    offered = schools_of(parsed)
    schools = [one for one in offered if one.source_id in wanted]
    sorting = Sorting(parsed, schools, today, only=len(offered) == 1)
    total = sum(parsed.sizes.values())
    for done in sorting.steps():
        for number, staging in enumerate(sorting.stagings):
            with (folder / str(number)).open("ab") as file:
                pickle.dump(staging.take(done), file)
        seen(min(done, total), total)
    found: dict[str, Package] = {}
    for number, school in enumerate(schools):
        found[school.source_id] = Package(
            parsed, rules.Choice(school), partial(_laid_aside, folder / str(number)),
            sorting.stagings[number], sorting, speaks_for_package=not number,
        )  # fmt: skip
    return found


def _laid_aside(path: Path) -> Iterator[Batch]:
    """The batches of a file that this process wrote."""
    with path.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - our own file, in a folder of this process
            except EOFError:
                return
