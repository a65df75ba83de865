"""Sends files of what another system kept, and shows their plans; a lead lets them in."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.console import Console

from app.cli.api import api_here
from app.cli.exits import Exit
from app.cli.failures import CommandFailed, needed
from app.cli.here import settings_here
from app.cli.import_results import Bar, Results, shaped, show_problems
from app.cli.imports import PATIENCE, AsJson, Dry, Report, Wait, end, pieces_of
from app.cli.past_api import problem_of, send_past
from app.cli.roster_api import Tell
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Actor, Permission
from app.db.models import Organisation
from app.db.paging import Cursor, PageOf
from app.db.reading import Reading, open_reading
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.imports import rules as states
from app.domain.exchange.past_imports import queries, rules
from app.domain.exchange.past_imports.commands import ReceivePast, receive_past
from app.formats.history import CODES, KINDS
from app.formats.rosters.problems import Problem
from app.integrations.storage import storage_from_url
from app.jobs.imports import plan_stored

EXITS: Final = {
    states.PLANNED: Exit.DONE, states.APPROVED: Exit.DONE, states.APPLIED: Exit.DONE,
    states.HELD: Exit.HELD,
}  # fmt: skip
NEXT: Final = "A lead reads the plan and approves it: nothing has come in yet."
WORDS: Final = {states.RECEIVED: "Reading rows", states.APPROVED: "Coming in"}
BY_OPERATORS: Final = (
    "A service key is for one school: leave --school away, or unset CAIRN_URL and CAIRN_KEY to "
    "work on the database."
)


@dataclass(frozen=True, slots=True)
class PastOutcome:
    """What became of one file, as the API shows an import."""

    row: Mapping[str, Any]
    problems: Sequence[Problem]

    def exit_of(self, *, dry_run: bool) -> Exit:
        """Every row can come in, a person has to decide something, or none of it can be used."""
        code, counts = EXITS.get(self.row["state"], Exit.REFUSED), self.row["counts"] or {}
        left_out = any(counts.get(fate) for fate in rules.LEFT_OUT_FATES)
        return code.or_worse(Exit.LEFT_OUT) if left_out else code

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        result, fault = self.row, self.row["fault"]
        lines = fault and (fault["code"], f"{fault['title']} {fault['advice']}".strip())
        counts = result["counts"] or {}
        return shaped(UUID(result["id"]), result["state"], lines, counts, self.problems)

    def show(self, console: Console, *, dry_run: bool) -> None:
        """For people."""
        result, counts = self.row, self.row["counts"] or {}
        show_problems(console, self.problems)
        for problem in counts.get("problems", ()):
            known = CODES[problem["code"]]
            text = f"{problem['number']} x {problem['code']}: {known.title} {known.advice}"
            console.print(text, markup=False)
        console.print(
            f"{result['file_name']}: {result['state']}; import {result['id']}", markup=False
        )
        console.print("  " + ", ".join(f"{counts.get(fate, 0)} {fate}" for fate in rules.FATES))
        if result["state"] in (states.PLANNED, states.HELD):
            console.print("Only looked at: it can never be approved." if dry_run else NEXT)


def past(  # noqa: PLR0913, PLR0917 - one option each
    files: Annotated[list[Path], typer.Argument(help="CSV or NDJSON files of one kind.")],
    kind: Annotated[str, typer.Option(help=f"What their rows are: {', '.join(KINDS)}.")],
    source: Annotated[str, typer.Option(help="The installation, such as cpoms:hilltop.")],
    school: Annotated[
        UUID | None, typer.Option(help="The id of the school; not needed with CAIRN_KEY.")
    ] = None,
    confidentiality: Annotated[
        str, typer.Option("--class", help="The lowest class of what comes in: K2 to K5.")
    ] = "K3",
    dry_run: Dry = False,
    report: Report = None,
    as_json: AsJson = False,
    wait: Wait = PATIENCE,
) -> None:
    """Send files of what another system kept about children, and show what would come in.

    Goes to the API where CAIRN_URL and CAIRN_KEY are set; without them into the database. Ends
    with 0 where every row can come in, 5 where some are left out, 2 where a person has to decide
    something, 3 where a file was refused, 4 when nobody answers. A lead lets it in.
    """
    results = Results(dry_run)
    command = ReceivePast("", "", "", 0, kind, source, confidentiality, dry_run)
    try:
        _check(files, kind, confidentiality)
        _bring(files, school, command, results, wait)
    except Exception as error:
        results.fail(error)
    end(results, report=report, as_json=as_json)


def _check(files: list[Path], kind: str, confidentiality: str) -> None:
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise CommandFailed(f"There is no such file: {', '.join(missing)}.")
    if kind not in KINDS:
        raise CommandFailed(f"--kind is one of {', '.join(KINDS)}.")
    if confidentiality not in ("K2", "K3", "K4", "K5"):
        raise CommandFailed("--class is K2, K3, K4 or K5.")


def _bring(
    files: list[Path], school: UUID | None, command: ReceivePast, results: Results, patience: float
) -> None:
    bar = Bar(Console(stderr=True), WORDS)
    api = api_here(Permission.HISTORY_PREPARE)
    if api is None:
        if school is None:
            raise CommandFailed("Say which school it is: --school ID, or set CAIRN_URL, CAIRN_KEY.")
        with bar.progress:
            asyncio.run(_plan_all(settings_here(), files, school, command, results, bar.tell))
        return
    if school is not None:
        raise CommandFailed(BY_OPERATORS)
    with api, bar.progress:
        for file in files:
            result, problems = send_past(api, file, command, patience=patience, tell=bar.tell)
            results.add(PastOutcome(result, problems))


async def _plan_all(
    settings: Settings, files: list[Path], school: UUID, command: ReceivePast, results: Results,
    tell: Tell,
) -> None:  # fmt: skip
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    database = Database(url, pool=2, application_name="import")
    try:
        async with open_work(database, Actor.system(school)) as work:
            organisation = await work.session.get(Organisation, school)
        if organisation is None or organisation.kind != "school":
            raise CommandFailed("There is no school with this id.")
        for file in files:
            results.add(await _plan(settings, database, school, file, command, tell))
    finally:
        await database.close()


async def _plan(
    settings: Settings,
    database: Database,
    school: UUID,
    file: Path,
    command: ReceivePast,
    tell: Tell,
) -> PastOutcome:
    """Store one file, plan it, and tell what the plan came to."""
    storage, key = storage_from_url(settings.storage_url), f"imports/{school}/{new_id()}"
    stored = await storage.put(key, pieces_of(file), limit=settings.max_roster_bytes)
    sent = ReceivePast(
        key, file.name[:200], stored.sha256, stored.size, command.kind, command.source,
        command.confidentiality, command.plan_only,
    )  # fmt: skip
    async with open_work(database, Actor.system(school)) as work:
        received = await receive_past(work, sent, enqueue=False)

    def seen(done: int, total: int) -> None:
        tell(done, total, states.RECEIVED)

    await plan_stored(database, storage, school, received.id, seen=seen)
    async with open_reading(database, Actor.system(school)) as reading:
        result, _ = await queries.PAST.get_import(reading, received.id)
        problems = [item async for item in _problems(reading, received.id, file.name)]
    return PastOutcome({**result, "id": str(received.id)}, problems)


async def _problems(reading: Reading, import_id: UUID, name: str) -> AsyncIterator[Problem]:
    after: Cursor | None = None
    while True:
        page = await queries.PAST.list_problems(reading, import_id, None, PageOf(200, after))
        for item in page.items:
            yield problem_of(name, item)
        if page.next is None:
            return
        after = Cursor.decode(page.next)
