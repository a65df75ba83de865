"""The commands: one school out, one school in."""

import asyncio
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from joserfc.jwk import ECKey

from app.cli.failures import CommandFailed, needed
from app.cli.here import settings_here
from app.cli.school_files.exporting import Wish, export_school
from app.cli.school_files.importing import import_school
from app.core.settings import Settings
from app.formats.backups import SCHOOL, BackupReader
from app.formats.packets import read_keys, thumbprint
from app.formats.school_files import EncryptedSource, FolderSource, SchoolSource

exports = typer.Typer(help="Write a school's record in an open form.", no_args_is_help=True)


@exports.callback()
def export() -> None:
    """Write a school's record in an open form."""


@exports.command("school")
def export_one(
    school_id: Annotated[UUID, typer.Argument(help="The school's id.")],
    target: Annotated[Path, typer.Argument(help="The new file, or with --plain the new folder.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the trail.")],
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
) -> None:
    """Write everything of one school: records, files, trail and proofs.

    The register of concerns about adults goes into a file of its own, TARGET.adults.
    """
    if plain == (to is not None):
        raise CommandFailed("give --to KEYS to encrypt it, or --plain")
    if without_adults == (adults_to is not None):
        raise CommandFailed("give --adults-to KEYS, or --without-adults")
    if not reason.strip():
        raise CommandFailed("a reason is needed: it stays in the trail")
    wish = Wish(school_id, target, _public(to), reason.strip(), _public(adults_to))
    manifest = asyncio.run(export_school(settings_here(), wish))
    _tell(manifest)
    typer.echo(f"written: {target}" + (f" and {wish.adults_target}" if wish.adults else ""))


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
    sources = [_source(one, keys) for one in files]
    manifest = asyncio.run(import_school(settings, url, sources, running=running))
    _tell(manifest)
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


def _tell(manifest: dict[str, Any]) -> None:
    rows = sum(one.get("rows", 0) for one in manifest["files"].values())
    files = sum(name.startswith("files/") for name in manifest["files"])
    typer.echo(f"{manifest['school']['name']}: {rows} rows, {files} files")
