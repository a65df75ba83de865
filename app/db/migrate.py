"""Brings a database to the present schema and gives the application its own login role."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql

import migrations
from app.db.addresses import parts_of, plain
from app.db.needs import OF_THE_ROLE, OF_THE_SERVER

GROUP = "cairn_app"
BACKUP = "cairn_backup"
MAKE_ROLE = """
do $$ begin
  if not exists (select from pg_roles where rolname = {}) then
    create role {} nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end $$
"""


def migrate(owner_url: str, app_url: str | None = None, backup_url: str | None = None) -> None:
    """Apply every missing migration and create the login roles of the given URLs.

    All are plain `postgresql://` URLs of one database.
    """
    command.upgrade(alembic_config(owner_url), "head")
    let_backup_read(owner_url)
    if app_url:
        prepare_login(owner_url, app_url, GROUP, OF_THE_ROLE)
    if backup_url:
        prepare_login(owner_url, backup_url, BACKUP, {"default_transaction_read_only": "on"})


UNREAD = """
select c.relname from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
  and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'backup')
"""


def let_backup_read(owner_url: str) -> None:
    """Let the backup role read every row of every table, including those of later migrations.

    It bypasses nothing: each table has a policy that says so
    (`docs/decisions/0039-backups-are-read-by-policy.md`).
    """
    role = sql.Identifier(BACKUP)
    with psycopg.connect(plain(owner_url)) as connection:
        connection.execute(sql.SQL(MAKE_ROLE).format(sql.Literal(BACKUP), role))
        for statement in (
            "grant usage on schema public to {}",
            "grant select on all tables in schema public to {}",
            "grant select on all sequences in schema public to {}",
        ):
            connection.execute(sql.SQL(statement).format(role))
        for (table,) in connection.execute(UNREAD).fetchall():
            connection.execute(
                sql.SQL("create policy backup on {} for select to {} using (true)").format(
                    sql.Identifier(table), role
                )
            )


def alembic_config(owner_url: str) -> Config:
    """Alembic's configuration for the migrations that ship with the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["url"] = owner_url
    return config


def prepare_login(owner_url: str, url: str, group: str, settings: Mapping[str, str]) -> None:
    """Create or update the login role named in a URL and put it into its group."""
    parts = parts_of(url)
    name, password = parts.get("user", ""), parts.get("password", "")
    role = sql.Identifier(name)
    with psycopg.connect(plain(owner_url), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
        verb = sql.SQL("alter role" if known else "create role")
        connection.execute(
            sql.SQL("{} {} login noinherit password {}").format(verb, role, sql.Literal(password))
            if name == group
            else sql.SQL("{} {} login inherit password {}").format(
                verb, role, sql.Literal(password)
            )
        )
        if name != group:
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), role))
        for setting, value in settings.items():
            connection.execute(_setting(role, setting, value))
        with suppress(psycopg.errors.InsufficientPrivilege):  # `cairn doctor` names what is missing
            for setting, value in OF_THE_SERVER.items():
                connection.execute(_setting(role, setting, value))


def _setting(role: sql.Identifier, name: str, value: str) -> sql.Composed:
    return sql.SQL("alter role {} set {} = {}").format(
        role, sql.Identifier(name), sql.Literal(value)
    )
