"""Brings a database to the present schema and gives the application its own login role."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy.engine import make_url

import migrations

GROUP = "cairn_app"
LIMITS = {
    "statement_timeout": "15s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
}


class UnsafeRole(Exception):
    """The application's role could step around row-level security."""


def migrate(owner_url: str, app_url: str | None = None) -> None:
    """Apply every missing migration; create the login role of `app_url`, if one is given.

    Both are plain `postgresql://` URLs of one database.
    """
    command.upgrade(alembic_config(owner_url), "head")
    if app_url:
        prepare_login(owner_url, app_url)


def alembic_config(owner_url: str) -> Config:
    """Alembic's configuration for the migrations that ship with the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["url"] = owner_url
    return config


def prepare_login(owner_url: str, app_url: str) -> None:
    """Create or update the login role named in `app_url` and put it into the group."""
    parsed = make_url(app_url)
    name, password = parsed.username or "", parsed.password or ""
    role = sql.Identifier(name)
    with psycopg.connect(_plain(owner_url), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
        verb = sql.SQL("alter role" if known else "create role")
        connection.execute(
            sql.SQL("{} {} login noinherit password {}").format(verb, role, sql.Literal(password))
            if name == GROUP
            else sql.SQL("{} {} login inherit password {}").format(
                verb, role, sql.Literal(password)
            )
        )
        if name != GROUP:
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(GROUP), role))
        for setting, value in LIMITS.items():
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
