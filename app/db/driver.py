"""The driver inside one transaction, which notes what hand-written statements write."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import asyncpg
import orjson

from app.db.row_notes import ANY, ROWS, StatementUnclear, noting
from app.db.row_trace import COVERED, Rows

WRITES = re.compile(
    r'\b(?:insert\s+into|(?<!do )(?<!for )(?<!key )update|delete\s+from)\s+"?([a-z_]+)"?',
    re.IGNORECASE,
)
"""Not the updates of a conflict, which name no table, nor locks."""


@lru_cache(maxsize=2048)
def tables_written(statement: str) -> frozenset[str]:
    """The tables a statement inserts into, updates or deletes from (its CTEs included)."""
    return frozenset(name.lower() for name in WRITES.findall(statement))


class Driver:
    """The driver inside one transaction: statements with `$n` places, values apart.

    Tables it writes to are added to `written`, the same set that SQLAlchemy's statements fill, and
    the keys of the rows it writes to `rows`.
    """

    def __init__(
        self,
        connection: "asyncpg.Connection[Any]",
        written: set[str] | None = None,
        rows: Rows | None = None,
    ) -> None:
        self._connection = connection
        self._written = set() if written is None else written
        self._rows = Rows() if rows is None else rows

    async def write(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """Run a statement that changes rows; its first returned row, or None."""
        self._written |= tables_written(statement)
        found = await self._write(statement, values)
        return found[0] if found else None

    async def write_quietly(self, statement: str, *values: Any) -> None:
        """Run a statement that changes rows, but nothing that an entry of the trail speaks of."""
        await self._write(statement, values)

    async def _write(self, statement: str, values: Sequence[Any]) -> Sequence[asyncpg.Record]:
        noted = noting(statement)
        found: Sequence[asyncpg.Record]
        if noted is None:
            found = await self._connection.fetch(statement, *values)
            return found
        found = await self._connection.fetch(noted, *values)
        for table, keys in orjson.loads(found[0][ROWS]):
            self._rows.note(table, keys or ())
        return found if found[0][ANY] else ()

    async def rows(self, statement: str, *values: Any) -> Sequence[asyncpg.Record]:
        """All rows of a statement that changes no row of the record."""
        _refuse_writes(statement)
        found: Sequence[asyncpg.Record] = await self._connection.fetch(statement, *values)
        return found

    async def row(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """The first row, or None, of a statement that changes no row of the record."""
        _refuse_writes(statement)
        return await self._connection.fetchrow(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None; no row of the record is changed."""
        _refuse_writes(statement)
        return await self._connection.fetchval(statement, *values)


def _refuse_writes(statement: str) -> None:
    if tables_written(statement) & COVERED:
        raise StatementUnclear("rows of the record are written by `Driver.write` alone")
