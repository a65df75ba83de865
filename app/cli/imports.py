"""Imports files: rosters, over the API or, for an operator, straight into the database."""

import asyncio
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from app.cli.api import api_here
from app.cli.exits import Exit
from app.cli.failures import CommandFailed, needed
from app.cli.here import settings_here
from app.cli.import_results import Bar, FileUnreadable, Results, SchoolOutcome, show_problems
from app.cli.roster_api import send_roster, undo_sent
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Actor, Permission
from app.db.models import Organisation, RosterImport
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.imports import rules as states
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import Outcome, ReceiveRoster, receive_roster
from app.domain.exchange.roster_changes.commands import run_undo, undo_import
from app.domain.exchange.roster_runs.commands import Seen, rehearse_import, run_import
from app.domain.exchange.roster_runs.queries import Package, sort_package
from app.domain.people.schools.commands import CreateSchool
from app.formats.rosters.opening import open_roster, propose_mapping
from app.integrations.storage import Storage, storage_from_url
from app.jobs.imports import import_stored

app = typer.Typer(help="Import files into a school's record.", no_args_is_help=True)

PIECE: Final = 1024 * 1024
PATIENCE: Final = 3600.0
BY_OPERATORS: Final = (
    "A service key is for one school: leave --school, --create-schools and --people away, or unset "
    "CAIRN_URL and CAIRN_KEY to work on the database."
)

Dry = Annotated[bool, typer.Option("--dry-run", help="Show it and change nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer one JSON object on standard output.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for the API to end it.")]
Report = Annotated[Path | None, typer.Option(help="Write every problem to this CSV.")]


@app.callback()
def imports() -> None:
    """Import files into a school's record."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One file, and where it is to go."""

    file: Path
    command: ReceiveRoster
    school: UUID | None = None
    founding: tuple[bool, Path | None] = (False, None)
    mapping: Path | None = None
    patience: float = PATIENCE


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
        Path | None, typer.Option(help="With --create-schools: their first people, as `found`.")
    ] = None,
    dry_run: Dry = False,
    mapping: Annotated[
        Path | None, typer.Option(help="What the columns of a CSV file are (docs/rosters.md).")
    ] = None,
    report: Report = None,
    as_json: AsJson = False,
    wait: Wait = PATIENCE,
) -> None:
    """Bring pupils, staff and parents of a roster file into a school.

    Goes to the API where CAIRN_URL and CAIRN_KEY are set; without them into the database. Ends
    with 0 when done, 2 when it is held for a person, 3 when refused, 4 when nobody answers.
    """
    command = ReceiveRoster(None, file.name[:200], source, organisation, plan_only=dry_run)
    results = Results(dry_run)
    bring(Asked(file, command, school, (create, people), mapping, wait), results)
    end(results, report=report, as_json=as_json)


@app.command("undo")
def undo(
    import_id: Annotated[UUID, typer.Argument(help="The import, as `cairn import roster` says.")],
    school: Annotated[
        UUID | None, typer.Option(help="The id of its school; not needed with CAIRN_KEY.")
    ] = None,
    as_json: AsJson = False,
    wait: Wait = PATIENCE,
) -> None:
    """Undo an applied roster import; what people changed since stays.

    Goes to the API where CAIRN_URL and CAIRN_KEY are set. Ends as `cairn import roster` does.
    """
    results = Results()
    try:
        results.add(SchoolOutcome(_undone(import_id, school, wait)))
    except Exception as error:
        results.fail(error)
    end(results, report=None, as_json=as_json)


def end(results: Results, *, report: Path | None, as_json: bool) -> None:
    """Say the result, and end the command."""
    results.show(as_json=as_json)
    if report is not None:
        results.write_report(report)
    raise typer.Exit(results.exit)


def bring(asked: Asked, results: Results) -> None:
    """Bring a file in, over the API or into the database; never raises for a bad file."""
    screen = Console(stderr=True)
    try:
        if not asked.file.exists():
            raise CommandFailed("There is no such file or folder.")
        with tempfile.TemporaryDirectory(prefix="cairn-roster-") as folder:
            file = _zipped(asked.file, Path(folder), asked.mapping)
            if _sent(asked, file, results, screen):
                return
            targets = [Target(asked.school, None, asked.command)] if asked.school else None
            run = _import_all(
                settings_here(), file, targets or _schools_of(file, asked.command), asked.founding,
                results, screen,
            )  # fmt: skip
            asyncio.run(run)
    except Exception as error:
        results.fail(error)


