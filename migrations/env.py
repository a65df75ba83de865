"""Runs migrations as the owner, with time limits so that none can hang a live school."""

import os

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlalchemy.dialects.postgresql.base import ischema_names

from app.db.addresses import plain
from app.db.models import Base
from app.db.models.trail import Xid8
from app.db.needs import PLANNING

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"
ONE_AT_A_TIME = 0x0CA1124
ischema_names["xid8"] = Xid8


def ours(_thing: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Whether a table is Cairn's; the job queue's tables belong to its library."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def connect() -> psycopg.Connection:
    """As the owner, whose URL comes from the command that called or from the environment."""
    url = context.config.attributes.get("url") or os.environ["CAIRN_MIGRATION_DATABASE_URL"]
    return psycopg.connect(plain(url))


def run() -> None:
    """Apply what is missing, one runner at a time."""
    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"set statement_timeout = '{STATEMENT_TIMEOUT}'"))
        for name, value in PLANNING.items():
            wanted = {"name": name, "value": value}
            connection.execute(text("select set_config(:name, :value, false)"), wanted)
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
