"""Reads for the check of rows: the row trail's hashes, and the present rows."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.row_trace import columns_of, hashed, key_of, school_column
from app.db.session import Driver

CHUNK = 5_000
ENTRIES_CHUNK = 1_000
FULL: Sequence[Any] = range(CHUNK)
ENTRIES = """
select seq, id, at, details::text as details from row_trail
where school_id = $1 and seq > $2 order by seq limit $3
"""


async def entries(driver: Driver, school_id: UUID) -> AsyncIterator[tuple[UUID, datetime, str]]:
    """Id, time and hashes of every entry of a school's row trail, in the order of writing."""
    after, rows = -(2**62), FULL[:ENTRIES_CHUNK]
    while len(rows) == ENTRIES_CHUNK:
        rows = await driver.rows(ENTRIES, school_id, after, ENTRIES_CHUNK)
        for row in rows:
            after = row["seq"]
            yield row["id"], row["at"], row["details"]


async def contents(driver: Driver, school_id: UUID, table: str) -> AsyncIterator[tuple[str, str]]:
    """Key and text of every row of a school in a covered table, by key."""
    columns = columns_of(table)
    key_columns = ", ".join(f"t.{column}" for column in columns)
    first = (
        f"select {key_columns}, {key_of(table, 't')} as row_key, {hashed(table, 't')} as row_text "
        f"from {table} t where t.{school_column(table)} = $1"
    )
    order = f"order by {key_columns} limit {CHUNK}"
    values = ", ".join(f"${number}" for number in range(2, 2 + len(columns)))
    after: Sequence[Any] = ()
    rows = FULL
    while len(rows) == CHUNK:
        further = f" and ({key_columns}) > ({values})" if after else ""
        rows = await driver.rows(f"{first}{further} {order}", school_id, *after)
        for row in rows:
            after = [row[column] for column in columns]
            yield row["row_key"], row["row_text"]
