"""Sees every statement that the application sends, through SQLAlchemy and past it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from app.db.lending import Lent
from tests.world import World

HOUSEKEEPING = re.compile(
    r"^\s*(?:begin|commit|rollback|savepoint|release|set |show |with recursive typeinfo_tree"
    r"|select\s+(?:current_setting|set_config)\('jit')",
    re.I,
)
"""Transactions, and what the driver asks of the catalogue."""


@contextmanager
def listening(world: World, note: Callable[[str], None]) -> Iterator[None]:
    """Tell `note` every statement that is sent on lent connections, through SQLAlchemy or not."""
    lender = world.runtime.database.lender
    lend, give_back = lender.lend, lender.give_back

    def by_sqlalchemy(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        note(statement)  # the driver's own logger does not see these

    def past_it(record: Any) -> None:
        note(record.query)

    async def lend_heard(how: str | None = None) -> Lent:
        lent = await lend(how)
        lent.driver.add_query_logger(past_it)
        return lent

    async def take_back(lent: Lent) -> None:
        lent.driver.remove_query_logger(past_it)
        await give_back(lent)

    engine = world.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", by_sqlalchemy)
    with patch.multiple(lender, lend=lend_heard, give_back=take_back):
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", by_sqlalchemy)


@asynccontextmanager
async def captured(world: World) -> AsyncIterator[list[str]]:
    """Every statement while this lasts, but for the housekeeping of transactions.

    The server asks once a minute whether it is a restored copy; it does so before this begins.
    """
    world.runtime._ask_again = 0.0
    await world.runtime.is_held()
    found: list[str] = []

    def note(statement: str) -> None:
        if not HOUSEKEEPING.match(statement):
            found.append(statement)

    with listening(world, note):
        yield found
        await asyncio.sleep(0)
        await asyncio.sleep(0)
