"""The driver inside one transaction; it notes the rows that hand-written statements write."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.db.fact_changes import FactChanges
from app.db.row_notes import ANY, ROWS, StatementUnclear, noting
from app.db.row_trace import COVERED, Rows

WRITES = re.compile(
    r'\b(?:insert\s+into|(?<!do )(?<!for )(?<!key )update|delete\s+from)\s+"?([a-z_]+)"?',
    re.IGNORECASE,
)
"""Leaves out conflict updates, which name no table, and locks."""


@lru_cache(maxsize=2048)
def tables_written(statement: str) -> frozenset[str]:
    """The tables a statement inserts into, updates or deletes from (its CTEs included)."""
    return frozenset(name.lower() for name in WRITES.findall(statement))


@dataclass(slots=True)
class Written:
    """What a transaction wrote, through SQLAlchemy and by hand."""

    tables: set[str] = field(default_factory=set)
    rows: Rows = field(default_factory=Rows)
    facts: FactChanges = field(default_factory=FactChanges)
    by_hand: set[str] = field(default_factory=set)
    """Covered tables that SQLAlchemy wrote to outside a flush: the work must note the rows."""
    clocked: set[tuple[str, str]] = field(default_factory=set)
    """Records whose due time changed or that ended: each needs its clock updated."""
    handed_over: set[tuple[str, UUID]] = field(default_factory=set)
    """Records that got another owner: what rings for the former one begins again."""
    flushing: bool = False
    gathering: bool = False
    """Whether a statement is running that keeps its own written keys: see `row_notes.gathering`."""


class Driver:
    """The driver inside one transaction. Statements have `$n` places and separate values."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self.connection = connection
        self.written = Written()
        self.is_set_aside = False
        """Whether readers of events skip this transaction: see `app.db.long_work`."""

    async def write(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """Run a statement that changes rows. Answers its first returned row, or None."""
        self.written.tables |= tables_written(statement)
        result = await self._write(statement, values)
        return result[0] if result else None

    async def write_quietly(self, statement: str, *values: Any) -> None:
        """Run a statement that changes only rows that no trail entry describes."""
        await self._write(statement, values)

    async def _write(self, statement: str, values: Sequence[Any]) -> Sequence[asyncpg.Record]:
        noted = noting(statement)
        records: Sequence[asyncpg.Record]
        if noted is None:
            records = await self.connection.fetch(statement, *values)
            return records
        records = await self.connection.fetch(noted, *values)
        for table, hashes, *facts in orjson.loads(records[0][ROWS]):
            self.written.rows.note_hashes(table, hashes or {})
            for item in facts[0] or () if facts else ():
                self.written.facts.note(
                    table, UUID(item["id"]), UUID(item["child_id"]), item["before"], item["after"]
                )
        return records if records[0][ANY] else ()

    async def rows(self, statement: str, *values: Any) -> Sequence[asyncpg.Record]:
        """All rows of a statement that changes no covered row."""
        _refuse_writes(statement)
        records: Sequence[asyncpg.Record] = await self.connection.fetch(statement, *values)
        return records

    async def row(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """The first row, or None, of a statement that changes no covered row."""
        _refuse_writes(statement)
        return await self.connection.fetchrow(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None. The statement changes no covered row."""
        _refuse_writes(statement)
        return await self.connection.fetchval(statement, *values)


def _refuse_writes(statement: str) -> None:
    if tables_written(statement) & COVERED:
        raise StatementUnclear("rows of the record are written by `Driver.write` alone")
