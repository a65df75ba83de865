"""Reads for the check of a log: checkpoints, leaves with their entries, and what has no leaf."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import NIL
from app.db.repositories.access.trail_logs import COLUMNS, LOGS, TrailLog
from app.db.session import Driver

CHUNK = 5_000
FIRST: Sequence[Any] = range(CHUNK)
"""A chunk that is full: there may be another after it."""
MOST_UNTRACED = 20

NEWEST = """
select coalesce(max(number), 0) from trail_checkpoint where school_id = $1 and log = $2
"""
CHECKPOINTS = """
select number, size, root, note from trail_checkpoint
where school_id = $1 and log = $2 and number > $3 and number <= $4 order by number limit $5
"""
LEAVES = """
select index, entry_id, hash from trail_leaf
where school_id = $1 and log = $2 and index >= $3 order by index limit $4
"""
ENTRIES = "select {columns} from {table} t where t.school_id = $1 and t.id = any($2::uuid[])"
HASHES = """
select index, hash from trail_leaf
where school_id = $1 and log = $2 and index >= $3 and index < $4 order by index limit $5
"""
# One statement, since leaves and their checkpoint come together.
BEYOND = """
select index, entry_id, hash from trail_leaf
where school_id = $1 and log = $2
  and index >= coalesce((select max(size) from trail_checkpoint
                         where school_id = $1 and log = $2), 0)
order by index limit 101
"""
NODES = """
select level, index, hash from trail_node where school_id = $1 and log = $2 order by level, index
"""
LEAFLESS = """
select t.id, t.xid, t.at,
       exists (select from trail_leaf l
               where l.school_id = $1 and l.log = $2 and l.entry_id = t.id) as sealed
from {table} t where t.school_id = $1 and t.id {is_after} $3 order by t.id limit $4
"""
KNOWN_CUTS = """
select (t.details->>'first')::bigint, (t.details->>'until')::bigint, (t.details->>'size')::bigint,
       decode(t.details->>'root', 'hex'), coalesce(t.reason, '')
from trail t
where t.school_id = $1 and t.verb = 'trail.cut_known' and t.details->>'log' = $2 order by t.seq
"""
RUNNING = "select pg_snapshot_xmax(pg_current_snapshot())"
UNTRACED = """
select x.id from {noun} x
where x.school_id = $1
  and not exists (select from {table} t where t.school_id = $1 and t.noun_id = x.id)
order by x.id limit $2
"""


async def known_cuts(
    driver: Driver, school_id: UUID, log: TrailLog
) -> list[tuple[int, int, int, bytes, str]]:
    """First and last checkpoint, size, root and reason of every cut that was said to be known."""
    rows = await driver.rows(KNOWN_CUTS, school_id, log.name)
    return [tuple(row) for row in rows]


async def schools(driver: Driver) -> set[UUID]:
    """Every school with an entry in any log, or a checkpoint."""
    listed = (f"select schools_in_{log.table}() as id" for log in LOGS)
    rows = await driver.rows(f"{' union '.join(listed)} union select schools_in_trail_checkpoint()")
    return {row["id"] for row in rows}


async def number_reached(driver: Driver) -> int:
    """About how far the server has counted its transactions; gives no number itself."""
    found: int = await driver.value(RUNNING)
    return found


async def newest(driver: Driver, school_id: UUID, log: TrailLog) -> int:
    """The number of the newest checkpoint; 0 where there is none."""
    found: int = await driver.value(NEWEST, school_id, log.name)
    return found


async def checkpoints(
    driver: Driver, school_id: UUID, log: TrailLog, until: int
) -> AsyncIterator[Any]:
    """Checkpoints up to a number, in order."""
    number, rows = -(2**62), FIRST
    while len(rows) == CHUNK:
        rows = await driver.rows(CHECKPOINTS, school_id, log.name, number, until, CHUNK)
        for row in rows:
            number = row["number"]
            yield row


async def leaves(
    driver: Driver, school_id: UUID, log: TrailLog
) -> AsyncGenerator[tuple[Any, Any], None]:
    """Leaves in order, each with its entry, or None where that is gone."""
    statement = ENTRIES.format(columns=COLUMNS, table=log.table)
    index, rows = -(2**62), FIRST
    while len(rows) == CHUNK:
        rows = await driver.rows(LEAVES, school_id, log.name, index, CHUNK)
        ids = [row["entry_id"] for row in rows]
        entries = {row["id"]: row for row in await driver.rows(statement, school_id, ids)}
        for row in rows:
            index = row["index"] + 1
            yield row, entries.get(row["entry_id"])


async def hashes(driver: Driver, school_id: UUID, log: TrailLog, size: int) -> AsyncIterator[bytes]:
    """The hashes of the first leaves, in order."""
    index, rows = 0, FIRST
    while len(rows) == CHUNK:
        rows = await driver.rows(HASHES, school_id, log.name, index, size, CHUNK)
        for row in rows:
            index = row["index"] + 1
            yield row["hash"]


async def beyond(driver: Driver, school_id: UUID, log: TrailLog) -> Sequence[Any]:
    """Leaves after the newest checkpoint: there should be none."""
    return await driver.rows(BEYOND, school_id, log.name)


async def nodes(driver: Driver, school_id: UUID, log: TrailLog) -> dict[tuple[int, int], bytes]:
    """The kept hashes of complete blocks, by level and index."""
    rows = await driver.rows(NODES, school_id, log.name)
    return {(row["level"], row["index"]): row["hash"] for row in rows}


async def leafless(
    driver: Driver, school_id: UUID, log: TrailLog
) -> AsyncIterator[tuple[UUID, int, datetime]]:
    """Entries without a leaf: id, transaction and time."""
    after, is_after, rows = NIL, ">=", FIRST
    while len(rows) == CHUNK:
        statement = LEAFLESS.format(table=log.table, is_after=is_after)
        rows = await driver.rows(statement, school_id, log.name, after, CHUNK)
        for row in rows:
            after, is_after = row["id"], ">"
            if not row["sealed"]:
                yield row["id"], row["xid"], row["at"]


async def untraced(
    driver: Driver, school_id: UUID, log: TrailLog
) -> AsyncIterator[tuple[str, UUID]]:
    """Rows of the main nouns that no entry of their trail names: noun and id, some of each."""
    for noun in log.nouns:
        statement = UNTRACED.format(noun=noun, table=log.table)
        for row in await driver.rows(statement, school_id, MOST_UNTRACED):
            yield noun, row["id"]
