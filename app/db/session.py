"""The application's connections, and the session of a unit of work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import Connection, NullPool, event, inspect
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from app.core.words import Actor
from app.db.addresses import connect
from app.db.driver import Driver, Written, tables_written
from app.db.fact_changes import KEEPING
from app.db.faults import ReadOnlyServer, is_read_only
from app.db.lending import WRITING, Lender, Lent
from app.db.row_notes import StatementUnclear
from app.db.row_trace import COVERED, row_key
from app.db.scope import Claim, SessionEnded, enter

__all__ = ["Database", "Driver", "SessionEnded", "WorkSession", "tables_written"]

WRITABLE = """
select not pg_is_in_recovery() and not current_setting('default_transaction_read_only')::bool
"""
"""Whether a server accepts changes.

A demoted one still answers reads, so a client connected to it has to look for the new one.
"""


class WorkSession(Session):
    """A session within a unit of work's transaction, which it neither begins nor ends."""


@event.listens_for(WorkSession, "before_flush")
def _begin_flush(session: Session, _context: object, _instances: object) -> None:
    written: Written = session.info["driver"].written
    written.flushing = True
    written.facts.note_new(session.new)
    written.facts.note_flushed(session.dirty)


@event.listens_for(WorkSession, "after_flush")
def _note_rows(session: Session, _context: object) -> None:
    """Note every row that was flushed: new, changed and deleted."""
    written: Written = session.info["driver"].written
    written.flushing = False
    for thing in (*session.new, *session.dirty, *session.deleted):
        table = thing.__tablename__
        if table in COVERED:
            written.rows.note(table, [row_key(table, thing)])


TIMED = ("due_at", "ended_at", "reviewed_at", "decided_at")
"""Columns of a clocked record whose change begins or ends a clock.

A class with other columns names them in `__timed__`.
"""


@event.listens_for(WorkSession, "before_flush")
def _note_clocks(session: Session, _context: object, _instances: object) -> None:
    """Remember clocked records that ended or got another due time, for `commit` to check.

    And those that got another owner: the ladder begins again for that person.
    """
    written: Written = session.info["driver"].written
    for thing in (*session.new, *session.dirty):
        resource_type = getattr(thing, "__clocked__", None)
        if resource_type is None:
            continue
        if _is_timed(thing):
            written.clocked.add((resource_type, str(thing.id)))
        if any(inspect(thing).attrs.owner_id.history.deleted or ()):
            written.handed_over.add((resource_type, thing.id))


def _is_timed(thing: Any) -> bool:
    attributes = inspect(thing).attrs
    return any(
        name in attributes and any(value for value in attributes[name].history.sum() if value)
        for name in getattr(thing, "__timed__", TIMED)
        if name in attributes and attributes[name].history.has_changes()
    )


def _note_writes(connection: Connection, _c: object, statement: str, *_rest: object) -> None:
    written: Written | None = connection.info.get("written")
    if written is not None and (tables := tables_written(statement)):
        is_kept = written.flushing or written.gathering
        if not is_kept and (unkept := tables & KEEPING.keys()):
            raise StatementUnclear(f"former values of {sorted(unkept)} would be lost")
        written.tables |= tables
        if not written.flushing:
            written.by_hand |= tables & COVERED
            written.rows.read_again(tables)


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
            "postgresql+asyncpg://",
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={
                "async_creator_fn": partial(connect, url),
                "statement_cache_size": statement_cache,
                "prepared_statement_cache_size": statement_cache,
                "max_cacheable_statement_size": 0,  # the longest are the dearest to plan
                "server_settings": {"application_name": application_name, "timezone": "UTC"},
            },
        )
        event.listen(self.engine.sync_engine, "before_cursor_execute", _note_writes)
        self.lender = Lender(self.engine, pool, pool_wait)

    async def begin(
        self, actor: Actor, how: str = WRITING, claim: Claim | None = None
    ) -> tuple[Lent, Actor, bool]:
        """Lend a connection in a new transaction in the actor's scope.

        Also answers the actor, and whether the key of the claim was free: see `enter`. Give the
        connection to `end` afterwards. Raises `SessionEnded`, `ClaimWaits`.
        """
        lent = await self._begun(how)
        try:
            return lent, *await enter(lent.driver.fetchrow, actor, claim)
        except BaseException as error:
            await self.end(lent, error)
            raise

    async def _begun(self, how: str) -> Lent:
        """Lend a connection within a transaction, skipping those that the server has closed."""
        while True:
            lent = await self.lender.lend(how)
            try:
                if await lent.begin(how):
                    return lent
            except BaseException as error:
                await self.end(lent, error)
                raise
            await self.end(lent)

    async def end(self, lent: Lent, error: BaseException | None = None) -> None:
        """Roll back what was not committed, and take the connection back."""
        try:
            await lent.undo(error)
        finally:
            self.note(error)
            lent.info.pop("written", None)
            await self.lender.give_back(lent)

    def session(self, lent: Lent, driver: Driver) -> AsyncSession:
        """A session within the transaction of a lent connection."""
        return AsyncSession(
            bind=lent.connection, sync_session_class=WorkSession, expire_on_commit=False,
            autoflush=False, info={"driver": driver},
        )  # fmt: skip

    @asynccontextmanager
    async def outside(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """The driver outside any transaction and any school: each statement commits by itself."""
        lent = await self.lender.lend()
        error: BaseException | None = None
        try:
            await lent.unchain()
            yield lent.driver
        except BaseException as raised:
            error = raised
            raise
        finally:
            await self.end(lent, error)

    def note(self, error: BaseException | None) -> None:
        """Replace every connection after a server refused to write."""
        if error is not None and is_read_only(error):
            self.lender.distrust()

    async def ping(self) -> None:
        """Check that the database accepts changes, waiting at most two seconds.

        Raises `ReadOnlyServer`; any other error means that it does not answer.
        """
        async with asyncio.timeout(2), self.outside() as driver:
            if not await driver.fetchval(WRITABLE):
                self.lender.distrust()
                raise ReadOnlyServer

    async def close(self) -> None:
        """Close every connection."""
        await self.lender.close_idle()
        await self.engine.dispose()
