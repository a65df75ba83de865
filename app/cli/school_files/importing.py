"""Brings a school's file into an installation that does not have the school: exactly, or not."""

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import psycopg

from app.cli.backups.facts import Connection, connect
from app.cli.backups.restoring import digest_in, hold, stream_of
from app.cli.failures import CommandFailed
from app.cli.school_files.breaking import said_of
from app.cli.school_files.proving import check_lines, check_whole, published_keys
from app.core.settings import Settings
from app.core.words import Actor, AuditEvent
from app.db import school_rows
from app.db.school_rows import Leaving
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.row_hashes.queries import adopt_rows
from app.formats import school_files
from app.formats.school_files import SchoolSource, prove
from app.integrations.seal_keys import FOLDER
from app.integrations.storage import ObjectExists, Storage, storage_from_url

HELD: Final = "a school was brought in"
LOGS: Final = {"trail": "children", "adult_trail": "adults", "row_trail": "rows"}
SHOWN = 10
THERE: Final = "select count(*) from organisation where kind = 'school' and id = %s"
OTHERS: Final = "select exists (select from staff) or exists (select from account)"
PARENT: Final = """
update arriving set line = line - 'parent_id'
where not exists (select from organisation o where o.id = (line->>'parent_id')::uuid)
"""
"""A trust that is not here cannot have the school."""
COPIED: Final = re.compile(r"COPY arriving, line (\d+)")


async def import_school(
    settings: Settings, url: str, sources: Sequence[SchoolSource], *, running: bool
) -> dict[str, Any]:
    """Prove every byte, write every row and file, and go on with the school's trail; the manifest.

    `url` is the owner's. Every line is held against the school's own row trail first: what is not
    as that left it is refused. All rows come in one transaction. An installation with no other
    school is held afterwards; one that has others goes on, which `running` has to say. Raises
    `CommandFailed` and `BackupRefused`.
    """
    manifests = [prove(item) for item in sources]
    school_id = _one_school(manifests)
    check_whole(manifests)
    check_lines(sources, has_adults=len(sources) > 1)
    keys = [published_key for source in sources for published_key in published_keys(source)]
    with connect(url) as connection:
        _check(connection, manifests[0], school_id, running=running)
        connection.execute(school_rows.STAGE)
        for source in sources:
            _add_rows(connection, source, school_id)
        _go_on(connection)
        storage = storage_from_url(settings.storage_url)
        for source in sources:
            await _add_files(source, storage, school_id)
        if not running:
            hold(connection, HELD)
    _add_keys(keys, settings)
    await _tell_trail(settings, school_id, manifests)
    return {**manifests[0], "keys": sorted(name for name, _ in keys)}


def _one_school(manifests: Sequence[dict[str, Any]]) -> UUID:
    items = {manifest["school"]["id"] for manifest in manifests}
    if len(items) != 1:
        raise CommandFailed("the files are of different schools")
    return UUID(items.pop())


def _check(
    connection: Connection, manifest: dict[str, Any], school_id: UUID, *, running: bool
) -> None:
    """Raises `CommandFailed` where the school cannot come in."""
    connection.execute("select set_config('app.school_id', %s, true)", [str(school_id)])
    connection.execute("set local statement_timeout = 0")
    if _first(connection, THERE, [school_id]):
        raise CommandFailed(
            "school_not_empty: this school is here already, and an import adds to nothing. Use an "
            "installation that does not have it"
        )
    here, there = school_rows.columns(), manifest["columns"]
    other = [name for name in here.keys() | there.keys() if here.get(name) != there.get(name)]
    if other:
        raise CommandFailed(
            f"another version of Cairn wrote the file: {min(other)} has other fields here. Bring "
            "both installations to the same version"
        )
    if _first(connection, OTHERS) and not running:
        raise CommandFailed(
            "this installation is in use: alerts of the school would go out at once. Repeat it "
            "with --running if that is right, or use an empty installation, which is held first"
        )


def _first(connection: Connection, statement: str, values: Sequence[Any] = ()) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    return row[0] if row else None


def _add_rows(connection: Connection, source: SchoolSource, school_id: UUID) -> None:
    """Every member of rows; parents come first in the file."""
    known = {item.member: item for item in school_rows.leaving()}
    for name, pieces in source.members():
        if name in known:
            _stage(connection, known[name], pieces, school_id)


