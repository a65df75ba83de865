"""Runs migrations as the owner, with time limits so that none can hang a live school."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.engine import make_url

from app.db.models import Base
from app.db.models.trail import Xid8

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"
ONE_AT_A_TIME = 0x0CA1124
ischema_names["xid8"] = Xid8


def ours(_thing: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Whether a table is Cairn's; the job queue's tables belong to its library."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def database_url() -> str:
    """The owner's URL, from the command that called or from the environment."""
    url = context.config.attributes.get("url") or os.environ["CAIRN_MIGRATION_DATABASE_URL"]
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(False)


def run() -> None:
    """Apply what is missing, one runner at a time."""
    engine = create_engine(database_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"set statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=ours,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
