"""What came of bringing a roster in: for people, for `--json`, and as an exit code."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
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


@dataclass(frozen=True, slots=True)
class SchoolOutcome:
    """What became of the file at one school; `school` where the file itself names it."""

    outcome: Outcome
    school: str | None = None
    school_id: UUID | None = None


@dataclass(slots=True)
class Results:
    """One run of a command. `problems` are of a file in which no school was found."""

    dry_run: bool = False
    exit: Exit = Exit.DONE
    error: str | None = None
    problems: Sequence[Problem] = ()
    imports: list[SchoolOutcome] = field(default_factory=list)

    def add(self, one: SchoolOutcome) -> None:
        """Note what became of it at one school; the worst decides the exit code."""
        self.imports.append(one)
        self.exit = max(self.exit, _exit_of(one.outcome, dry_run=self.dry_run))

    def fail(self, error: Exception) -> None:
        """Note why the command cannot go on."""
        if isinstance(error, FileUnreadable):
            self.problems = error.problems
        away = fault_of(error) is not None
        reached_nobody = away or isinstance(error, ServiceUnreachable | StorageUnavailable)
        self.exit = max(self.exit, Exit.UNREACHABLE if reached_nobody else Exit.REFUSED)
        self.error = NO_DATABASE if away else _sentence(error)

    def all_problems(self) -> list[Problem]:
        """Every problem, in the order of the schools."""
        return [*self.problems, *(p for one in self.imports for p in one.outcome.problems)]

    def show(self, *, as_json: bool) -> None:
        """Say it on standard output; what went wrong on the way also on standard error."""
        console = Console(soft_wrap=True, highlight=False)
        if as_json:
            text = json.dumps(self._as_json(), ensure_ascii=False, indent=2)
            console.print(text, markup=False)
            return
        show_problems(console, self.problems)
        for one in self.imports:
            if one.school is not None:
                console.print(f"\n{one.school}, school {one.school_id}", markup=False)
            self._show(console, one.outcome)
        if self.error is not None:
            Console(stderr=True, soft_wrap=True).print(self.error, markup=False)

    def write_report(self, target: Path) -> None:
        """Write every problem as CSV: codes, lines and columns, never cells."""
        with target.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("file", "line", "column", "code", "severity", "detail"))
            for one in self.all_problems():
                writer.writerow(
                    (one.file, one.line, one.column or "", one.code, one.severity, one.detail)
                )

    def _as_json(self) -> dict[str, Any]:
        return {
            "state": self.exit.name.lower(),
            "dry_run": self.dry_run,
            "error": self.error,
            "problems": [asdict(one) for one in self.problems],
            "imports": [_import_as_json(one) for one in self.imports],
        }

    def _show(self, console: Console, outcome: Outcome) -> None:
        show_problems(console, outcome.problems)
        if outcome.counts:
            console.print(_table(outcome.counts))
        for choice in outcome.counts.get("organisations", ()):
            console.print(f"  --organisation {choice['source_id']}  {choice['name']}", markup=False)
        if outcome.because is not None:
            console.print(f"{outcome.because}: {rules.sentence(outcome.because)}", markup=False)
        is_kept = not self.dry_run or outcome.because == rules.PLAN_ONLY
        ending = f"; import {outcome.import_id}" if is_kept else ""
        if self.dry_run:
            ending += " (dry run: nothing was changed)"
        console.print(f"{outcome.state}{ending}", markup=False)


def _exit_of(outcome: Outcome, *, dry_run: bool) -> Exit:
    """A plan that only waits because it was asked for is done; one that needs a person is held."""
    if outcome.state in DONE:
        return Exit.DONE
    if outcome.state != states.HELD:
        return Exit.REFUSED
    only_planned = dry_run and outcome.because == rules.PLAN_ONLY
    return Exit.DONE if only_planned and not outcome.counts.get("held") else Exit.HELD


def _sentence(error: Exception) -> str:
    if isinstance(error, CairnError):
        return f"{error.title} {error.advice}"
    if isinstance(error, ServiceRefused | ServiceUnreachable):
        return str(error)
    return sentence_of(error)


def _import_as_json(one: SchoolOutcome) -> dict[str, Any]:
    outcome = one.outcome
    because = outcome.because and {
        "code": outcome.because, "detail": rules.sentence(outcome.because)
    }  # fmt: skip
    return {
        "id": str(outcome.import_id),
        "school": one.school,
        "school_id": one.school_id and str(one.school_id),
        "state": outcome.state,
        "because": because,
        "counts": outcome.counts,
        "problems": [asdict(problem) for problem in outcome.problems],
    }


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

    def __init__(self, screen: Console) -> None:
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
        words = self.WORDS.get(state, state)
        self.progress.update(self._line, completed=done, total=total or None, description=words)

    async def seen(self, done: int, total: int, state: str) -> None:
        """Move on, as an import tells of itself."""
        self.tell(done, total, state)
