"""`cairn backup` and `cairn restore`: one file in, one file out, and the hold of a copy."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from joserfc.jwk import ECKey

from app.cli.backups.base import hold_base, started_alone, unpack_base
from app.cli.backups.checking import check_backup, faults_of_trail, outside_of, public_keys
from app.cli.backups.facts import connect
from app.cli.backups.making import make_backup
from app.cli.backups.restoring import (
    check_file,
    hold,
    restore_database,
    restore_files,
    restore_objects,
)
from app.cli.failures import CommandFailed, needed
from app.core.settings import Settings
from app.db.session import Database
from app.domain.access.audit.commands import release_copy
from app.formats.backups import BackupReader
from app.formats.packets import read_keys, thumbprint
from app.formats.trail_log.checking import Finding
from app.integrations.storage import storage_from_url

backup = typer.Typer(help="Make and check encrypted backups.", no_args_is_help=True)
restore = typer.Typer(help="Restore a backup; hold and release the copy.", no_args_is_help=True)

TRAIL_WRONG = 3
"""Exit code: everything was saved or restored, but trail or record are not good."""
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]
KeyFile = Annotated[
    Path, typer.Option("--key-file", help="JWKS with the private key it is encrypted to.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the record.")]


@backup.command("make")
def make(
    file: File,
    to: Annotated[
        Path,
        typer.Option(
            "--to", help="JWKS with the public key to encrypt to (`cairn packet keygen`)."
        ),
    ],
    check: Annotated[
        bool, typer.Option(help="Restore it into a scratch server and compare.")
    ] = True,
    base: Annotated[
        bool, typer.Option("--base", help="Save the whole server's folder (pg_basebackup).")
    ] = False,
) -> None:
    """Save database, stored files, public keys and checkpoints into one new file, and check it.

    Signs in by CAIRN_BACKUP_DATABASE_URL. Keep the private key elsewhere: without it nobody can
    read a backup. CAIRN_KEYS_DIR is not in it; keep a copy of that folder apart.
    """
    settings = Settings()
    url = needed(settings.backup_database_url, "CAIRN_BACKUP_DATABASE_URL")
    key = read_keys(to.read_bytes(), use="enc")[0]
    made = asyncio.run(make_backup(settings, url, file, key, typer.echo, base=base))
    if check:
        _, faults = asyncio.run(check_backup(file, made.content))
        how = "every file proved" if base else "every row counted"
        typer.echo(f"checked: restored into a scratch server, and {how}")
    typer.echo(f"{file}: {file.stat().st_size} bytes, for the key {thumbprint(key)}")
    if check:
        _tell(faults)


@backup.command("check")
def check(file: File, key_file: KeyFile) -> None:
    """Prove a backup by restoring it into a scratch server that is deleted again."""
    content = _content_key(file, key_file)
    manifest, faults = asyncio.run(check_backup(file, content))
    typer.echo(f"good: {sum(manifest['tables'].values())} rows, {len(manifest['objects'])} files")
    _tell(faults)


@restore.command("run")
def run(file: File, key_file: KeyFile) -> None:
    """Restore into the empty database of CAIRN_MIGRATION_DATABASE_URL. The copy starts held.

    Every byte is checked first. Then run `cairn migrate` to give the application its login.
    """
    settings = Settings()
    url = needed(settings.migration_database_url, "CAIRN_MIGRATION_DATABASE_URL")
    content = _content_key(file, key_file)
    manifest = check_file(file, content)
    if "base" in manifest:
        raise CommandFailed("this is a base backup: restore it with `cairn restore base`")
    restore_database(file, content, manifest, url, manifest["made_at"])
    typer.echo(f"{sum(manifest['tables'].values())} rows restored, every session ended, HELD")
    _restore_beside(file, content, settings)
    typer.echo("next: `cairn migrate`, look at the copy, `cairn restore release`")
    _tell_trail(url, settings)


@restore.command("base")
def run_base(
    file: File,
    key_file: KeyFile,
    into: Annotated[
        Path, typer.Option("--into", help="Empty folder of the account that runs PostgreSQL.")
    ],
) -> None:
    """Unpack a base backup into a data folder. The copy is held, and stopped.

    Every byte is checked first. Then start PostgreSQL with that folder, as you start your servers.
    """
    settings = Settings()
    content = _content_key(file, key_file)
    manifest = check_file(file, content)
    if "base" not in manifest:
        raise CommandFailed("this is no base backup: restore it with `cairn restore run`")
    account = unpack_base(file, content, manifest, into)
    with started_alone(into, account, manifest) as server:
        hold_base(server, manifest)
        typer.echo("every file restored and proved, every session ended, HELD")
        _restore_beside(file, content, settings)
        typer.echo(f"next: start PostgreSQL with {into}, look at the copy, `cairn restore release`")
        _tell_trail(server.url(manifest["superuser"], "none", manifest["database"]), settings)


@restore.command("hold")
def hold_copy(reason: Reason) -> None:
    """Hold a copy that came about in another way, such as a base backup or a provider's snapshot.

    Do this before any worker or server of it runs. Signs in as the owner.
    """
    url = needed(Settings().migration_database_url, "CAIRN_MIGRATION_DATABASE_URL")
    with connect(url, autocommit=True) as connection:
        hold(connection, _reason_text(reason))
    typer.echo("held: every session ended; no mail, webhook or job until it is released")


@restore.command("release")
def release(reason: Reason) -> None:
    """Let a restored copy work: mail, webhooks and jobs go out, and people may sign in."""
    settings = Settings()
    database = Database(needed(settings.database_url, "CAIRN_DATABASE_URL"), pool=2)

    async def act() -> int:
        try:
            return await release_copy(database, _reason_text(reason))
        finally:
            await database.close()

    typer.echo(f"released; said in the trail of {asyncio.run(act())} schools")


def _restore_beside(file: Path, content: bytes, settings: Settings) -> None:
    """Stored files, public keys and checkpoints."""
    number = asyncio.run(restore_objects(file, content, storage_from_url(settings.storage_url)))
    typer.echo(f"{number} stored files are there")
    restore_files(file, content, settings)


def _tell_trail(url: str, settings: Settings) -> None:
    keys = public_keys(settings.keys_dir)
    outside = outside_of(settings.checkpoint_file, keys)
    _tell(asyncio.run(faults_of_trail(url, keys, outside)))


def _tell(faults: Sequence[Finding]) -> None:
    """Say whether the trail is good; exit code 3 where it is not, although the rest is."""
    if not faults:
        typer.echo("trail and record are good")
        return
    typer.echo(
        f"Warning: trail or record are NOT good ({len(faults)}), first: {faults[0]}", err=True
    )
    raise typer.Exit(TRAIL_WRONG)


def _reason_text(reason: str) -> str:
    if not reason.strip():
        raise CommandFailed("a reason is needed: it stays in the record")
    return reason.strip()


def _content_key(file: Path, key_file: Path) -> bytes:
    keys: dict[str, ECKey] = {
        thumbprint(key): key for key in read_keys(key_file.read_bytes(), use="enc", private=True)
    }
    with file.open("rb") as stream:
        return BackupReader(stream).content_key(keys)
