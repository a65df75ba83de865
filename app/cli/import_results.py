"""What came of an import or export: for people, for `--json`, and as an exit code."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.exits import Exit
from app.cli.failures import NO_DATABASE, CommandFailed, sentence_of
from app.db.faults import fault_of
from app.domain.errors import CairnError
from app.domain.exchange.imports import rules as states
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import Outcome
from app.domain.exchange.roster.rules import FATES, KINDS
from app.formats.rosters.problems import Problem
from app.integrations.service_client import ServiceRefused, ServiceUnreachable
from app.integrations.storage import StorageUnavailable

SHOWN_PROBLEMS: Final = 100
DONE: Final = frozenset({states.APPLIED, states.UNDONE})


class FileUnreadable(CommandFailed):
    """A file names no school; its problems say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The file names no school.")
        self.problems = problems


class Came(Protocol):
    """What became of one file, or of one school that is exported."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What was found wrong with it, by line."""
        ...

    def exit_of(self, *, dry_run: bool) -> Exit:
        """How a command ends by it."""
        ...

    def as_json(self) -> dict[str, Any]:
        """For `--json`, by `shaped`."""
        ...

    def show(self, console: Console, *, dry_run: bool) -> None:
        """For people."""
        ...


def shaped(
    id_: UUID | None,
    state: str,
    fault: tuple[str, str] | None,
    counts: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    school: tuple[str | None, UUID | None] = (None, None),
) -> dict[str, Any]:
    """The one shape of what came; `fault` is a code and its sentence."""
    return {
        "id": id_ and str(id_),
        "school": school[0],
        "school_id": school[1] and str(school[1]),
        "state": state,
        "fault": fault and {"code": fault[0], "detail": fault[1]},
        "counts": counts,
        "problems": [asdict(problem) for problem in problems],
    }


def rows_left_out(counts: Mapping[str, Any]) -> bool:
    """Whether a roster was brought in without some of its rows, or without a part of one."""
    rows = [counts[kind]["problems"] for kind in KINDS.values() if kind in counts]
    return any([*rows, counts.get("left_out"), counts.get("errors")])


@dataclass(frozen=True, slots=True)
class SchoolOutcome:
    """What became of a roster at one school; `school` where the file itself names it."""

    outcome: Outcome
    school: str | None = None
    school_id: UUID | None = None

    @property
    def problems(self) -> Sequence[Problem]:
        """What was found wrong with it, by line."""
        return self.outcome.problems

    def exit_of(self, *, dry_run: bool) -> Exit:
        """A plan that was only asked for is done; one that needs a person is held."""
        outcome = self.outcome
        done = Exit.LEFT_OUT if rows_left_out(outcome.counts) else Exit.DONE
        if outcome.state in DONE:
            return Exit.DONE if outcome.state == states.UNDONE else done
        if outcome.state != states.HELD:
            return Exit.REFUSED
        only_planned = dry_run and outcome.reason == rules.PLAN_ONLY
        return done if only_planned and not outcome.counts.get("held") else Exit.HELD

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        outcome, code = self.outcome, self.outcome.reason
        fault = (code, rules.sentence(code)) if code else None
        return shaped(
            outcome.import_id, outcome.state, fault, outcome.counts, outcome.problems,
            (self.school, self.school_id),
        )  # fmt: skip

    def show(self, console: Console, *, dry_run: bool) -> None:
        """For people."""
        if self.school is not None:
            console.print(f"\n{self.school}, school {self.school_id}", markup=False)
        outcome = self.outcome
        show_problems(console, outcome.problems)
        if outcome.counts:
            console.print(_table(outcome.counts))
        for choice in outcome.counts.get("organisations", ()):
            console.print(f"  --organisation {choice['source_id']}  {choice['name']}", markup=False)
        if outcome.reason is not None:
            console.print(f"{outcome.reason}: {rules.sentence(outcome.reason)}", markup=False)
        is_kept = not dry_run or outcome.reason == rules.PLAN_ONLY
        ending = f"; import {outcome.import_id}" if is_kept else ""
        if dry_run:
            ending += " (dry run: nothing was changed)"
        console.print(f"{outcome.state}{ending}", markup=False)


