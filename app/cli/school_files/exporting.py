"""Writes everything of one school: its rows, its files, its trail with seals and public keys."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from app.cli.backups.facts import Connection, connect
from app.cli.failures import CommandFailed
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.vocabularies import VOCABULARIES
from app.core.words import Actor, AuditEvent
from app.db import school_rows
from app.db.models import Organisation
from app.db.school_rows import ADULTS, Leaving
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.formats import school_files
from app.formats.backups import CHUNK, CONTENT_KEY_BYTES, SCHOOL, BackupWriter
from app.formats.school_files import FolderTarget, SchoolWriter, Target
from app.integrations.seal_keys import FOLDER
from app.integrations.storage import storage_from_url
from app.jobs.sealing import sealing_of

LINES = 2_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written where, and why. Without `key` it is a folder that anybody can read."""

    school_id: UUID
    target: Path
    key: ECKey | None
    reason: str
    adults: ECKey | None = None
    """Who gets the register of concerns about adults, in a file of its own; None leaves it here."""

    @property
    def adults_target(self) -> Path:
        """Where that register goes."""
        return self.target.with_name(f"{self.target.name}.adults")


async def export_school(settings: Settings, wish: Wish) -> dict[str, Any]:
    """Write the school into a new folder, or encrypted into a new file; its manifest.

    The trail says so first. Nothing is left where it fails. Raises `CommandFailed`.
    """
    for path in (wish.target, wish.adults_target):
        if path.exists():
            raise CommandFailed(f"{path} exists; an export never overwrites anything")
    await _tell_trail(settings, wish)
    made: list[tuple[Path, Path]] = []
    try:
        with _one_moment(settings.database_url.get_secret_value(), wish.school_id) as connection:
            with _target(wish.target, wish.key, made) as target:
                manifest = await _write(settings, wish.school_id, SchoolWriter(target), connection)
            if wish.adults is not None:
                with _target(wish.adults_target, wish.adults, made) as target:
                    _write_adults(wish.school_id, SchoolWriter(target), connection)
        for unfinished, path in made:
            unfinished.rename(path)
    except BaseException:
        for unfinished, _ in made:
            _remove(unfinished)
        raise
    return manifest


async def _tell_trail(settings: Settings, wish: Wish) -> None:
    """Say it in the trail, and seal what there is, so that what leaves can be proved."""
    database = Database(settings.database_url.get_secret_value(), pool=2)
    try:
        async with open_work(database, Actor.system(wish.school_id)) as work:
            found = await work.session.get(Organisation, wish.school_id)
            if found is None or found.kind != "school":
                raise CommandFailed("there is no school with this id")
            work.record(
                AuditEvent.SCHOOL_EXPORTED, "school", wish.school_id, reason=wish.reason,
                details={"encrypted": wish.key is not None, "adults": wish.adults is not None},
            )  # fmt: skip
        await sealing_of(settings, database).once()
    finally:
        await database.close()


@contextmanager
def _target(path: Path, key: ECKey | None, made: list[tuple[Path, Path]]) -> Iterator[Target]:
    unfinished = path.with_name(f".{path.name}.part")
    made.append((unfinished, path))
    if key is None:
        with closing(FolderTarget(unfinished)) as folder:
            yield folder
        return
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb", buffering=CHUNK) as stream:
        content = secrets.token_bytes(CONTENT_KEY_BYTES)
        made_at = clock.now().isoformat()
        yield BackupWriter(stream, str(new_id()), made_at, key, content, SCHOOL)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _one_moment(url: str, school_id: UUID) -> Iterator[Connection]:
    """A transaction that sees one moment of this school and of no other."""
    with connect(url) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        connection.execute("select set_config('app.school_id', %s, true)", [str(school_id)])
        connection.execute("set local statement_timeout = 0")
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        yield connection


async def _write(
    settings: Settings, school_id: UUID, writer: SchoolWriter, connection: Connection
) -> dict[str, Any]:
    writer.write(school_files.README, [school_files.READ_ME.encode()])
    vocabularies = {name: asdict(one) for name, one in VOCABULARIES.items()}
    packed = json.dumps(vocabularies, default=_plain, ensure_ascii=False, indent=1)
    writer.write(school_files.VOCABULARIES, [packed.encode()])
    for one in school_rows.leaving():
        if one.part != ADULTS:
            _write_rows(one, school_id, writer, connection)
    for path in sorted((settings.keys_dir / FOLDER).glob("*.pub")):
        writer.write(school_files.KEYS + path.name, [path.read_bytes()])
    await _write_files(settings, school_id, writer)
    return writer.end(_about(connection, school_id))


def _write_adults(school_id: UUID, writer: SchoolWriter, connection: Connection) -> None:
    for one in school_rows.leaving():
        if one.part == ADULTS:
            _write_rows(one, school_id, writer, connection)
    writer.end(_about(connection, school_id))


def _write_rows(
    one: Leaving, school_id: UUID, writer: SchoolWriter, connection: Connection
) -> None:
    schema = json.dumps(school_rows.schema(one.table), indent=1)
    writer.write(f"{school_files.SCHEMAS}{one.table}.json", [schema.encode()])
    writer.write(one.member, _lines(connection, one, school_id))


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _lines(connection: Connection, one: Leaving, school_id: UUID) -> Iterator[bytes]:
    with connection.cursor(name=f"leaving_{one.table}") as cursor:
        cursor.itersize = LINES
        cursor.execute(school_rows.reading(one).encode(), {"school": school_id})
        while rows := cursor.fetchmany(LINES):
            yield b"".join(f"{line}\n".encode() for (line,) in rows)


async def _write_files(settings: Settings, school_id: UUID, writer: SchoolWriter) -> None:
    storage = storage_from_url(settings.storage_url)
    stored = storage.keys()
    own = [key async for key in stored if str(school_id) in key.split("/")]
    for key in sorted(own):
        put = writer.begin(school_files.FILES + key)
        async for piece in await storage.get(key):
            put(piece)


def _about(connection: Connection, school_id: UUID) -> dict[str, Any]:
    row = connection.execute(
        "select name, urn, nation from organisation where id = %s", [school_id]
    ).fetchone()
    assert row is not None  # noqa: S101 - it was looked for before
    name, urn, nation = row
    return {
        "school": {"id": str(school_id), "name": name, "urn": urn, "nation": nation},
        "made_at": clock.now().isoformat(),
        "columns": school_rows.columns(),
        "left_out": school_rows.staying(),
        "secrets_left_out": {table: list(found) for table, found in school_rows.SECRETS.items()},
    }


def _remove(path: Path) -> None:
    if path.is_dir():
        for one in sorted(path.rglob("*"), reverse=True):
            one.rmdir() if one.is_dir() else one.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
