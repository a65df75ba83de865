"""Brings a database to the present schema and gives the application its own login role."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy.engine import make_url

import migrations

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
LIMITS = {
    "statement_timeout": "15s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
}


class UnsafeRole(Exception):
    """The application's role could step around row-level security."""


def migrate(owner_url: str, app_url: str | None = None, backup_url: str | None = None) -> None:
    """Apply every missing migration; create the login roles of the URLs that are given.

    All are plain `postgresql://` URLs of one database.
    """
    command.upgrade(alembic_config(owner_url), "head")
    let_backup_read(owner_url)
    if app_url:
        prepare_login(owner_url, app_url, GROUP, LIMITS)
    if backup_url:
        prepare_login(owner_url, backup_url, BACKUP, {"default_transaction_read_only": "on"})


UNREAD = """
select c.relname from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
  and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'backup')
"""


def let_backup_read(owner_url: str) -> None:
    """Let the backup role read every row of every table, those of later migrations included.

    It bypasses nothing: each table has a policy that says so (`docs/decisions/0039`).
    """
    role = sql.Identifier(BACKUP)
    with psycopg.connect(_plain(owner_url)) as connection:
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
    parsed = make_url(url)
    name, password = parsed.username or "", parsed.password or ""
    role = sql.Identifier(name)
    with psycopg.connect(_plain(owner_url), autocommit=True) as connection:
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
            connection.execute(
                sql.SQL("alter role {} set {} = {}").format(
                    role, sql.Identifier(setting), sql.Literal(value)
                )
            )


CHECKS = """
select r.rolsuper or r.rolbypassrls as steps_around,
       exists (select from pg_class c where c.relowner = r.oid and c.relnamespace =
               'public'::regnamespace and c.relkind = 'r') as owns_tables,
       current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as durable
from pg_roles r where r.rolname = current_user
"""


def check_app_role(app_url: str, *, accept_unsafe: bool = False) -> None:
    """Refuse a role that owns tables or bypasses policies, and a server that may lose commits.

    Raises `UnsafeRole`.
    """
    with psycopg.connect(_plain(app_url)) as connection:
        found = connection.execute(CHECKS).fetchone()
    if found is None or found[0] or found[1]:
        raise UnsafeRole(
            "CAIRN_DATABASE_URL signs in as a role that owns tables or bypasses row-level "
            "security; use a role of its own (`cairn migrate` creates one)"
        )
    if not found[2] and not accept_unsafe:
        raise UnsafeRole("the PostgreSQL server runs without fsync and could lose what it accepted")


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
