"""Engines, sessions and the school scope that every transaction begins with."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, SessionTransaction

from app.core import clock
from app.core.words import Actor, Cohort

SYSTEM_SCOPE = """
select set_config('app.school_id', $1, true), set_config('app.account_id', $2, true)
"""

# The lateral keeps the order: the scope is set before a policy of the inner tables reads it.
PERSON_SCOPE = """
select facts.cohort
from (select set_config('app.school_id', $1, true) as school,
             set_config('app.account_id', $2, true) as account offset 0) scope
cross join lateral (
  select m.cohort::text as cohort
  from auth_session s
  join account a on a.id = s.account_id and a.disabled_at is null
  join membership m on m.school_id = scope.school::uuid and m.staff_id = scope.account::uuid
                   and m.role = s.role
  where s.id = $3::uuid and s.account_id = scope.account::uuid
    and s.organisation_id = scope.school::uuid and s.role = $4
    and s.revoked_at is null and s.expires_at > $5::timestamptz
    and m.valid_from <= ($5::timestamptz at time zone 'UTC')::date
    and (m.valid_to is null or m.valid_to > ($5::timestamptz at time zone 'UTC')::date)
  limit 1) facts
"""


class SessionEnded(Exception):
    """The session was revoked or expired, or the account or membership behind it has ended."""


def scope_of(actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """The one statement that sets the scope, and for a person proves session and membership."""
    school, account = str(actor.school_id), str(actor.id)
    if actor.is_system:
        return SYSTEM_SCOPE, (school, account)
    return PERSON_SCOPE, (school, account, str(actor.session_id), actor.role.value, clock.now())


@lru_cache(maxsize=256)
def cohort_from(text: str) -> Cohort:
    """The pastoral cohort stored with a membership."""
    stored = json.loads(text)
    return Cohort(
        tuple(stored.get("year_groups", ())), tuple(stored.get("registration_groups", ()))
    )


class ScopedSession(Session):
    """A session whose every root transaction begins by setting the school scope."""


@event.listens_for(ScopedSession, "after_begin")
def _set_scope(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:
        return
    connection.info["written"] = set()
    statement, values = scope_of(session.info["actor"])
    facts = connection.exec_driver_sql(statement, values).first()
    if facts is None:
        raise SessionEnded
    if not session.info["actor"].is_system:
        session.info["cohort"] = cohort_from(facts.cohort)


WRITES = re.compile(r'\b(?:insert\s+into|update|delete\s+from)\s+"?([a-z_]+)"?', re.IGNORECASE)


@lru_cache(maxsize=2048)
def tables_written(statement: str) -> frozenset[str]:
    """The tables a statement inserts into, updates or deletes from (its CTEs included)."""
    return frozenset(name.lower() for name in WRITES.findall(statement))


def _note_writes(connection: Connection, _c: object, statement: str, *_rest: object) -> None:
    if written := tables_written(statement):
        connection.info.setdefault("written", set()).update(written)


class Database:
    """The application's connections: one pool for commands and readings."""

    def __init__(
        self,
        url: str,
        *,
        pool: int = 8,
        pool_wait: float = 3.0,
        statement_cache: int = 256,
        application_name: str = "cairn",
    ) -> None:
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=pool_wait,
            pool_pre_ping=False,
            hide_parameters=True,
            connect_args={
                "statement_cache_size": statement_cache,
                "prepared_statement_cache_size": statement_cache,
                "timeout": 5,
                "server_settings": {"application_name": application_name, "timezone": "UTC"},
            },
        )
        event.listen(self.engine.sync_engine, "before_cursor_execute", _note_writes)
        self._sessions = async_sessionmaker(
            self.engine, sync_session_class=ScopedSession, expire_on_commit=False, autoflush=False
        )

    def session(self, actor: Actor) -> AsyncSession:
        """A new session scoped to the actor; the scope is set at its first statement."""
        return self._sessions(info={"actor": actor})

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[tuple["Driver", Cohort]]:
        """A read-only transaction on the driver itself, scoped to the actor.

        Raises `SessionEnded` when the actor's session or membership has ended.
        """
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: asyncpg.Connection[Any] = raw.driver_connection
            try:
                async with driver.transaction(readonly=True):
                    yield Driver(driver), await self._enter(driver, actor)
            except BaseException as error:
                if not isinstance(error, Exception) or driver.is_in_transaction():
                    # A hang-up may have cut BEGIN or ROLLBACK: what the server did of it is not
                    # known, and a scope left open would be the next request's.
                    raw.invalidate()
                raise

    @staticmethod
    async def _enter(driver: "asyncpg.Connection[Any]", actor: Actor) -> Cohort:
        statement, values = scope_of(actor)
        facts = await driver.fetchrow(statement, *values)
        if facts is None:
            raise SessionEnded
        return Cohort() if actor.is_system else cohort_from(facts["cohort"])

    async def ping(self) -> bool:
        """Whether the database answers within two seconds."""
        async with asyncio.timeout(2), self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: asyncpg.Connection[Any] = raw.driver_connection
            return bool(await driver.fetchval("select true"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


class Driver:
    """The driver inside one transaction: statements with `$n` places, values apart.

    Tables it writes to are added to `written`, the same set that SQLAlchemy's statements fill.
    """

    def __init__(
        self, connection: "asyncpg.Connection[Any]", written: set[str] | None = None
    ) -> None:
        self._connection = connection
        self._written = set() if written is None else written

    async def write(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """Run a statement that changes rows; its first returned row, or None."""
        self._written |= tables_written(statement)
        return await self._connection.fetchrow(statement, *values)

    async def rows(self, statement: str, *values: Any) -> Sequence[asyncpg.Record]:
        """All rows."""
        found: Sequence[asyncpg.Record] = await self._connection.fetch(statement, *values)
        return found

    async def row(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await self._connection.fetchrow(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        return await self._connection.fetchval(statement, *values)


def sqlalchemy_url(url: str) -> Any:
    """A plain `postgresql://` URL as SQLAlchemy's for asyncpg; unix sockets stay in `host`."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+asyncpg")
