"""A roster file read outside any transaction: its rows are laid aside, school by school."""

import pickle
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from app.core.ids import new_id
from app.db.repositories.exchange.roster_staging import Batch, StagedName, StagedPerson
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.queries import Sorting, Staging
from app.domain.record.children.rules import name_tokens, sort_name
from app.formats.rosters.opening import Handling, open_roster
from app.formats.rosters.problems import Report
from app.formats.rosters.source import RosterSource


@dataclass(slots=True)
class Package:
    """A package as one school imports it: its own details, and its rows to stage.

    The rows were read, and are in a file of this process.
    """

    parsed: RosterSource
    choice: rules.Choice
    batches: Callable[[], Iterator[Batch]] = lambda: iter(())
    staging: Staging | None = None
    sorting: Sorting | None = None
    speaks_for_package: bool = True

    @property
    def is_cut(self) -> bool:
        """Whether a file of people broke off."""
        return self.parsed.cut_off

    @property
    def until(self) -> date | None:
        """First day on which the same file has another meaning."""
        return self.sorting.until if self.sorting else None

    @property
    def content(self) -> str:
        """Identifies the rows, whatever their order and the rest of the file."""
        staging, parsed = self.staging, self.parsed
        summed = staging and (staging.content, staging.elsewhere)
        unread = sorted(parsed.skipped.items())
        return f"{rules.number_of([str(summed), parsed.complete, unread]):064x}"

    def report(self) -> Report:
        """Errors of the package, reported by one of its schools, and of its own rows."""
        result = Report()
        if self.speaks_for_package:
            result.extend(self.parsed.take_problems())
            result.extend(self.sorting.problems if self.sorting else ())
        result.extend(self.staging.problems if self.staging else ())
        return result


class PackageReader:
    """Reads the package for one school of it, step by step."""

    def __init__(
        self, path: Path, folder: Path, wanted: str | None, today: date,
        handling: Handling = "lenient",
    ) -> None:  # fmt: skip
        parsed = open_roster(path, handling=handling)
        offered = rules.schools_of(parsed)
        choice = rules.choose_school(offered, wanted)
        self.package = Package(parsed, choice)
        self.total = sum(parsed.sizes.values())
        self._steps: Iterator[int] = iter(())
        if choice.school is not None:
            sorting = Sorting(parsed, [choice.school], today, offered)
            self._steps = _lay_aside(sorting, folder)
            self.package = _laid_aside(parsed, choice, sorting, folder, 0)

    def step(self) -> int | None:
        """Read on a little; returns how many rows were read so far, None at the end."""
        done = next(self._steps, None)
        return None if done is None else min(done, self.total)


def sort_package(
    path: Path,
    folder: Path,
    wanted: Collection[str],
    today: date,
    seen: Callable[[int, int], None],
) -> dict[str, Package]:
    """The package for each of some schools, by its id there: read once for all of them."""
    parsed = open_roster(path)
    offered = rules.schools_of(parsed)
    schools = [item for item in offered if item.source_id in wanted]
    sorting = Sorting(parsed, schools, today, offered)
    total = sum(parsed.sizes.values())
    for done in _lay_aside(sorting, folder):
        seen(min(done, total), total)
    return {
        school.source_id: _laid_aside(parsed, rules.Choice(school), sorting, folder, number)
        for number, school in enumerate(schools)
    }


def _lay_aside(sorting: Sorting, folder: Path) -> Iterator[int]:
    """Write each school's rows into a file of its own; yields the rows read."""
    for done in sorting.steps():
        for number, staging in enumerate(sorting.stagings):
            with (folder / str(number)).open("ab") as file:
                pickle.dump(_plain(staging.take(done)), file, pickle.HIGHEST_PROTOCOL)
        yield done


def _laid_aside(
    parsed: RosterSource, choice: rules.Choice, sorting: Sorting, folder: Path, number: int
) -> Package:
    return Package(
        parsed, choice, partial(_batches, folder / str(number)), sorting.stagings[number], sorting,
        speaks_for_package=not number,
    )  # fmt: skip


def _plain(batch: Batch) -> tuple[Any, ...]:
    """A batch as plain tuples, which are written and read in half the time."""
    parts = (batch.people, batch.identifiers, batch.accounts, batch.agents)
    return (batch.done, *([tuple(row) for row in part] for part in parts))


def _batches(path: Path) -> Iterator[Batch]:
    """The batches of a file that this process wrote."""
    with path.open("rb") as file:
        while True:
            try:
                done, rows, numbers, accounts, agents = pickle.load(file)  # noqa: S301 - our own file
            except EOFError:
                return
            people = [StagedPerson._make(row) for row in rows]
            names = [_name_of(person) for person in people]
            yield Batch(people, names, numbers, accounts, agents, done)


def _name_of(staged_person: StagedPerson) -> StagedName:
    if staged_person.kind != rules.CHILD:
        return StagedName(new_id())
    given, family = staged_person.given or "", staged_person.family or ""
    words = name_tokens(
        given, family, staged_person.middle, staged_person.known_given, staged_person.known_family
    )
    return StagedName(new_id(), sort_name(family, given), sorted(words))
