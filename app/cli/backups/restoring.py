"""Restores a backup into an empty database, held until an operator releases it."""

import hashlib
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy.engine import make_url

from app.cli.backups.facts import TABLES, Connection, connect, counts_of, differences
from app.cli.backups.making import BASE, CHECKPOINTS, DUMP, OBJECTS, SEALS
from app.cli.backups.programs import environment, find_program
from app.cli.failures import CommandFailed
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.db.migrate import BACKUP, GROUP, MAKE_ROLE
from app.db.repositories.holds import ADD
from app.formats.backups import BackupDamaged, BackupReader, Part
from app.integrations.seal_keys import FOLDER
from app.integrations.storage import ObjectExists, Storage

OWNING = ("cairn_search", "cairn_sealer", "cairn_remover", "cairn_merger")
ROLES = (GROUP, BACKUP, *OWNING)
END_SESSIONS = (
    "update auth_session set revoked_at = %(at)s where revoked_at is null",
    "update recipient_session set ended_at = %(at)s where ended_at is null",
)
HELD = "restored from a backup"


def check_file(path: Path, content: bytes) -> dict[str, Any]:
    """Prove every byte of a backup; its manifest. Raises `BackupRefused`."""
    digests: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    manifest: dict[str, Any] = {}
    name = ""
    with path.open("rb") as stream:
        for part in BackupReader(stream).parts(content):
            if part.name is not None:
                name, digests[part.name], sizes[part.name] = part.name, hashlib.sha256(), 0
            elif part.manifest is not None:
                manifest = part.manifest
            else:
                digests[name].update(part.data)
                sizes[name] += len(part.data)
    listed = {BASE: manifest["base"]} if "base" in manifest else {DUMP: manifest["dump"]}
    listed |= {OBJECTS + key: item for key, item in manifest["objects"].items()}
    for member, item in listed.items():
        digest = digests.get(member)
        if digest is None or (digest.hexdigest(), sizes[member]) != (item["sha256"], item["size"]):
            raise BackupDamaged(f"{member} is not as it was saved")
    return manifest