def _sent(asked: Asked, file: Path, results: Results, screen: Console) -> bool:
    """Whether there is an API to send the file to, and then it was sent."""
    api = api_here(Permission.ROSTER_IMPORT)
    if api is None:
        return False
    if asked.school or any(asked.founding):
        raise CommandFailed(BY_OPERATORS)
    bar = Bar(screen)
    with api, bar.progress:
        outcome = send_roster(api, file, asked.command, patience=asked.patience, tell=bar.tell)
    results.add(SchoolOutcome(outcome))
    return True


def _undone(import_id: UUID, school: UUID | None, patience: float) -> Outcome:
    api = api_here(Permission.ROSTER_IMPORT)
    if api is not None:
        bar = Bar(Console(stderr=True))
        with api, bar.progress:
            return undo_sent(api, import_id, patience=patience, tell=bar.tell)
    if school is None:
        raise CommandFailed("Say which school it is: --school ID.")
    url = needed(settings_here().database_url, "CAIRN_DATABASE_URL")
    return Outcome(import_id, asyncio.run(_undo(url, school, import_id)), {})


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
    command: ReceiveRoster
    urn: str | None = None
    district: str | None = None
    is_new: bool = False
    """Whether the school is not there: a dry run shows what it would begin with."""


def _schools_of(file: Path, command: ReceiveRoster) -> list[Target]:
    """Every school of the file, each under the id that the same file always gets."""
    opened = open_roster(file)
    above = {district.sourced_id: district.name for district in rules.districts_of(opened)}
    items = [
        Target(
            rules.school_id_of(command.source, row.sourced_id),
            row.name or row.sourced_id,
            replace(command, organisation_source_id=row.sourced_id),
            row.urn,
            above.get(row.parent_id or ""),
        )
        for row in opened.orgs()
        if row.type == "school" and row.status == "active"
    ]
    if not items:
        raise FileUnreadable(opened.take_problems())
    chosen = command.organisation_source_id
    return [item for item in items if chosen in (None, item.command.organisation_source_id)]


async def _import_all(
    settings: Settings,
    file: Path,
    targets: Sequence[Target],
    founding: tuple[bool, Path | None],
    results: Results,
    screen: Console,
) -> None:
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    database = Database(url, pool=3, application_name="import")
    try:
        dry = results.dry_run
        targets = await _schools(database, targets, founding, dry, screen)
        with tempfile.TemporaryDirectory(prefix="cairn-roster-") as folder:
            packages = await _sorted(file, Path(folder), targets, screen)
            for item, package in zip(targets, packages, strict=True):
                source = Source(file, package)
                outcome = await _import(database, settings, source, item, dry, screen)
                results.add(SchoolOutcome(outcome, item.name, item.school_id))
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
    wanted = [str(target.command.organisation_source_id) for target in targets]
    bar = Bar(screen)
    with bar.progress:
        seen = partial(bar.tell, state=states.PARSED)
        result = await asyncio.to_thread(
            sort_package, file, folder, wanted, clock.day_of(clock.now()), seen
        )
    return [result[item] for item in wanted]


async def _schools(
    database: Database,
    targets: Sequence[Target],
    founding: tuple[bool, Path | None],
    dry: bool,
    screen: Console,
) -> Sequence[Target]:
    """The targets as they are there by now, or would be. Raises `CommandFailed` where not."""
    create, people = founding
    if not targets:
        raise CommandFailed("The file names no school.")
    missing = [target for target in targets if not await _is_school(database, target.school_id)]
    if any(item.name is None for item in missing):
        raise CommandFailed("There is no school with this id.")
    if not missing:
        return targets
    names = {str(item.name): item.school_id for item in missing}
    if len(names) < len(missing):
        raise CommandFailed("Two new schools of the file have one name: found them one by one.")
    if not create:
        raise CommandFailed(
            f"Cairn has no school made from this file yet for: {', '.join(names)}. Repeat it with "
            "--create-schools --people FILE to found them, or with --school ID to bring one into "
            "a school of yours (--organisation SOURCED_ID says which of several)."
        )
    from app.cli.foundings import check_schools, found_schools  # of the API: seldom needed

    urns = {str(item.name): item.urn for item in missing}
    districts = {item.district for item in missing if item.district}
    if dry and people is None:
        screen.print(
            "Without --dry-run, --people FILE is needed: it names the people of the schools."
        )
    else:
        command = await check_schools(database, [*names], urns, people, districts, screen.print)
    if dry:
        return [replace(target, is_new=target in missing) for target in targets]
    ids = await found_schools(database, names, command)
    return [
        replace(target, school_id=ids.get(str(target.name), target.school_id)) for target in targets
    ]


