"""Imports files an operator has: rosters."""

import asyncio
import csv
import tempfile
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.failures import CommandFailed, needed
from app.cli.foundings import found_schools
from app.cli.here import settings_here
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Actor
from app.db.models import Organisation, RosterImport
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.errors import CairnError
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import (
    Outcome,
    ReceiveRoster,
    Seen,
    receive_roster,
    rehearse_import,
    run_import,
)
from app.domain.exchange.roster.queries import Package, sort_package
from app.domain.exchange.roster.rules import FATES, KINDS
from app.domain.exchange.roster_changes.commands import run_undo, undo_import
from app.formats.rosters.opening import open_roster, propose_mapping
from app.formats.rosters.problems import Problem
from app.integrations.storage import Storage, storage_from_url
from app.jobs.rosters import import_stored

app = typer.Typer(help="Import files into a school's record.", no_args_is_help=True)

SHOWN_PROBLEMS = 100
PIECE = 1024 * 1024
EXIT_CODES = {rules.APPLIED: 0, rules.HELD: 2}


@app.callback()
def imports() -> None:
    """Import files into a school's record."""


@app.command("roster")
def roster(  # noqa: PLR0913, PLR0917 - one option each
    file: Annotated[
        Path, typer.Argument(help="A roster: OneRoster, School Data Sync, CTF, CSV or NDJSON.")
    ],
    school: Annotated[
        UUID | None,
        typer.Option(help="The id of one school; without it, every school of the file."),
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="The file's sourcedId of this school, if it has several.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="The system the file comes from.")
    ] = rules.DEFAULT_SOURCE,
    create: Annotated[
        bool, typer.Option("--create-schools", help="Found the file's schools that are not there.")
    ] = False,
    people: Annotated[
        Path | None, typer.Option(help="With --create-schools: whom they begin with, as `found`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it and change nothing.")] = False,
    mapping: Annotated[
        Path | None, typer.Option(help="What the columns of a CSV file are (docs/rosters.md).")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write every problem to this CSV.")] = None,
) -> None:
    """Bring pupils, staff and parents of a roster file into a school.

    Ends with 0 when it was applied, 2 when it is held for approval, 1 when it was refused.
    """
    screen = Console(stderr=True)
    if not file.exists():
        screen.print("There is no such file or folder.")
        raise typer.Exit(1)
    wish = ReceiveRoster(
        key=None, file_name=file.name[:200], source=source, organisation_source_id=organisation
    )
    settings = settings_here()
    try:
        with tempfile.TemporaryDirectory(prefix="cairn-roster-") as folder:
            file = _packed(file, Path(folder), mapping)
            targets = [Target(school, None, wish)] if school else _schools_of(file, wish)
            outcomes = asyncio.run(
                _import_all(settings, file, targets, (create, people), dry_run, screen)
            )
    except CommandFailed as failed:
        screen.print(str(failed), markup=False)
        raise typer.Exit(1) from None
    for target, outcome in outcomes:
        if target.name is not None:
            print_line(f"\n{target.name}, school {target.school_id}")
        _show(outcome, dry_run=dry_run)
    if report is not None:
        _write_report(report, [one for _, outcome in outcomes for one in outcome.problems])
    codes = [EXIT_CODES.get(outcome.state, 1) for _, outcome in outcomes]
    raise typer.Exit(1 if 1 in codes else max(codes, default=1))


@app.command("undo")
def undo(
    import_id: Annotated[UUID, typer.Argument(help="The import, as `cairn import roster` says.")],
    school: Annotated[UUID, typer.Option(help="The id of its school.")],
) -> None:
    """Undo an applied roster import; what people changed since stays."""
    url = needed(settings_here().database_url, "CAIRN_DATABASE_URL")
    try:
        state = asyncio.run(_undo(url, school, import_id))
    except CairnError as refused:
        Console(stderr=True).print(f"{refused.title} {refused.advice}", markup=False)
        raise typer.Exit(1) from None
    print_line(state)


async def _undo(url: str, school_id: UUID, import_id: UUID) -> str:
    database = Database(url, pool=2, application_name="import")
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            row = await work.rosters.find(RosterImport, import_id)
            await undo_import(work, import_id, row.version if row else 0, enqueue=False)
        return await run_undo(database, school_id, import_id)
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class Target:
    """One school to bring the file into; `name` where the file itself names it."""

    school_id: UUID
    name: str | None
    wish: ReceiveRoster
    urn: str | None = None


def _schools_of(file: Path, wish: ReceiveRoster) -> list[Target]:
    """Every school of the file, each under the id that the same file always gets."""
    opened = open_roster(file)
    found = [
        Target(
            rules.school_id_of(wish.source, row.sourced_id),
            row.name or row.sourced_id,
            replace(wish, organisation_source_id=row.sourced_id),
            row.urn,
        )
        for row in opened.orgs()
        if row.type == "school" and row.status == "active"
    ]
    if not found:
        _show_problems(Console(soft_wrap=True, highlight=False), opened.take_problems())
    chosen = wish.organisation_source_id
    return [one for one in found if chosen in (None, one.wish.organisation_source_id)]


async def _import_all(
    settings: Settings,
    file: Path,
    targets: Sequence[Target],
    founding: tuple[bool, Path | None],
    dry: bool,
    screen: Console,
) -> list[tuple[Target, Outcome]]:
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    database = Database(url, pool=3, application_name="import")
    try:
        create, people = founding
        targets = await _schools(database, targets, create and not dry, people)
        with tempfile.TemporaryDirectory(prefix="cairn-roster-") as folder:
            packages = await _sorted(file, Path(folder), targets, screen)
            return [
                (
                    target,
                    await _import(database, settings, Source(file, package), target, dry, screen),
                )
                for target, package in zip(targets, packages, strict=True)
            ]
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class Source:
    """The file, and what it says of one school where it was sorted already."""

    file: Path
    package: Package | None


async def _sorted(
    file: Path, folder: Path, targets: Sequence[Target], screen: Console
) -> Sequence[Package | None]:
    """The package of each school, read once for all of them; None where it is for one alone."""
    if len(targets) == 1:
        return [None]
    wanted = [str(one.wish.organisation_source_id) for one in targets]
    with _bar(screen) as bar:
        line = bar.add_task("Reading rows", total=None)

        def seen(done: int, total: int) -> None:
            bar.update(line, completed=done, total=total)

        found = await asyncio.to_thread(
            sort_package, file, folder, wanted, clock.day_of(clock.now()), seen
        )
    return [found[one] for one in wanted]


async def _schools(
    database: Database, targets: Sequence[Target], create: bool, people: Path | None
) -> Sequence[Target]:
    """The targets as they are there by now. Raises `CommandFailed` where one is not."""
    if not targets:
        raise CommandFailed("The file names no school.")
    missing = [one for one in targets if not await _is_school(database, one.school_id)]
    if any(one.name is None for one in missing):
        raise CommandFailed("There is no school with this id.")
    if not missing:
        return targets
    names = {str(one.name): one.school_id for one in missing}
    if len(names) < len(missing):
        raise CommandFailed("Two new schools of the file have one name: found them one by one.")
    if not create:
        raise CommandFailed(
            f"Cairn has no school made from this file yet for: {', '.join(names)}. Repeat it with "
            "--create-schools --people FILE to found them, or with --school ID to bring one into "
            "a school of yours (--organisation SOURCED_ID says which of several)."
        )
    urns = {str(one.name): one.urn for one in missing}
    ids = await found_schools(database, names, urns, people)
    return [replace(one, school_id=ids.get(str(one.name), one.school_id)) for one in targets]


async def _import(
    database: Database,
    settings: Settings,
    source: Source,
    target: Target,
    dry: bool,
    screen: Console,
) -> Outcome:
    with _bar(screen) as bar:
        seen = _teller(bar)
        school_id, wish = target.school_id, target.wish
        if dry:
            whole = source.package or source.file
            return await rehearse_import(database, school_id, whole, wish, seen=seen)
        storage = storage_from_url(settings.storage_url)
        if source.package is None:
            return await _keep(database, storage, source.file, school_id, wish, settings, seen)

        async def keep() -> str:
            return await _stored(storage, source.file, school_id, settings)

        async with open_work(database, Actor.system(school_id)) as work:
            received = await receive_roster(work, wish, enqueue=False)
        return await run_import(
            database, school_id, received.id, source.package, seen=seen, keep=keep
        )


async def _stored(storage: Storage, file: Path, school_id: UUID, settings: Settings) -> str:
    """The key of the package, which is stored now."""
    key = f"rosters/{school_id}/{new_id()}"
    await storage.put(key, _pieces(file), limit=settings.max_roster_bytes)
    return key


def print_line(text: str) -> None:
    """One line of the result."""
    Console(soft_wrap=True, highlight=False).print(text, markup=False)


async def _is_school(database: Database, school_id: UUID) -> bool:
    async with open_work(database, Actor.system(school_id)) as work:
        found = await work.session.get(Organisation, school_id)
    return found is not None and found.kind == "school"


async def _keep(
    database: Database,
    storage: Storage,
    file: Path,
    school_id: UUID,
    wish: ReceiveRoster,
    settings: Settings,
    seen: Seen,
) -> Outcome:
    """Store the package first, so that a held import can be approved later."""
    key = await _stored(storage, file, school_id, settings)
    stored = ReceiveRoster(key, wish.file_name, wish.source, wish.organisation_source_id)
    async with open_work(database, Actor.system(school_id)) as work:
        received = await receive_roster(work, stored, enqueue=False)
    return await import_stored(database, storage, school_id, received.id, seen=seen)


def _packed(file: Path, folder: Path, mapping: Path | None) -> Path:
    """The file itself; a zip of the CSV files of a folder, or of a table with its mapping."""
    if not file.is_dir() and mapping is None:
        return file
    package = folder / f"{file.stem}.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        if mapping is None:
            for path in sorted(file.rglob("*.csv")):
                archive.write(path, path.relative_to(file).as_posix())
            return package
        if not mapping.is_file():
            raise CommandFailed("There is no such mapping.")
        archive.write(file, file.name)
        archive.write(mapping, "mapping.json" if mapping.suffix == ".json" else "mapping.toml")
    return package


@app.command("mapping")
def mapping(
    file: Annotated[Path, typer.Argument(help="A CSV with a row for each pupil.")],
) -> None:
    """Propose a mapping for a CSV: check it, save it, and give it to `import roster --mapping`.

    The mapping is the output; scores and masked samples go to the terminal. Nothing is imported.
    """
    screen = Console(stderr=True)
    proposal = propose_mapping(file)
    if proposal is None:
        _show_problems(screen, open_roster(file).take_problems())
        screen.print("There is no table to map in this file.")
        raise typer.Exit(1)
    table = Table("field", "column", "score", "blank", "looks like")
    for one in proposal.guesses:
        score = f"{one.score:.2f}{'' if one.sure else ' check'}"
        table.add_row(one.field, one.column, score, f"{one.blank:.0%}", "  ".join(one.samples))
    screen.print(table)
    typer.echo(proposal.as_toml(), nl=False)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as stream:
        while piece := await asyncio.to_thread(stream.read, PIECE):
            yield piece


def _bar(screen: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
    )


def _teller(bar: Progress) -> Seen:
    line = bar.add_task("Looking through the file", total=None)
    words = {rules.PARSED: "Reading rows", rules.PLANNED: "Applying"}

    async def seen(done: int, total: int, state: str) -> None:
        bar.update(line, completed=done, total=total, description=words.get(state, state))

    return seen


def _show(outcome: Outcome, *, dry_run: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    _show_problems(console, outcome.problems)
    console.print(_table(outcome.counts))
    for choice in outcome.counts.get("organisations", ()):
        console.print(f"  --organisation {choice['source_id']}  {choice['name']}", markup=False)
    if outcome.because is not None:
        console.print(f"{outcome.because}: {rules.sentence(outcome.because)}", markup=False)
    ending = " (dry run: nothing was changed)" if dry_run else f"; import {outcome.import_id}"
    console.print(f"{outcome.state}{ending}", markup=False)


def _show_problems(console: Console, problems: Sequence[Problem]) -> None:
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


def _write_report(target: Path, problems: Sequence[Problem]) -> None:
    with target.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "line", "column", "code", "severity", "detail"))
        for one in problems:
            writer.writerow(
                (one.file, one.line, one.column or "", one.code, one.severity, one.detail)
            )
