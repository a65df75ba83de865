"""Where the demo keeps its record: a PostgreSQL of its own, or one of the user's."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from alembic import command
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from app.cli.demo.folder import Folder
from app.cli.demo.programs import signals_held
from app.cli.failures import CommandFailed
from app.db import embedded
from app.db.migrate import GROUP, alembic_config, migrate
from app.db.needs import OF_THE_ROLE

OLDEST = 15
NAME = "cairn"
OWNED_BY_GROUPS = ("cairn_search", "cairn_sealer", "cairn_remover", "cairn_merger")
"""Roles that own a few functions; the migrations need them."""
LOADING, LOADED = "cairn demo: loading", "cairn demo: loaded"
READ_MARK = "select obj_description(to_regclass('public.organisation'), 'pg_class')"
IS_USED = "select exists (select from account)"
ROLES = "select rolname from pg_roles where rolname = any(%s)"
MAY_CREATE_ROLES = """
select rolsuper or rolcreaterole from pg_roles where rolname = current_user
"""
HAS_TABLES = "select to_regclass('public.chronology_entry')"
TABLES = "select count(*) from pg_tables where schemaname = 'public' and tableowner = current_user"
TOO_OLD = (
    "This PostgreSQL is version {found}, and Cairn needs {oldest} or later: set DATABASE_URL to a "
    "newer server, or leave it out and let the demo bring its own."
)
MALFORMED = "DATABASE_URL is written postgresql://role:password@host/database"
FOREIGN = (
    "The database {name} holds a Cairn record that the demo did not make. Nothing was changed: set "
    "DATABASE_URL to an empty database."
)
NO_ROLES = """\
The role {owner} of DATABASE_URL may not create roles, so the demo cannot make the one it signs in
as. Ask somebody who may to run this once, then start the demo again:

{statements}

Or give {owner} the right itself: ALTER ROLE {owner} CREATEROLE;"""

Say = Callable[[str], None]


@dataclass(slots=True)
class Record:
    """A database the demo may use. `owner_url` and `app_url` are plain `postgresql://` URLs."""

    owner_url: str
    app_url: str
    prepare_app: bool = True
    """Whether the owner may make the application's role."""

    @property
    def name(self) -> str:
        """The name of the database."""
        return make_url(self.owner_url).database or ""

    def migrate(self) -> None:
        """Bring it to the present schema, with the application's role.

        Raises `CommandFailed`, even where it holds somebody else's record.
        """
        self.check_ours()
        try:
            migrate(self.owner_url, self.app_url if self.prepare_app else None)
        except psycopg.Error as refused:
            raise _not_migrated(refused) from None
        except DBAPIError as refused:
            raise _not_migrated(refused.orig) from None
        except CommandError as refused:
            raise _not_migrated(refused) from None

    def mark(self) -> str | None:
        """How far the demo got here: None, `LOADING` or `LOADED`.

        Kept as the comment of a table, where the owner reads it whatever the policies say.
        """
        result = self._ask(READ_MARK)
        return str(result) if result in (LOADING, LOADED) else None

    def set_mark(self, mark: str) -> None:
        """Remember how far the demo got."""
        self._do(sql.SQL("comment on table organisation is {}").format(sql.Literal(mark)))

    def check_ours(self) -> None:
        """Raise `CommandFailed` where there is a record that the demo did not make."""
        if self.mark() is None and self._has_accounts():
            raise CommandFailed(FOREIGN.format(name=self.name))

    def empty(self, say: Say) -> None:
        """Drop every table of the demo, after saying so. Raises `CommandFailed`."""
        self.check_ours()
        if self._ask(HAS_TABLES) is None:
            return
        number = self._ask(TABLES)
        host = make_url(self.owner_url).host or "this machine"
        say(f"Dropping the {number} tables of the demo in database {self.name} on {host}")
        command.downgrade(alembic_config(self.owner_url), "base")
        self._do(sql.SQL("drop table if exists alembic_version"))

    def forget_jobs(self) -> None:
        """Drop what is queued."""
        self._do(sql.SQL("delete from procrastinate_jobs"))

    def _has_accounts(self) -> bool:
        return self._ask(HAS_TABLES) is not None and bool(self._ask(IS_USED))

    def _ask(self, question: LiteralString) -> object:
        with connected(self.owner_url) as connection:
            row = connection.execute(question).fetchone()
            return row[0] if row else None

    def _do(self, statement: sql.SQL | sql.Composed) -> None:
        with connected(self.owner_url) as connection:
            connection.execute(statement)


def _not_migrated(refused: object) -> CommandFailed:
    splitlines = str(refused).strip().splitlines()
    return CommandFailed(
        f"The database could not be prepared: {splitlines[0] if splitlines else refused!r}"
    )


