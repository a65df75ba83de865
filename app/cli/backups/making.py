"""Makes a backup: database, attachments, public keys and checkpoints, in one encrypted file."""

import hashlib
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from joserfc.jwk import ECKey

from app.cli.backups.facts import HIDDEN, OWNER, OWNERS, SUPERUSER, Connection, connect, counts_of
from app.cli.backups.programs import environment, find_program
from app.cli.failures import CommandFailed
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.formats.backups import CHUNK, CONTENT_KEY_BYTES, BackupWriter
from app.integrations.seal_keys import FOLDER
from app.integrations.storage import Storage, storage_from_url

DUMP, BASE = "database.dump", "base.tar"
OBJECTS, SEALS, CHECKPOINTS = "objects/", "seals/", "checkpoints.txt"
Say = Callable[[str], None]


class Backup:
    """A backup that was made, with its content key until it is checked."""

    def __init__(self, path: Path, manifest: dict[str, Any], content: bytes) -> None:
        self.path, self.manifest, self.content = path, manifest, content


async def make_backup(
    settings: Settings, url: str, target: Path, key: ECKey, say: Say, *, base: bool = False
) -> Backup:
    """Write a backup to a new file: the rows, or as `base` the whole server's folder.

    Raises `CommandFailed` and leaves no file then.
    """
    content = secrets.token_bytes(CONTENT_KEY_BYTES)
    files = _files(settings)  # before the dump: no checkpoint in it is later than the dump
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with _new_file(unfinished, target) as stream, _one_moment(url) as (connection, snapshot):
            manifest = _manifest(connection)
            writer = BackupWriter(stream, manifest["id"], manifest["made_at"], key, content)
            if base:
                manifest["base"] = _base(writer, url, connection)
            else:
                manifest["dump"] = _dump(writer, url, connection, snapshot)
            say(f"{sum(manifest['tables'].values())} rows of {len(manifest['tables'])} tables")
            storage = storage_from_url(settings.storage_url)
            manifest["objects"] = await _objects(writer, storage)
            say(f"{len(manifest['objects'])} stored files")
            for name, held in files.items():
                writer.member(name)
                writer.data(held)
            writer.end(manifest)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.rename(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return Backup(target, manifest, content)


@contextmanager
def _new_file(unfinished: Path, target: Path) -> Iterator[BinaryIO]:
    if target.exists():
        raise CommandFailed(f"{target} exists; a backup never overwrites a file")
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb", buffering=CHUNK) as stream:
        yield stream


@contextmanager
def _one_moment(url: str) -> Iterator[tuple[Connection, str]]:
    """A transaction that sees one moment, which the dump is made of as well.

    Raises `CommandFailed` where the role would see only part of a table.
    """
    with connect(url) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        hidden = [table for (table,) in connection.execute(HIDDEN)]
        if hidden:
            raise CommandFailed(
                f"the role of CAIRN_BACKUP_DATABASE_URL does not see every row of {len(hidden)} "
                f"tables, such as {hidden[0]}: run `cairn migrate` with this setting, which makes "
                "the role that does"
            )
        row = connection.execute("select pg_export_snapshot()").fetchone()
        yield connection, str(row[0] if row else "")


def _manifest(connection: Connection) -> dict[str, Any]:
    tables = counts_of(connection)
    if not tables.get("organisation"):
        raise CommandFailed("the database holds no school: an empty backup does not pass for one")
    revision = connection.execute("select version_num from alembic_version").fetchone()
    owners = connection.execute(OWNERS).fetchall()
    return {
        "id": str(new_id()), "made_at": clock.now().isoformat(), "tables": tables,
        "revision": revision[0] if revision else None,
        "server": connection.info.server_version // 10_000, "owners": dict(owners),
        "database": connection.info.dbname, "owner": connection.execute(OWNER).fetchall()[0][0],
        "superuser": connection.execute(SUPERUSER).fetchall()[0][0],
    }  # fmt: skip


def _dump(writer: BackupWriter, url: str, connection: Connection, snapshot: str) -> dict[str, Any]:
    """Row security stays on: what the role may not see would be an error, not a gap."""
    program = find_program("pg_dump", connection.info.server_version // 10_000)
    command = [
        str(program), "--format=custom", "--no-password", "--enable-row-security",
        f"--snapshot={snapshot}",
    ]  # fmt: skip
    return _saved(writer, DUMP, command, url)


def _base(writer: BackupWriter, url: str, connection: Connection) -> dict[str, Any]:
    """The folder of the whole server with the log that makes it whole, as one archive."""
    program = find_program("pg_basebackup", connection.info.server_version // 10_000)
    command = [
        str(program), "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast",
        "--no-password",
    ]  # fmt: skip
    return _saved(writer, BASE, command, url)


def _saved(writer: BackupWriter, name: str, command: list[str], url: str) -> dict[str, Any]:
    """Save what a program writes as a member. Raises `CommandFailed`."""
    writer.member(name)
    digest, size = hashlib.sha256(), 0
    with subprocess.Popen(  # noqa: S603
        command, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None  # noqa: S101 - it was asked for
        assert running.stderr is not None  # noqa: S101
        while piece := running.stdout.read(CHUNK):
            writer.data(piece)
            digest.update(piece)
            size += len(piece)
        text = running.stderr.read().decode(errors="replace")
    if running.returncode:
        program = Path(command[0]).name
        raise CommandFailed(f"{program} ended with {running.returncode}: {_last_line(text)}")
    return {"sha256": digest.hexdigest(), "size": size}


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


async def _objects(writer: BackupWriter, storage: Storage) -> dict[str, Any]:
    result: dict[str, Any] = {}
    async for key in storage.keys():
        writer.member(OBJECTS + key)
        digest, size = hashlib.sha256(), 0
        async for piece in await storage.get(key):
            writer.data(piece)
            digest.update(piece)
            size += len(piece)
        result[key] = {"sha256": digest.hexdigest(), "size": size}
    return result


def _files(settings: Settings) -> dict[str, bytes]:
    """Public keys and checkpoints: what the trail is checked with. No private key is ever saved."""
    seals = sorted((settings.keys_dir / FOLDER).glob("*.pub"))
    result = {SEALS + path.name: path.read_bytes() for path in seals}
    if settings.checkpoint_file.exists():
        result[CHECKPOINTS] = settings.checkpoint_file.read_bytes()
    return result
