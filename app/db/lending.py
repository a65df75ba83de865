"""Lends the application's connections, each to one transaction at a time.

SQLAlchemy opens them and may use one while it is lent; work without a session skips SQLAlchemy.
Only this module begins and ends transactions: to SQLAlchemy every connection is `AUTOCOMMIT`, so
it neither begins nor ends one.
"""

import asyncio
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.db.faults import Fault, NotConfirmed, fault_of

log = structlog.get_logger()

WRITING = "BEGIN"
READING = "BEGIN READ ONLY"
ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
COMMIT, CHAINING = "COMMIT", "COMMIT AND CHAIN"
"""`CHAINING` also begins the next transaction of the same kind, in the same round trip."""
WARNING = "01000"


rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)
"""Whether this is a sandbox's dry run, which does everything but commit (decision 0069)."""


class CommitRefused(RuntimeError):
    """A statement failed and nobody reported it, so the server rolled back. Our fault."""


class Lent:
    """One connection and its state."""

    def __init__(self, connection: AsyncConnection, raw: Any, lender: "Lender") -> None:
        self.connection = connection
        self._lender = lender
        self.driver: asyncpg.Connection[Any] = raw.driver_connection
        self.info: dict[str, Any] = raw.info
        self.spoilt = False
        """Whether nobody may use it again: we do not know how its last statement ended."""
        self.used = False
        """Whether a transaction has begun on it. A failure of the first one is raised."""
        self._how = WRITING
        self._ending = False
        """Whether it is being rolled back, until the server has said that it did."""
        self._chained = False
        """Whether its next transaction began as the last one ended, and has done nothing yet."""
        self._warned = False
        self.driver.add_log_listener(self._hear)

    async def begin(self, how: str) -> bool:
        """Begin a transaction. False if the server has closed the connection meanwhile."""
        chained, self._chained = self._chained, False
        if chained and how == self._how:
            return True
        used, self.used, self._how = self.used, True, how
        try:
            await self.driver.execute(f"ROLLBACK; {how}" if chained else how)
        except Exception as error:
            if not used or fault_of(error) is not Fault.UNAVAILABLE:
                raise
            self.spoilt = True
            return False
        return True

    async def commit(self) -> None:
        """Make it durable. Raises `NotConfirmed` if the server confirmed with a warning.

        PostgreSQL commits on its own disk first and then on its standby. If that second step is
        cancelled, it confirms a change that no standby has, and adds a warning.
        """
        if rehearsing.get():
            await self.undo(None)
            return
        self._warned = False
        chaining = self._lender.awaited == self._how
        done = await self.driver.execute(CHAINING if chaining else COMMIT)
        if done != COMMIT:
            raise CommitRefused(done)
        if self._warned:
            log.error("database.commit_not_confirmed")
            raise NotConfirmed
        self._chained = chaining

    async def finish(self) -> None:
        """End a transaction that only read.

        A failed one forgets its kind, so the transaction chained after it is not used.
        """
        chaining = self._lender.awaited == self._how
        done = await self.driver.execute(CHAINING if chaining else COMMIT)
        self._chained = chaining and done == COMMIT

    async def undo(self, error: BaseException | None) -> None:
        """Roll back the open transaction. After a hang-up, never reuse the connection."""
        if error is not None and not isinstance(error, Exception):
            self.spoilt = True
        elif not self._chained:
            await self._roll_back()

    async def unchain(self) -> None:
        """Roll back the chained transaction if nobody needs it."""
        if self._chained:
            self._chained = False
            await self._roll_back()

    async def _roll_back(self) -> None:
        if not self.driver.is_closed() and self.driver.is_in_transaction():
            self._ending = True
            await self.driver.execute("ROLLBACK")
            self._ending = False

    @property
    def usable(self) -> bool:
        """Whether another transaction may have it. The driver itself knows if it is closed."""
        ended = self._chained or not self.driver.is_in_transaction()
        return ended and not (self.spoilt or self._ending or self.driver.is_closed())

    def _hear(self, _connection: object, message: Any) -> None:
        self._warned = self._warned or message.sqlstate == WARNING


