"""`cairn doctor`: looks whether this installation is as it should be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import psycopg
import typer
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from app.cli.failures import needed, sentence_of
from app.core.ids import new_id
from app.core.settings import Settings
from app.db.migrate import alembic_config, check_app_role
from app.integrations.mail import mail_from_url
from app.integrations.signing_keys import KeyRing, NoSigningKey
from app.integrations.storage import storage_from_url

Connection: TypeAlias = "psycopg.Connection[tuple[object, ...]]"
State = Literal["ok", "bad", "unknown"]
DEAREST_RANDOM_PAGE = 1.5
"""Above this the planner avoids the indexes of the hottest lists (measured)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found."""

    state: State
    sentence: str


def doctor() -> None:
    """Look at database, role, migrations, planner, keys, storage and mail."""
    settings = Settings()
    bad = False
    for name, look in LOOKS.items():
        try:
            finding = look(settings)
        except Exception as error:
            finding = Finding("bad", sentence_of(error))
        bad = bad or finding.state == "bad"
        typer.echo(f"{finding.state:<8}{name:<12}{finding.sentence}")
    if bad:
        raise typer.Exit(1)


def _app_url(settings: Settings) -> str:
    return needed(settings.database_url, "CAIRN_DATABASE_URL")


def _owner_url(settings: Settings) -> str:
    return needed(settings.migration_database_url, "CAIRN_MIGRATION_DATABASE_URL")


def _connect(settings: Settings, *, as_owner: bool = False) -> Connection:
    url = make_url(_owner_url(settings) if as_owner else _app_url(settings))
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, connect_timeout=5, autocommit=True)


def _database(settings: Settings) -> Finding:
    try:
        with _connect(settings) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError:
        return Finding("bad", "the database does not answer, or refuses role or password")
    if version < 15:
        return Finding("bad", f"PostgreSQL {version} is too old; 15 or later is needed")
    return Finding("ok", f"PostgreSQL {version} answers")


def _role(settings: Settings) -> Finding:
    check_app_role(_app_url(settings), accept_unsafe=settings.unsafe_database)
    return Finding("ok", "the application's role owns nothing and cannot step around policies")


def _migrations(settings: Settings) -> Finding:
    """Only the owner may read the revision, so without the owner's URL it stays unknown."""
    if not settings.migration_database_url.get_secret_value():
        return Finding(
            "unknown", "only the owner sees it: give CAIRN_MIGRATION_DATABASE_URL as well"
        )
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    try:
        with _connect(settings, as_owner=True) as connection:
            row = connection.execute("select version_num from alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return Finding("bad", "the database is empty; run `cairn migrate`")
    if row is None or row[0] != head:
        return Finding("bad", f"the schema is not at revision {head}; run `cairn migrate`")
    return Finding("ok", f"the schema is at revision {head}")


def _planner(settings: Settings) -> Finding:
    with _connect(settings) as connection:
        row = connection.execute("select current_setting('random_page_cost')::float8").fetchone()
    cost = float(str(row[0])) if row else 0.0
    if cost > DEAREST_RANDOM_PAGE:
        return Finding("bad", f"random_page_cost is {cost}; 1.1 suits solid-state disks")
    return Finding("ok", f"random_page_cost is {cost}")


def _keys(settings: Settings) -> Finding:
    try:
        KeyRing(settings.keys_dir).current()
    except NoSigningKey:
        return Finding("unknown", "there is no signing key yet; the first `cairn serve` makes one")
    return Finding("ok", "the folder of signing keys is ours alone")


def _storage(settings: Settings) -> Finding:
    asyncio.run(_store_and_delete(settings))
    return Finding("ok", "attachments can be stored and deleted")


async def _store_and_delete(settings: Settings) -> None:
    storage = storage_from_url(settings.storage_url)
    key = f"doctor/{new_id()}"
    await storage.put(key, _one_piece(), limit=10)
    await storage.delete(key)


async def _one_piece() -> AsyncIterator[bytes]:
    yield b"doctor"


def _mail(settings: Settings) -> Finding:
    mail_from_url(settings.mail_url, settings.mail_from)
    return Finding("ok", "the mail route can be used; nothing was sent")


LOOKS: dict[str, Callable[[Settings], Finding]] = {
    "database": _database,
    "role": _role,
    "migrations": _migrations,
    "planner": _planner,
    "keys": _keys,
    "storage": _storage,
    "mail": _mail,
}
