"""`cairn audit`: seals the trail, exports it, and checks a database or an exported file."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar
from uuid import UUID

import typer

from app.cli.failures import CommandFailed, needed, sentence_of
from app.core.settings import Settings
from app.db.session import Database
from app.domain.access.audit.commands import accept_cuts, export_bundle
from app.domain.access.audit_seals.queries import MAY_WAIT, check_database
from app.domain.access.audit_seals.rules import known_outside
from app.domain.access.row_hashes.queries import adopt_rows
from app.formats.trail_log.bundles import Bundle, BundleBroken
from app.formats.trail_log.checking import Known, LogCheck
from app.formats.trail_log.notes import NoteRefused, PublicKey
from app.integrations.checkpoint_file import CheckpointFile, CheckpointFileBroken
from app.integrations.seal_keys import SealKeyError, SealKeyFolder
from app.jobs.sealing import sealing_of

app = typer.Typer(help="The sealed trail: seal, export, verify.", no_args_is_help=True)

WRONG, UNCHECKED = 1, 2
"""Exit codes: something is wrong with the trail, or it could not be checked."""
Keys = Mapping[str, PublicKey]
Answer = TypeVar("Answer")
KeysGiven = Annotated[
    list[str] | None,
    typer.Option("--key", help="A public key to trust, or a file of them; no others count."),
]
OutsideFiles = Annotated[
    list[Path] | None,
    typer.Option("--checkpoints", help="Checkpoints kept outside; may be given several times."),
]


@app.command()
def verify(
    bundle: Annotated[
        Path | None, typer.Argument(help="An exported file; without it, the database.")
    ] = None,
    key: KeysGiven = None,
    checkpoints: OutsideFiles = None,
    school: Annotated[UUID | None, typer.Option("--school", help="Only this one.")] = None,
) -> None:
    """Check trail and record; name the first fault. Exit code 0: good, 1: bad, 2: not checked.

    A bundle is checked without database and settings. For the database the role of
    CAIRN_DATABASE_URL will do.
    """
    try:
        if bundle is not None:
            good = _verify_bundle(bundle, _keys_given(key), checkpoints or [])
        else:
            good = asyncio.run(_verify_database(_keys_given(key), checkpoints, school))
    except Exception as error:
        _give_up(error)
    if not good:
        raise typer.Exit(WRONG)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="The file to write.")],
    school: Annotated[UUID, typer.Option("--school", help="Whose trail.")],
) -> None:
    """Write the whole trail of one school into a file that can be checked anywhere.

    It holds who did what, and to which person: handle it like the record itself. The trail says
    that it was written.
    """
    settings = Settings()
    keys = _own_keys(settings)
    number = _with_database(
        settings, lambda setting: export_bundle(setting, school, target, keys.values())
    )
    typer.echo(f"{target}: {number} entries")


@app.command()
def seal() -> None:
    """Seal now what the workers would seal within seconds."""
    settings = Settings()
    database = _database(settings)

    async def run() -> None:
        try:
            done = await sealing_of(settings, database).once()
        finally:
            await database.close()
        for origin in done.refused:
            typer.echo(f"Error: the last checkpoint of {origin} is not what was signed", err=True)
        for origin in done.cut:
            typer.echo(f"Error: {origin} is shorter than what was kept outside", err=True)
        for error in done.failed:
            typer.echo(f"Error: {sentence_of(error)}", err=True)
        typer.echo(f"{done.sealed} entries under {done.checkpoints} checkpoints")
        if done.refused or done.cut or done.failed:
            raise typer.Exit(WRONG)

    asyncio.run(run())


@app.command("accept-cut")
def accept_cut(
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the trail.")],
    key: KeysGiven = None,
    checkpoints: OutsideFiles = None,
) -> None:
    """Say once that what is missing at the end of a log was lost with a restore.

    `verify` then tells of the cut with your reason and is good again. A later cut is bad again.
    """
    settings = Settings()
    outside, keys = _kept_outside(settings, _keys_given(key), checkpoints)
    origins = _with_database(
        settings, lambda setting: accept_cuts(setting, keys, outside, _reason_text(reason))
    )
    if not origins:
        raise CommandFailed("no log is cut")
    for origin in origins:
        typer.echo(f"known: {origin}")


@app.command()
def adopt(
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the trail.")],
    school: Annotated[UUID, typer.Option("--school", help="Whose rows.")],
    changed: Annotated[
        bool, typer.Option("--changed", help="Rows that differ or are gone as well.")
    ] = False,
) -> None:
    """Vouch from now on for rows as they are now.

    Needed once for rows from before there was a row trail. With `--changed` only after a migration
    that the release notes name: it also takes what somebody changed by hand.
    """
    counts = _with_database(
        Settings(), lambda item: adopt_rows(item, school, _reason_text(reason), changed=changed)
    )
    for table, number in counts.items():
        typer.echo(f"{number:>8} {table}")
    typer.echo(f"{sum(counts.values())} rows adopted")


@app.command()
def keys() -> None:
    """Show the public keys: give them to everybody who is to check the trail."""
    for item in _own_keys(Settings()).values():
        typer.echo(item.line)


@app.command("rotate-key")
def rotate_key() -> None:
    """Sign with a new key from now on; the old private key is destroyed."""
    made = SealKeyFolder(Settings().keys_dir).rotate()
    typer.echo(PublicKey(made.name, made.public).line)


def _give_up(error: Exception) -> NoReturn:
    """What could not be checked is not good, and not bad either."""
    known = BundleBroken | CheckpointFileBroken | SealKeyError | NoteRefused
    text = str(error) if isinstance(error, known) else sentence_of(error)
    typer.echo(f"Error: {text}", err=True)
    raise typer.Exit(UNCHECKED)


def _keys_given(given: list[str] | None) -> dict[str, PublicKey] | None:
    if not given:
        return None
    lines: list[str] = []
    for item in given:
        lines += Path(item).read_text().split() if Path(item).is_file() else [item]
    keys = [PublicKey.read(line) for line in lines]
    return {key.name: key for key in keys}


def _own_keys(settings: Settings) -> dict[str, PublicKey]:
    published = SealKeyFolder(settings.keys_dir).published()
    return {key.name: PublicKey(key.name, key.public) for key in published}


def _reason_text(reason: str) -> str:
    if not reason.strip():
        raise CommandFailed("a reason is needed: it stays in the trail")
    return reason.strip()


def _with_database(settings: Settings, ask: Callable[[Database], Awaitable[Answer]]) -> Answer:
    """What a question to the database answers; its connections are closed again."""
    database = _database(settings)

    async def run() -> Answer:
        try:
            return await ask(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _kept_outside(
    settings: Settings, keys: Keys | None, files: list[Path] | None
) -> tuple[dict[str, dict[int, Known]], Keys]:
    """Checkpoints that are kept outside, and the keys to trust. Raises `CommandFailed`."""
    keys = keys or _own_keys(settings)
    if not keys:
        raise CommandFailed(f"there is no sealing key in {settings.keys_dir}; give --key")
    if files is None:
        files = [settings.checkpoint_file] if settings.checkpoint_file.exists() else []
        if not files:
            typer.echo("note: no checkpoints are kept outside, so a cut end would not show")
    return _outside(files, keys)[0], keys


def _database(settings: Settings) -> Database:
    return Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=2)


def _outside(files: Iterable[Path], keys: Keys) -> tuple[dict[str, dict[int, Known]], int]:
    """What is kept outside. Raises `CommandFailed` for a file that is not there."""
    result: dict[str, dict[int, Known]] = {}
    refused = 0
    for file in files:
        if not file.exists():
            raise CommandFailed(f"{file} does not exist")
        known, strange = known_outside(CheckpointFile(file).notes(), keys)
        refused += strange
        for origin, numbers in known.items():
            result[origin] = {**numbers, **result.get(origin, {})}
    if refused:
        typer.echo(f"note: {refused} checkpoints kept outside are signed by no known key")
    return result, refused


def _verify_bundle(source: Path, keys: Keys | None, files: list[Path]) -> bool:
    bundle = Bundle(source)
    if keys is None:
        keys = bundle.keys()
        typer.echo("note: these keys come with the file; compare them with those you were given")
        for key in keys.values():
            typer.echo(f"      {key.line}")
    outside, _ = _outside(files, keys)
    good = True
    for log in bundle.logs:
        check = bundle.check(log, keys, outside.get(f"cairn/{bundle.organisation}/{log}"))
        good = _tell(check, typer.echo) and good
    return good


async def _verify_database(
    keys: Keys | None, files: list[Path] | None, school: UUID | None
) -> bool:
    settings = Settings()
    outside, keys = _kept_outside(settings, keys, files)
    database = _database(settings)
    good, logs, entries = True, 0, 0
    try:
        async for checked in check_database(database, keys, outside, only=school):
            check = checked.check
            number, since = checked.searches
            if since is not None:
                typer.echo(
                    f"note: {check.origin}: {number} searches are no entries yet, the first since "
                    f"{since:%Y-%m-%d %H:%M:%S} UTC; a worker writes them within minutes"
                )
            if check.size or check.findings or checked.waiting:
                good = _tell(check, typer.echo, checked.waiting) and good
                logs, entries = logs + 1, entries + check.size
    finally:
        await database.close()
    typer.echo(f"{logs} logs, {entries} sealed entries: {'good' if good else 'NOT good'}")
    return good


def _tell(check: LogCheck, say: Callable[[str], None], waiting: int = 0) -> bool:
    """One log in a line or more; whether nothing is wrong with it."""
    for begun in check.epochs:
        say(
            f"note: {check.origin}: epoch {begun.epoch} begins at checkpoint {begun.number}, "
            f"{begun.sealed_at:%Y-%m-%d %H:%M} UTC: the database was restored"
        )
    for cut in check.excused:
        say(
            f"note: {check.origin}: checkpoints {cut.first} to {cut.until} were lost with a "
            f"restore and that is known: {cut.reason}"
        )
    if not check.findings:
        sealed = f"to {check.last.sealed_at:%Y-%m-%d %H:%M:%S} UTC" if check.last else "never"
        later = f", {waiting} younger than {MAY_WAIT.seconds} s wait" if waiting else ""
        say(f"good  {check.origin}: {check.size} entries, sealed {sealed}{later}")
        return True
    first, *others = check.findings
    say(f"BAD   first: {first}")
    for finding in others:
        say(f"      then:  {finding}")
    if check.unseen:
        say(f"      and {check.unseen} more")
    return False
