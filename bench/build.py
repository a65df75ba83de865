"""Fills the benchmark's own PostgreSQL once, and gives every run a fresh copy of the same rows."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.db.embedded import RunningServer, start
from app.db.migrate import alembic_config, migrate

HOME = Path("var/bench/postgres")
SEED, WORK, HALF_MADE = "cairn_bench_seed", "cairn_bench", "cairn_bench_new"
APP_ROLE, APP_PASSWORD = "cairn_bench_app", "only-a-benchmark"
ROWS = Path(__file__).with_name("rows.sql")
VERSION = 4
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
"""On top of the embedded server's own; everything about durability stays on."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows there are of what matters."""

    schools: int
    pupils: int
    concerns: int

    def times(self, scale: int) -> "Size":
        """As many schools with so many times the rows."""
        return Size(self.schools, self.pupils * scale, self.concerns * scale)


FULL, TINY = Size(200, 20_000, 100_000), Size(2, 40, 1_000)
"""The tiny one only shows that everything runs."""


def start_server(say: Say) -> RunningServer:
    """The durable server of the benchmark."""
    return start(HOME, settings=SETTINGS, durable=True, progress=say)


def owner_url(server: RunningServer, database: str = WORK) -> str:
    """The superuser's URL of a database."""
    return make_url(server.admin_url).set(database=database).render_as_string(hide_password=False)


def app_url(server: RunningServer) -> str:
    """The application role's URL of the database that is measured."""
    return server.url(APP_ROLE, APP_PASSWORD, WORK)


def fresh_copy(server: RunningServer, size: Size, say: Say) -> None:
    """Make `WORK` a copy of the seed rows, which are built first where they are missing."""
    mark = f"rows {VERSION}, size {size}, schema {_schema(server)}"
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        if _mark_of(admin) != mark:
            _build(server, admin, size, mark, say)
        say("Copying the rows for this run")
        admin.execute(f"drop database if exists {WORK} with (force)")
        admin.execute(f"create database {WORK} template {SEED} strategy file_copy")
    migrate(owner_url(server), app_url(server))
    with psycopg.connect(owner_url(server), autocommit=True) as owner:
        owner.execute("update auth_session set expires_at = now() + interval '12 hours'")
        owner.execute("vacuum (analyze) auth_session")


def _schema(server: RunningServer) -> str:
    """What the migrations say by now: until the first release they change in place."""
    from alembic.script import ScriptDirectory

    folder = Path(ScriptDirectory.from_config(alembic_config(server.admin_url)).versions)
    texts = (path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def _mark_of(admin: psycopg.Connection) -> str | None:
    found = admin.execute(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [SEED]
    ).fetchone()
    return found[0] if found else None


def _build(
    server: RunningServer, admin: psycopg.Connection, size: Size, mark: str, say: Say
) -> None:
    for name in (SEED, HALF_MADE):
        admin.execute(f"drop database if exists {name} with (force)")
    admin.execute(f"create database {HALF_MADE}")
    migrate(owner_url(server, HALF_MADE))
    with psycopg.connect(owner_url(server, HALF_MADE), autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("set synchronous_commit = off")
        owner.execute("set work_mem = '256MB'")
        owner.execute("set maintenance_work_mem = '256MB'")
        owner.execute(
            sql.SQL("create temp table size as select {} as schools, {} as pupils, {} as concerns")
            .format(size.schools, size.pupils, size.concerns)
        )  # fmt: skip
        for title, statements in _steps():
            begun = time.monotonic()
            owner.execute(statements)
            say(f"Built {title} in {time.monotonic() - begun:.1f} s")
        say("Vacuum and analyze")
        owner.execute("vacuum (freeze, analyze)")
    admin.execute(f"alter database {HALF_MADE} rename to {SEED}")
    admin.execute(sql.SQL("comment on database {} is {}").format(sql.Identifier(SEED), mark))
    admin.execute("checkpoint")


def _steps() -> Iterator[tuple[str, str]]:
    _, *steps = ROWS.read_text().split("\n-- step: ")
    for step in steps:
        title, _, statements = step.partition("\n")
        yield title, statements