@dataclass(slots=True)
class Results:
    """One run of a command. `problems` are of a file in which no school was found."""

    dry_run: bool = False
    exit: Exit = Exit.DONE
    error: str | None = None
    problems: Sequence[Problem] = ()
    imports: list[Came] = field(default_factory=list)
    named: str = "imports"
    """What `--json` calls the list of them."""

    def add(self, item: Came) -> None:
        """Note what came; the worst decides the exit code."""
        self.imports.append(item)
        self.exit = self.exit.or_worse(item.exit_of(dry_run=self.dry_run))

    def fail(self, error: Exception) -> None:
        """Note why the command cannot go on."""
        if isinstance(error, FileUnreadable):
            self.problems = error.problems
        away = fault_of(error) is not None
        reached_nobody = away or isinstance(error, ServiceUnreachable | StorageUnavailable)
        self.exit = self.exit.or_worse(Exit.UNREACHABLE if reached_nobody else Exit.REFUSED)
        self.error = NO_DATABASE if away else _sentence(error)

    def all_problems(self) -> list[Problem]:
        """Every problem, in the order of the schools."""
        return [*self.problems, *(p for item in self.imports for p in item.problems)]

    def show(self, *, as_json: bool) -> None:
        """Say it on standard output; what went wrong on the way also on standard error."""
        console = Console(soft_wrap=True, highlight=False)
        if as_json:
            text = json.dumps(self._as_json(), ensure_ascii=False, indent=2)
            console.print(text, markup=False)
            return
        show_problems(console, self.problems)
        for item in self.imports:
            item.show(console, dry_run=self.dry_run)
        if self.error is not None:
            Console(stderr=True, soft_wrap=True).print(self.error, markup=False)

    def write_report(self, target: Path) -> None:
        """Write every problem as CSV: codes, lines and columns, never cells."""
        with target.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("file", "line", "column", "code", "severity", "detail"))
            for problem in self.all_problems():
                writer.writerow(
                    (
                        problem.file,
                        problem.line,
                        problem.column or "",
                        problem.code,
                        problem.severity,
                        problem.detail,
                    )
                )

    def _as_json(self) -> dict[str, Any]:
        return {
            "state": self.exit.name.lower(),
            "dry_run": self.dry_run,
            "error": self.error,
            "problems": [asdict(problem) for problem in self.problems],
            self.named: [item.as_json() for item in self.imports],
        }


def _sentence(error: Exception) -> str:
    if isinstance(error, CairnError):
        return f"{error.title} {error.advice}"
    if isinstance(error, ServiceRefused | ServiceUnreachable):
        return str(error)
    return sentence_of(error)


def show_problems(console: Console, problems: Sequence[Problem]) -> None:
    """Problems by line, the first hundred."""
    for problem in problems[:SHOWN_PROBLEMS]:
        place = f"{problem.file}:{problem.line or '-'}:{problem.column or '-'}"
        console.print(f"{place} {problem.severity} {problem.code} {problem.detail}", markup=False)
    if len(problems) > SHOWN_PROBLEMS:
        more = len(problems) - SHOWN_PROBLEMS
        console.print(f"... and {more} more: --report FILE.csv writes them all.")


def _table(counts: dict[str, Any]) -> Table:
    table = Table("", *FATES)
    for kind in KINDS.values():
        table.add_row(kind, *(str(counts[kind][fate]) for fate in FATES))
    return table


class Bar:
    """How far it is: a bar on a terminal, nothing elsewhere."""

    WORDS: Final = {
        states.RECEIVED: "Waiting for its turn",
        states.PARSED: "Reading rows",
        states.PLANNED: "Applying",
        states.UNDOING: "Undoing",
    }

    def __init__(self, screen: Console, words: Mapping[str, str] = WORDS) -> None:
        self._words = words
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=screen,
            disable=not screen.is_terminal,
        )
        self._line = self.progress.add_task("Looking through the file", total=None)

    def tell(self, done: int, total: int, state: str) -> None:
        """Move on."""
        words = self._words.get(state, state)
        self.progress.update(self._line, completed=done, total=total or None, description=words)

    async def seen(self, done: int, total: int, state: str) -> None:
        """Move on, as an import tells of itself."""
        self.tell(done, total, state)
