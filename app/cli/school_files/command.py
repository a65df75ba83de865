"""The commands: one school out, one school in."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from joserfc.jwk import ECKey

from app.cli.api import api_here
from app.cli.failures import CommandFailed, needed
from app.cli.here import settings_here
from app.cli.import_results import Results
from app.cli.imports import PATIENCE, AsJson, Dry, Wait, end
from app.cli.school_files.exporting import ExportCommand, check_free, export_school
from app.cli.school_files.fetching import Written, fetch_school, summary_of
from app.cli.school_files.importing import import_school
from app.core.settings import Settings
from app.core.words import Permission
from app.formats.backups import SCHOOL, BackupReader
from app.formats.packets import read_keys, thumbprint
from app.formats.school_files import EncryptedSource, FolderSource, SchoolSource

exports = typer.Typer(help="Write a school's record in an open form.", no_args_is_help=True)


@exports.callback()
def export() -> None:
    """Write a school's record in an open form."""


@exports.command("school")
def export_one(  # noqa: PLR0913, PLR0917 - one option each
    target: Annotated[Path, typer.Argument(help="The new file, or with --plain the new folder.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the trail.")],
    school: Annotated[
        UUID | None, typer.Option(help="The id of the school; not needed with CAIRN_KEY.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", help="JWKS with the public key to encrypt to (`cairn packet keygen`)."
        ),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="A folder that anybody who has it can read.")
    ] = False,
    adults_to: Annotated[
        Path | None,
        typer.Option("--adults-to", help="The headteacher's JWKS, for the adult register."),
    ] = None,
    without_adults: Annotated[
        bool, typer.Option("--without-adults", help="Leave the adult register here.")
    ] = False,
    dry_run: Dry = False,
    as_json: AsJson = False,
    wait: Wait = PATIENCE,
) -> None:
    """Write everything of one school: records, files, trail and proofs.

    Goes to the API where CAIRN_URL and CAIRN_KEY are set: it orders the export, and fetches it
    once two people stand for it; the same command again goes on. Without them it reads the
    database, and the register of concerns about adults goes into a file of its own, TARGET.adults.

    Ends with 0 when the file is there, 2 when people have to approve it, 3 when refused, 4 when
    nobody answers.
    """
    results = Results(dry_run, named="exports")
    command = ExportCommand(school, target, None, reason.strip(), None, without_adults)
    try:
        if not command.reason:
            raise CommandFailed("a reason is needed: it stays in the trail")
        command = replace(command, key=_public(to), adults=_public(adults_to))
        api = api_here(Permission.SCHOOL_EXPORT)
        _check(command, plain=plain, over_api=api is not None)
        if api is not None:
            with api:
                results.add(fetch_school(api, command, dry_run=dry_run, patience=wait))
        elif dry_run:
            results.add(Written("would be written", command))
        else:
            manifest = asyncio.run(export_school(settings_here(), command))
            results.add(Written("ready", command, manifest))
    except Exception as error:
        results.fail(error)
    end(results, report=None, as_json=as_json)


BY_OPERATORS: Final = (
    "a service key is for one school and has no adult register: leave --school, --plain and "
    "--adults-to away, or unset CAIRN_URL and CAIRN_KEY to read the database"
)


def _check(command: ExportCommand, *, plain: bool, over_api: bool) -> None:
    """Raise `CommandFailed` for options that do not go together, and for what is there already."""
    if over_api and (command.school_id or plain or command.adults):
        raise CommandFailed(BY_OPERATORS)
    if not over_api and command.school_id is None:
        raise CommandFailed("say which school it is: --school ID, or set CAIRN_URL and CAIRN_KEY")
    if plain == (command.key is not None):
        raise CommandFailed("give --to KEYS to encrypt it, or --plain")
    if not over_api and command.without_adults == (command.adults is not None):
        raise CommandFailed("give --adults-to KEYS, or --without-adults")
    check_free(command)


def import_one(
    files: Annotated[list[Path], typer.Argument(help="The file or folder, and its .adults file.")],
    key_files: Annotated[
        list[Path] | None,
        typer.Option("--key-file", help="JWKS with a private key; may be given several times."),
    ] = None,
    running: Annotated[
        bool, typer.Option("--running", help="Others use this installation: go on at once.")
    ] = False,
) -> None:
    """Bring a school's exported file into an installation that does not have it."""
    settings = Settings()
    url = needed(settings.migration_database_url, "CAIRN_MIGRATION_DATABASE_URL")
    needed(settings.database_url, "CAIRN_DATABASE_URL")
    keys = {
        thumbprint(key): key
        for path in key_files or ()
        for key in read_keys(path.read_bytes(), use="enc", private=True)
    }
    sources = [_source(file, keys) for file in files]
    manifest = asyncio.run(import_school(settings, url, sources, running=running))
    typer.echo(summary_of(manifest))
    for table in sorted(manifest["secrets_left_out"]):
        rows = manifest["files"].get(f"records/{table}.ndjson", {}).get("rows", 0)
        if rows:
            typer.echo(f"{rows} {table}: its user needs a new secret")
    for name in manifest["keys"]:
        typer.echo(f"its trail is proved by {name}: compare it with what the school was given")
    if not running:
        typer.echo("HELD: nothing is sent. Look at it, then `cairn restore release`")
    typer.echo("next: `cairn audit verify`; people set a new password at their next sign-in")


def _source(path: Path, keys: dict[str, ECKey]) -> SchoolSource:
    if path.is_dir():
        return FolderSource(path)
    with path.open("rb") as stream:
        return EncryptedSource(path, BackupReader(stream, SCHOOL).content_key(keys))


def _public(path: Path | None) -> ECKey | None:
    return read_keys(path.read_bytes(), use="enc")[0] if path is not None else None