def connected(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection that commits each statement by itself."""
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


@dataclass(slots=True)
class OwnServer:
    """PostgreSQL in the demo's folder."""

    folder: Folder
    _server: embedded.RunningServer | None = None

    def start(self, say: Say) -> Record:
        """Start it and make the database. Raises `EmbeddedPostgresError`."""
        with signals_held():
            server = self._server = embedded.start(self.folder.postgres, progress=say)
        with connected(server.admin_url) as connection:
            known = connection.execute(
                "select 1 from pg_database where datname = %s", [NAME]
            ).fetchone()
            if not known:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(NAME)))
        owner_url = server.url(embedded.SUPERUSER, server.password, NAME)
        return Record(owner_url, server.url("cairn_demo", self.folder.app_password(), NAME))

    @property
    def directory(self) -> Path:
        """Where the cluster really lives."""
        return self._server.directory if self._server else self.folder.postgres

    def stop(self) -> None:
        """Stop it, even if it was left running by a demo that was killed."""
        if self._server is not None:
            self._server.stop()

    def erase(self, say: Say) -> None:
        """Delete the cluster permanently."""
        say(f"Deleting the demo's database in {self.folder.postgres}")
        embedded.erase(self.folder.postgres)


@dataclass(slots=True)
class UsersServer:
    """A server that `DATABASE_URL` names, as the owner of its database."""

    url: str
    folder: Folder

    def start(self, _say: Say) -> Record:
        """Look whether it will do. Raises `CommandFailed` with what to do about it."""
        try:
            return self._record()
        except psycopg.OperationalError as refused:
            text = str(refused).strip().splitlines()[0]
            raise CommandFailed(f"The server of DATABASE_URL does not take us: {text}") from None
        except ArgumentError:
            raise CommandFailed(MALFORMED) from None

    def stop(self) -> None:
        """It is not ours to stop."""

    def erase(self, say: Say) -> None:
        """Drop what the demo made."""
        self.start(say).empty(say)

    def _record(self) -> Record:
        owner = make_url(self.url).set(drivername="postgresql")
        owner_url = owner.render_as_string(hide_password=False)
        login = f"cairn_demo_{owner.database}".encode()[:60].decode(errors="ignore")
        app = owner.set(username=login, password=self.folder.app_password())
        record = Record(owner_url, app.render_as_string(hide_password=False))
        with connected(owner_url) as connection:
            result = connection.info.server_version // 10_000
            if result < OLDEST:
                raise CommandFailed(TOO_OLD.format(found=result, oldest=OLDEST))
            may = connection.execute(MAY_CREATE_ROLES).fetchone()
            record.prepare_app = bool(may and may[0])
            if not record.prepare_app and not (
                _signs_in(record.app_url) and _has_groups(connection)
            ):
                raise CommandFailed(_what_to_run(connection, login, self.folder.app_password()))
        return record


def _has_groups(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    """Whether every role is there that a migration would have to create."""
    wanted = [GROUP, *OWNED_BY_GROUPS]
    return len(connection.execute(ROLES, [wanted]).fetchall()) == len(wanted)


def _signs_in(app_url: str) -> bool:
    try:
        with connected(app_url) as connection:
            row = connection.execute(
                "select pg_has_role(current_user, %s, 'usage')", [GROUP]
            ).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


def _what_to_run(
    connection: "psycopg.Connection[tuple[object, ...]]", login: str, password: str
) -> str:
    """The statements that make what is missing, ready to be pasted."""
    owner = connection.info.user
    wanted = [GROUP, *OWNED_BY_GROUPS, login]
    known = {row[0] for row in connection.execute(ROLES, [wanted]).fetchall()}
    name = sql.Identifier
    lines = [
        sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT;").format(name(group))
        for group in (GROUP, *OWNED_BY_GROUPS)
        if group not in known
    ]
    verb = sql.SQL("ALTER" if login in known else "CREATE")
    lines += [
        sql.SQL("{} ROLE {} LOGIN INHERIT PASSWORD {};").format(
            verb, name(login), sql.Literal(password)
        ),
        sql.SQL("GRANT {} TO {};").format(name(GROUP), name(login)),
        *(
            sql.SQL("GRANT {} TO {} WITH ADMIN OPTION;").format(name(group), name(owner))
            for group in OWNED_BY_GROUPS
        ),
    ]
    lines += [
        sql.SQL("ALTER ROLE {} SET {} = {};").format(name(login), name(setting), sql.Literal(value))
        for setting, value in OF_THE_ROLE.items()
    ]
    statements = "\n".join("  " + line.as_string(connection) for line in lines)
    return NO_ROLES.format(owner=owner, statements=statements)


def chosen(url: str | None, folder: Folder) -> OwnServer | UsersServer:
    """The server of `DATABASE_URL`; without it, the demo's own."""
    return UsersServer(url, folder) if url else OwnServer(folder)