Waiter = tuple["asyncio.Future[Lent | None]", str | None]
"""A waiter in the queue for a connection, and how their transaction is to begin."""


class Lender:
    """At most `size` connections; a caller who finds none free waits up to `wait` seconds."""

    def __init__(self, engine: AsyncEngine, size: int, wait: float) -> None:
        self._engine = engine
        self._size, self._wait = size, wait
        self._idle: list[Lent] = []
        self._known: set[Lent] = set()
        self._connecting = 0
        self._waiting: deque[Waiter] = deque()

    @property
    def awaited(self) -> str | None:
        """How the next waiter's transaction is to begin."""
        return next((how for waiter, how in self._waiting if not waiter.done()), None)

    @property
    def lent(self) -> int:
        """How many connections are in use."""
        return len(self._known) - len(self._idle)

    async def lend(self, how: str | None = None) -> Lent:
        """Lend a connection for a transaction of this kind, or for none.

        No transaction on it has done anything yet. Raises SQLAlchemy's `TimeoutError`.
        """
        while True:
            if self._idle:
                lent = self._idle.pop()
                if lent.usable:
                    return lent
                await self._forget(lent)
            elif len(self._known) + self._connecting < self._size:
                return await self._connect()
            elif (handed := await self._wait_for_one(how)) is not None:
                return handed

    async def give_back(self, lent: Lent) -> None:
        """Take a connection back and hand it to the next waiter, with any chained transaction."""
        if not lent.usable:
            await self._forget(lent)
        elif not self._hand(lent):
            await self._rest(lent)

    async def _rest(self, lent: Lent) -> None:
        """Keep it idle without a transaction, as the queue is empty."""
        try:
            with suppress(Exception):  # then it is not usable
                await lent.unchain()
        finally:
            if not lent.usable:
                await self._forget(lent)
            elif not self._hand(lent):
                self._idle.append(lent)

    def distrust(self) -> None:
        """Replace every connection: its server no longer accepts changes."""
        log.error("database.read_only")
        for lent in self._known:
            lent.spoilt = True

    async def close_idle(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._forget(self._idle.pop())

    async def _wait_for_one(self, how: str | None) -> Lent | None:
        """Wait for a returned connection; None if there is room for a new one."""
        waiter: asyncio.Future[Lent | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((waiter, how))
        try:
            async with asyncio.timeout(self._wait):
                return await waiter
        except BaseException as error:
            await self._leave(waiter, how)
            if isinstance(error, TimeoutError):
                raise NoneFree("no connection became free") from error
            raise

    async def _leave(self, waiter: "asyncio.Future[Lent | None]", how: str | None) -> None:
        """Leave the queue. A connection handed over at the same moment goes to the next waiter."""
        with suppress(ValueError):
            self._waiting.remove((waiter, how))
        if waiter.done() and not waiter.cancelled():
            handed = waiter.result()
            if handed is None:
                self._hand(None)
            else:
                await self.give_back(handed)

    async def _connect(self) -> Lent:
        self._connecting += 1
        try:
            connection = await self._engine.connect()
            lent = Lent(connection, await connection.get_raw_connection(), self)
            self._known.add(lent)
            return lent
        except BaseException:
            self._hand(None)
            raise
        finally:
            self._connecting -= 1

    async def _forget(self, lent: Lent) -> None:
        self._known.discard(lent)
        self._hand(None)
        lent.driver.terminate()
        with suppress(Exception):
            await lent.connection.invalidate()
            await lent.connection.close()

    def _hand(self, lent: Lent | None) -> bool:
        """Give the longest waiter a connection, or None if there is room for a new one."""
        while self._waiting:
            waiter, _ = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(lent)
                return True
        return False
