"""Sends files of what another system kept, and shows their plans; a lead lets them in."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from app.cli.failures import CommandFailed, needed, sentence_of
from app.cli.here import settings_here
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Actor
from app.db.models import Organisation, PastImport
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.imports import rules as states
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_imports.commands import ReceivePast, receive_past
from app.formats.history import CODES, KINDS
from app.integrations.storage import Storage, storage_from_url
from app.jobs.imports import plan_stored

PIECE = 1024 * 1024
DONE, HELD, REFUSED, UNREACHABLE = 0, 2, 3, 4
EXIT_CODES = {states.PLANNED: DONE, states.HELD: HELD}
NEXT = "A lead reads the plan and approves it: nothing has come in yet."


def history(
    files: Annotated[list[Path], typer.Argument(help="CSV or NDJSON files of one kind.")],
    school: Annotated[UUID, typer.Option(help="The id of the school.")],
    kind: Annotated[str, typer.Option(help=f"What their rows are: {', '.join(KINDS)}.")],
    source: Annotated[str, typer.Option(help="The installation, such as cpoms:hilltop.")],
    confidentiality: Annotated[
        str, typer.Option("--class", help="The lowest class of what comes in: K2 to K5.")
    ] = "K3",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only look: the plans can never be approved.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Send files of what another system kept about children, and show what would come in.

    Ends with 0 where every row can come in, 2 where a person has to decide something, 3 where a
    file was refused, 4 where Cairn's database or store cannot be reached.
    """
    screen = Console(stderr=True)
    try:
        _check(files, kind, confidentiality)
        wish = ReceivePast("", "", "", 0, kind, source, confidentiality, dry_run)
        found = asyncio.run(_plan_all(settings_here(), files, school, wish, screen))
    except CommandFailed as failed:
        screen.print(str(failed), markup=False)
        raise typer.Exit(REFUSED) from None
    except Exception as error:
        screen.print(sentence_of(error), markup=False)
        raise typer.Exit(UNREACHABLE) from None
    typer.echo(json.dumps({"imports": found}, indent=2) if as_json else _told(found))
    raise typer.Exit(max(EXIT_CODES.get(one["state"], REFUSED) for one in found))


def _check(files: list[Path], kind: str, confidentiality: str) -> None:
    missing = [one.name for one in files if not one.is_file()]
    if missing:
        raise CommandFailed(f"There is no such file: {', '.join(missing)}.")
    if kind not in KINDS:
        raise CommandFailed(f"--kind is one of {', '.join(KINDS)}.")
    if confidentiality not in ("K2", "K3", "K4", "K5"):
        raise CommandFailed("--class is K2, K3, K4 or K5.")


async def _plan_all(
    settings: Settings, files: list[Path], school: UUID, wish: ReceivePast, screen: Console
) -> list[dict[str, Any]]:
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    database = Database(url, pool=2, application_name="import")
    storage = storage_from_url(settings.storage_url)
    try:
        await _check_school(database, school)
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=screen, transient=True) as bar:
            return [
                await _plan(database, storage, school, file, wish, settings, bar) for file in files
            ]
    finally:
        await database.close()


async def _check_school(database: Database, school: UUID) -> None:
    async with open_work(database, Actor.system(school)) as work:
        found = await work.session.get(Organisation, school)
    if found is None or found.kind != "school":
        raise CommandFailed("There is no school with this id.")


async def _plan(
    database: Database,
    storage: Storage,
    school: UUID,
    file: Path,
    wish: ReceivePast,
    settings: Settings,
    bar: Progress,
) -> dict[str, Any]:
    """Store one file, plan it, and tell what the plan came to."""
    line = bar.add_task(f"{file.name}: sending", total=None)
    key = f"imports/{school}/{new_id()}"
    stored = await storage.put(key, _pieces(file), limit=settings.max_roster_bytes)
    sent = ReceivePast(
        key, file.name[:200], stored.sha256, stored.size, wish.kind, wish.source_system,
        wish.confidentiality, wish.plan_only,
    )  # fmt: skip
    async with open_work(database, Actor.system(school)) as work:
        received = await receive_past(work, sent, enqueue=False)

    def seen(done: int, _total: int) -> None:
        bar.update(line, description=f"{file.name}: {done} rows read")

    await plan_stored(database, storage, school, received.id, seen=seen)
    async with open_work(database, Actor.system(school)) as work:
        row = await work.concerns.find(PastImport, received.id)
        assert row is not None  # noqa: S101 - it was just made
        counts = {name: row.counts.get(name, 0) for name in ("rows", *rules.FATES, "open")}
        return {
            "id": str(row.id), "file": file.name, "state": row.state, "because": row.because,
            **counts, "problems": row.counts.get("problems", []),
        }  # fmt: skip


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as stream:
        while piece := await asyncio.to_thread(stream.read, PIECE):
            yield piece


def _told(found: list[dict[str, Any]]) -> str:
    lines: list[str] = []
    for one in found:
        lines.append(f"{one['file']}: {one['state']}; import {one['id']}")
        lines.append("  " + ", ".join(f"{one[fate]} {fate}" for fate in rules.FATES))
        for problem in one["problems"]:
            code = CODES[problem["code"]]
            lines.append(f"  {problem['number']} x {problem['code']}: {code.title} {code.advice}")
    return "\n".join([*lines, NEXT])
