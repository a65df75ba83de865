"""Sees every statement that the application sends, through SQLAlchemy and past it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event

from tests.world import World

HOUSEKEEPING = re.compile(
    r"^\s*(?:begin|commit|rollback|savepoint|release|set |show |with recursive typeinfo_tree"
    r"|select\s+(?:current_setting|set_config)\('jit')",
    re.I,
)
"""Transactions, and what the driver asks of the catalogue."""


class Listening:
    """Listeners on an engine and on the connections taken from it."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.found: list[str] = []
        self.listeners: tuple[tuple[str, Any], ...] = (
            ("before_cursor_execute", self.by_sqlalchemy),
            ("checkout", self.taken),
            ("checkin", self.given_back),
        )

    def note(self, statement: str) -> None:
        """Keep a statement, unless it is housekeeping."""
        if not HOUSEKEEPING.match(statement):
            self.found.append(statement)

    def by_sqlalchemy(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        """One that SQLAlchemy sends, which the driver's own logger does not see."""
        self.note(statement)

    def past_it(self, record: Any) -> None:
        """One that is sent on the driver itself."""
        self.note(record.query)

    def taken(self, connection: Any, *_rest: Any) -> None:
        """A connection leaves the pool."""
        connection.driver_connection.add_query_logger(self.past_it)

    def given_back(self, connection: Any, *_rest: Any) -> None:
        """A connection comes back, unless it is broken."""
        if connection is not None:
            connection.driver_connection.remove_query_logger(self.past_it)


@asynccontextmanager
async def captured(world: World) -> AsyncIterator[list[str]]:
    """Every statement while this lasts, but for the housekeeping of transactions.

    The server asks once a minute whether it is a restored copy; it does so before this begins.
    """
    world.runtime._ask_again = 0.0
    await world.runtime.is_held()
    listening = Listening(world.runtime.database.engine.sync_engine)
    for name, listener in listening.listeners:
        event.listen(listening.engine, name, listener)
    try:
        yield listening.found
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    finally:
        for name, listener in listening.listeners:
            event.remove(listening.engine, name, listener)