def _stage(
    connection: Connection, leaving: Leaving, pieces: Iterable[bytes], school_id: UUID
) -> None:
    connection.execute(school_rows.EMPTY)
    try:
        with connection.cursor() as cursor, cursor.copy(school_rows.ARRIVING) as copy:
            for piece in pieces:
                copy.write(_escaped(piece))
    except psycopg.DataError as error:
        line = COPIED.search(error.diag.context or "")
        where = f"{leaving.member} line {line[1]}" if line else leaving.member
        raise CommandFailed(f"{where} is no JSON object: ask for the file again") from error
    strangers = _first(connection, school_rows.strangers(leaving), [school_id])
    if strangers:
        raise CommandFailed(f"{leaving.member} has {strangers} rows of another school")
    if leaving.table == "organisation":
        connection.execute(PARENT)
    if leaving.table == "account":
        _refuse_taken(connection)
    if leaving.table in LOGS:
        connection.execute(_renumbering(leaving.table))
    _add(connection, leaving)


def _add(connection: Connection, leaving: Leaving) -> None:
    """Add the staged rows. Raises `CommandFailed`, which says of which line and what to do."""
    try:
        with connection.transaction():
            connection.execute(school_rows.arriving(leaving.table).encode())
    except (psycopg.errors.IntegrityError, psycopg.DataError) as error:
        raise CommandFailed(said_of(connection, leaving, error)) from error


def _escaped(piece: bytes) -> bytes:
    """Lines of JSON as COPY reads text: only a backslash has a meaning of its own there."""
    return piece.replace(b"\\", b"\\\\")


def _refuse_taken(connection: Connection) -> None:
    taken = [email for (email,) in connection.execute(school_rows.TAKEN).fetchall()]
    if taken:
        more = f" and {len(taken) - SHOWN} more" if len(taken) > SHOWN else ""
        raise CommandFailed(
            f"these people have an account here already: {', '.join(taken[:SHOWN])}{more}. A "
            "school comes into an installation that does not know its staff"
        )


def _renumbering(table: str) -> bytes:
    return school_rows.UNSEALED.format(table=table, log=LOGS[table]).encode()


def _go_on(connection: Connection) -> None:
    """New entries of every log come after those that arrived."""
    for table in LOGS:
        sequence = _first(connection, f"select pg_get_serial_sequence('{table}', 'seq')")
        connection.execute(school_rows.GO_ON.format(table=table, sequence=sequence).encode())


async def _add_files(source: SchoolSource, storage: Storage, school_id: UUID) -> None:
    for name, pieces in source.members():
        if not name.startswith(school_files.FILES):
            continue
        key = name.removeprefix(school_files.FILES)
        if str(school_id) not in key.split("/"):
            raise CommandFailed(f"{name} is no file of this school")
        try:
            await storage.put(key, stream_of(pieces), limit=1 << 62)
        except ObjectExists:
            sha256 = source.manifest()["files"][name]["sha256"]
            if await digest_in(storage, key) != sha256:
                raise CommandFailed(f"the store holds another file as {key}") from None


def _add_keys(keys: Iterable[tuple[str, bytes]], settings: Settings) -> None:
    """Keep the public keys by which the school's trail is proved; what is there stays."""
    folder = settings.keys_dir / FOLDER
    for item in (settings.keys_dir, folder):
        item.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in keys:
        path = folder / name
        if not path.exists():
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "wb") as stream:
                stream.write(content)


async def _tell_trail(
    settings: Settings, school_id: UUID, manifests: Sequence[dict[str, Any]]
) -> None:
    """The school's trail goes on with where it comes from, and vouches for what had to change."""
    database = Database(settings.database_url.get_secret_value(), pool=2)
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            work.record(
                AuditEvent.SCHOOL_IMPORTED, "school", school_id,
                details={
                    "made_at": manifests[0]["made_at"],
                    "manifests": [school_files.digest_of(manifest) for manifest in manifests],
                },
            )  # fmt: skip
        await adopt_rows(database, school_id, f"{HELD}.", changed=True, only=school_rows.OTHERWISE)
    finally:
        await database.close()
