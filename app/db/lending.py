"""Lends the application's connections, each to one transaction at a time.

SQLAlchemy opens them and may use one while it is lent; what needs no session never asks it.
Transactions are begun and ended here alone: to SQLAlchemy every connection commits by itself
(`AUTOCOMMIT`), so that it neither begins nor ends one.
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
"""The second begins the next transaction in the same trip, of the same kind as the one it ends."""
WARNING = "01000"


rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)
"""Whether everything is done but the commit: a sandbox's dry run (decision 0069)."""


class CommitRefused(RuntimeError):
    """A statement failed and nobody said so: the server rolled back. A fault of ours."""


class Lent:
    """One connection, and what is kept with it."""

    def __init__(self, connection: AsyncConnection, raw: Any, lender: "Lender") -> None:
        self.connection = connection
        self._lender = lender
        self.driver: asyncpg.Connection[Any] = raw.driver_connection
        self.info: dict[str, Any] = raw.info
        self.spoilt = False
        """Whether nobody may use it again: what the server did of its last statement is unknown."""
        self.used = False
        """Whether a transaction has begun on it: a new one that fails says what is wrong."""
        self._how = WRITING
        self._chained = False
        """Whether its next transaction, which has done nothing yet, began as the last one ended."""
        self._warned = False
        self.driver.add_log_listener(self._hear)

    async def begin(self, how: str) -> bool:
        """Begin a transaction. False where the server has closed the connection meanwhile."""
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
        """Make it durable. Raises `NotConfirmed` where the server's yes came with a warning.

        PostgreSQL commits on its own disk first and then on its standby. Cancelling that second
        step makes it say yes to what no standby has, with a warning beside the yes.
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

        One that has failed forgot of which kind it was: what begins after it is of no use.
        """
        chaining = self._lender.awaited == self._how
        done = await self.driver.execute(CHAINING if chaining else COMMIT)
        self._chained = chaining and done == COMMIT

    async def undo(self, error: BaseException | None) -> None:
        """Roll back what is open. What a hang-up cut is in doubt: then nobody uses it again."""
        if error is not None and not isinstance(error, Exception):
            self.spoilt = True
        elif not self._chained:
            await self._roll_back()

    async def unchain(self) -> None:
        """End the transaction that began for somebody who does not come."""
        if self._chained:
            self._chained = False
            await self._roll_back()

    async def _roll_back(self) -> None:
        if not self.driver.is_closed() and self.driver.is_in_transaction():
            self.spoilt = True  # until the server has said that it did
            await self.driver.execute("ROLLBACK")
            self.spoilt = False

    @property
    def usable(self) -> bool:
        """Whether another transaction may have it. The driver knows by itself that it is closed."""
        ended = self._chained or not self.driver.is_in_transaction()
        return ended and not (self.spoilt or self.driver.is_closed())

    def _hear(self, _connection: object, message: Any) -> None:
        self._warned = self._warned or message.sqlstate == WARNING


Waiter = tuple["asyncio.Future[Lent | None]", str | None]
"""Somebody in the queue for a connection, and how their transaction is to begin."""


class Lender:
    """At most `size` connections; who comes too late waits `wait` seconds for one."""

    def __init__(self, engine: AsyncEngine, size: int, wait: float) -> None:
        self._engine = engine
        self._size, self._wait = size, wait
        self._idle: list[Lent] = []
        self._known: set[Lent] = set()
        self._connecting = 0
        self._waiting: deque[Waiter] = deque()

    @property
    def awaited(self) -> str | None:
        """How the next in the queue for a connection begins their transaction."""
        return next((how for waiter, how in self._waiting if not waiter.done()), None)

    @property
    def lent(self) -> int:
        """How many are in use just now."""
        return len(self._known) - len(self._idle)

    async def lend(self, how: str | None = None) -> Lent:
        """A connection for a transaction of this kind, or for none.

        It has none that did anything yet. Raises SQLAlchemy's `TimeoutError`.
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
        """Take it back: whole, to the next who waits."""
        if not lent.usable:
            await self._forget(lent)
        elif not self._hand(lent):
            await self._rest(lent)

    async def _rest(self, lent: Lent) -> None:
        """The queue is empty: it holds no transaction until somebody comes."""
        try:
            with suppress(Exception):  # then it is not usable
                await lent.unchain()
        finally:
            if not lent.usable:
                await self._forget(lent)
            elif not self._hand(lent):
                self._idle.append(lent)

    def distrust(self) -> None:
        """Have every connection made again: its server is no longer the one that takes changes."""
        log.error("database.read_only")
        for lent in self._known:
            lent.spoilt = True

    async def close_idle(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            await self._forget(self._idle.pop())

    async def _wait_for_one(self, how: str | None) -> Lent | None:
        """One that was given back; None where there is room for a new one."""
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
        """Wait no longer; what was handed over in the same moment goes to the next."""
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
        """Give the longest waiting a connection, or the word that there is room for one."""
        while self._waiting:
            waiter, _ = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(lent)
                return True
        return False