async def _import(
    database: Database,
    settings: Settings,
    source: Source,
    target: Target,
    dry: bool,
    screen: Console,
) -> Outcome:
    bar = Bar(screen)
    with bar.progress:
        school_id, command = target.school_id, replace(target.command, plan_only=False)
        if dry:
            whole = source.package or source.file
            new = _made_of(target) if target.is_new else None
            return await rehearse_import(
                database, school_id, whole, command, seen=bar.seen, new=new
            )
        storage = storage_from_url(settings.storage_url)
        if source.package is None:
            return await _keep(
                database, storage, source.file, school_id, command, settings, bar.seen
            )

        async def keep() -> str:
            return await _stored(storage, source.file, school_id, settings)

        async with open_work(database, Actor.system(school_id)) as work:
            received = await receive_roster(work, command, enqueue=False)
        return await run_import(
            database, school_id, received.id, source.package, seen=bar.seen, keep=keep
        )


def _made_of(target: Target) -> CreateSchool:
    return CreateSchool(str(target.name), (), facts={"urn": target.urn})


async def _stored(storage: Storage, file: Path, school_id: UUID, settings: Settings) -> str:
    """The key of the package, which is stored now."""
    key = f"rosters/{school_id}/{new_id()}"
    await storage.put(key, pieces_of(file), limit=settings.max_roster_bytes)
    return key


async def _is_school(database: Database, school_id: UUID) -> bool:
    async with open_work(database, Actor.system(school_id)) as work:
        organisation = await work.session.get(Organisation, school_id)
    return organisation is not None and organisation.kind == "school"


async def _keep(
    database: Database,
    storage: Storage,
    file: Path,
    school_id: UUID,
    command: ReceiveRoster,
    settings: Settings,
    seen: Seen,
) -> Outcome:
    """Store the package first, so that a held import can be approved later."""
    key = await _stored(storage, file, school_id, settings)
    stored = ReceiveRoster(key, command.file_name, command.source, command.organisation_source_id)
    async with open_work(database, Actor.system(school_id)) as work:
        received = await receive_roster(work, stored, enqueue=False)
    return await import_stored(database, storage, school_id, received.id, seen=seen)


def _zipped(file: Path, folder: Path, mapping: Path | None) -> Path:
    """The file itself; a zip of the CSV files of a folder, or of a table with its mapping.

    The same files make the same zip, so that it is known again.
    """
    if not file.is_dir() and mapping is None:
        return file
    if mapping is None:
        parts = {path.relative_to(file).as_posix(): path for path in sorted(file.rglob("*.csv"))}
    elif mapping.is_file():
        named = "mapping.json" if mapping.suffix == ".json" else "mapping.toml"
        parts = {file.name: file, named: mapping}
    else:
        raise CommandFailed("There is no such mapping.")
    package = folder / f"{file.stem}.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in parts.items():
            part = zipfile.ZipInfo(name)
            part.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as given, archive.open(part, "w", force_zip64=True) as target:
                shutil.copyfileobj(given, target, PIECE)
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
        show_problems(screen, open_roster(file).take_problems())
        screen.print("There is no table to map in this file.")
        raise typer.Exit(Exit.REFUSED)
    table = Table("field", "column", "score", "blank", "looks like")
    for guess in proposal.guesses:
        score = f"{guess.score:.2f}{'' if guess.sure else ' check'}"
        table.add_row(
            guess.field, guess.column, score, f"{guess.blank:.0%}", "  ".join(guess.samples)
        )
    screen.print(table)
    typer.echo(proposal.as_toml(), nl=False)


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """A file as storage takes it."""
    with path.open("rb") as stream:
        while piece := await asyncio.to_thread(stream.read, PIECE):
            yield piece
