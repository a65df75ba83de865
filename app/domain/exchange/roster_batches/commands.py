"""Carries out lines of children as the import they are, and answers line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.unit_of_work import UnitOfWork
from app.domain.exchange.imports.rules import APPLIED
from app.domain.exchange.roster.commands import Outcome, ReceiveRoster, receive_roster
from app.domain.exchange.roster_batches.queries import FIRST, NAME, ReadLines
from app.domain.exchange.roster_runs.commands import ImportRun, Keep
from app.formats.rosters.opening import Handling
from app.formats.rosters.problems import Problem

PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class BatchDone:
    """The import made from the lines, and the result of each line."""

    import_id: UUID
    items: list[dict[str, Any]]


async def apply_batch(
    work: UnitOfWork, lines: ReadLines, source: str, handling: Handling, keep: Keep
) -> BatchDone:
    """Import some children now. `keep` stores the lines of a plan that is held for a person.

    A lead reviews every leaver: otherwise one line would reveal whether a pupil is on the support
    list. Raises `PermissionMissing`, `SourceNotOfKey`, `SourceOfAnotherKey`.
    """
    await work.rosters.wait_for_turn()
    command = ReceiveRoster(None, NAME, source, handling=handling)
    row = await receive_roster(work, command, enqueue=False)
    run = ImportRun(work, row, _unseen, keep, every_leaver=True)
    outcome = await run.carry_out(lines.package, None)
    fates = await work.rosters.fates() if run.has_compared else {}
    known = await work.rosters.children_of(source, list(lines.source_ids.values()))
    return BatchDone(row.id, _items(lines, outcome, fates, known))


async def _unseen(done: int, total: int, state: str) -> None:
    """Ignore progress: the answer comes at the end."""


def _items(
    lines: ReadLines, outcome: Outcome, fates: Mapping[int, str], known: Mapping[str, UUID]
) -> list[dict[str, Any]]:
    problems: dict[int, list[Problem]] = {}
    for problem in outcome.problems:
        problems.setdefault(problem.line, []).append(problem)
    items = []
    for line, number in enumerate(lines.places, start=FIRST):
        source_id = lines.source_ids.get(line)
        fate = fates.get(line, "unchanged")
        result = outcome.state if outcome.state != APPLIED and fate != PROBLEM else fate
        items.append(
            {
                "line": number,
                "source_id": source_id,
                "result": result if source_id is not None else PROBLEM,
                "child_id": None if fate == PROBLEM else known.get(source_id or ""),
                "problems": [_to_response(item) for item in problems.get(line, ())],
            }
        )
    return items


def _to_response(problem: Problem) -> dict[str, Any]:
    return {
        "column": problem.column,
        "code": problem.code,
        "severity": problem.severity,
        "detail": problem.detail,
    }