def members(path: Path, content: bytes, wanted: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Members whose name begins so, each with its pieces, which have to be read before the next."""
    with path.open("rb") as stream:
        parts = BackupReader(stream).parts(content)
        pending: Part | None = next(parts, None)
        while pending is not None:
            name, held = pending.name, [next(parts, None)]

            def pieces(held: list[Part | None] = held) -> Iterator[bytes]:
                while held[0] is not None and held[0].name is None and held[0].manifest is None:
                    yield held[0].data
                    held[0] = next(parts, None)

            if name is not None and name.startswith(wanted):
                yield name, pieces()
            for _ in pieces():
                pass
            pending = held[0]


def restore_database(
    path: Path, content: bytes, manifest: dict[str, Any], url: str, at: str
) -> None:
    """Fill an empty database, end every session, hold it, and count. Raises `CommandFailed`."""
    with connect(url, autocommit=True) as connection:
        _refuse_full(connection)
        with _nobody_else(connection):
            _make_roles(connection)
            _load(path, content, url, connection)
            _give_functions(connection, manifest["owners"])
            connection.execute("analyze")  # a dump has no statistics of the planner
            counted = _counted(connection)
            hold(connection, f"{HELD} of {at}")
    wrong = differences(manifest["tables"], counted)
    if wrong:
        raise CommandFailed(f"the restored copy is not complete: {'; '.join(wrong[:5])}")


def _counted(connection: Connection) -> dict[str, int]:
    """Counted as the backup role: policies hide every row from the owner."""
    role = sql.Identifier(BACKUP)
    connection.execute(sql.SQL("grant {} to current_user").format(role))
    connection.execute(sql.SQL("set role {}").format(role))
    counts = counts_of(connection)
    connection.execute("reset role")
    return counts


def hold(connection: Connection, reason: str) -> None:
    """Hold a restored copy: every session ends, and nothing leaves until it is released."""
    now = clock.now()
    with connection.transaction():
        for statement in END_SESSIONS:
            _past_policies(connection, statement, {"at": now})
        connection.execute(_numbered(ADD), (new_id(), "held", now, reason))


def _past_policies(connection: Connection, statement: str, values: dict[str, Any]) -> None:
    """Run an update over every school: the owner lifts the policy for this transaction alone."""
    table = sql.Identifier(statement.split()[1])
    forced = connection.execute(
        "select relforcerowsecurity from pg_class where oid = %s::regclass", [statement.split()[1]]
    ).fetchone()
    if forced and forced[0]:
        connection.execute(sql.SQL("alter table {} no force row level security").format(table))
    connection.execute(statement.encode(), values)
    if forced and forced[0]:
        connection.execute(sql.SQL("alter table {} force row level security").format(table))


def _numbered(statement: str) -> bytes:
    for number in range(1, 5):
        statement = statement.replace(f"${number}", "%s")
    return statement.encode()


def _refuse_full(connection: Connection) -> None:
    tables = connection.execute(TABLES).fetchall()
    if tables:
        raise CommandFailed(
            f"the database has {len(tables)} tables already: restore only into an empty one"
        )


@contextmanager
def _nobody_else(connection: Connection) -> Iterator[None]:
    """No worker and no server gets in before the copy is held."""
    name = sql.Identifier(str(connection.info.dbname))
    connection.execute(sql.SQL("revoke connect on database {} from public").format(name))
    yield
    connection.execute(sql.SQL("grant connect on database {} to public").format(name))


def _make_roles(connection: Connection) -> None:
    for name in ROLES:
        connection.execute(sql.SQL(MAKE_ROLE).format(sql.Literal(name), sql.Identifier(name)))
    for name in OWNING:
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(name)))


def _load(path: Path, content: bytes, url: str, connection: Connection) -> None:
    """All of the dump or nothing."""
    program = find_program("pg_restore", connection.info.server_version // 10_000)
    command = [
        str(program), "--single-transaction", "--exit-on-error", "--no-owner", "--no-password",
        "--dbname", str(make_url(url).database),
    ]  # fmt: skip
    with subprocess.Popen(  # noqa: S603
        command, env=environment(url), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdin is not None  # noqa: S101 - it was asked for
        assert running.stderr is not None  # noqa: S101
        try:
            for _, pieces in members(path, content, DUMP):
                for piece in pieces:
                    running.stdin.write(piece)
            running.stdin.close()
        except BrokenPipeError:
            pass
        except BaseException:
            running.kill()
            raise
        text = running.stderr.read().decode(errors="replace")
    if running.returncode:
        raise CommandFailed(f"pg_restore ended with {running.returncode}: {_error_in(text)}")


def _error_in(text: str) -> str:
    lines = [line for line in text.splitlines() if "error" in line.lower()]
    return lines[0] if lines else "it said nothing"


def _give_functions(connection: Connection, owners: dict[str, str]) -> None:
    """Functions that see more than their callers belong to roles that see little else."""
    with connection.transaction():
        for function, owner in owners.items():
            role = sql.Identifier(owner)
            for statement in (
                sql.SQL("grant create on schema public to {}").format(role),
                sql.SQL("alter function {} owner to {}").format(sql.SQL(function), role),
                sql.SQL("revoke create on schema public from {}").format(role),
            ):
                connection.execute(statement)


async def restore_objects(path: Path, content: bytes, storage: Storage) -> int:
    """Put every stored file back; one that is there already has to be the same."""
    number = 0
    for name, pieces in members(path, content, OBJECTS):
        key = name.removeprefix(OBJECTS)
        try:
            await storage.put(key, stream_of(pieces), limit=1 << 62)
        except ObjectExists:
            if await digest_in(storage, key) != _digest_of(path, content, name):
                raise CommandFailed(f"the store holds another file as {key}") from None
        number += 1
    return number


async def stream_of(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces as a store takes them."""
    for piece in pieces:
        yield piece


async def digest_in(storage: Storage, key: str) -> str:
    """SHA-256 of a stored file, in hexadecimal."""
    digest = hashlib.sha256()
    async for piece in await storage.get(key):
        digest.update(piece)
    return digest.hexdigest()


def _digest_of(path: Path, content: bytes, name: str) -> str:
    digest = hashlib.sha256()
    for item, pieces in members(path, content, name):
        if item == name:
            for piece in pieces:
                digest.update(piece)
    return digest.hexdigest()


def restore_files(path: Path, content: bytes, settings: Settings) -> None:
    """Put public keys and checkpoints back where none are; what is there stays."""
    seals = settings.keys_dir / FOLDER
    for folder in (settings.keys_dir, seals):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, pieces in members(path, content, SEALS):
        _write_if_missing(seals / Path(name).name, b"".join(pieces))
    for _, pieces in members(path, content, CHECKPOINTS):
        settings.checkpoint_file.parent.mkdir(parents=True, exist_ok=True)
        _write_if_missing(settings.checkpoint_file, b"".join(pieces))


def _write_if_missing(path: Path, content: bytes) -> None:
    if path.exists():
        return
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as stream:
        stream.write(content)
