"""Sealing: the entries of one school that wait, and what is written when they are sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.models import Trail, TrailCheckpoint
from app.db.session import Driver


@dataclass(frozen=True, slots=True)
class TrailLog:
    """One log of each school: its name, the table its entries are in, and what they speak of.

    Every row of `nouns` has come about by a command that names it in an entry.
    """

    name: str
    table: str
    nouns: tuple[str, ...]


CHILDREN = TrailLog(
    "children",
    "trail",
    (
        "child", "contact", "relationship", "child_status", "concern", "decision", "comment",
        "amendment", "action", "attachment", "agency", "share", "referral", "roster_import",
        "staff", "membership", "access_grant", "conflict", "service_key",
    ),
)  # fmt: skip
ADULTS = TrailLog("adults", "adult_trail", ("adult_concern",))
ROWS = TrailLog("rows", "row_trail", ())
"""The hashes of every row of both registers: what was written, beside who did what."""
LOGS = (CHILDREN, ADULTS, ROWS)
COLUMNS = ", ".join(
    "t.details::text as details" if column.name == "details" else f"t.{column.name}"
    for column in Trail.__table__.columns
)
"""Every column as it is hashed: `details` as PostgreSQL writes it, since drivers differ."""
BEFORE_ALL = -(2**63)
AFTER_ALL = 2**64 - 1
FULL: Sequence[Any] = range(2**31)
# The snapshot's own end may be the number of a transaction that runs already; a fresh one is not.
NOW = """
select pg_snapshot_xmin(pg_current_snapshot()) as horizon, pg_current_xact_id() as next_xid
"""
CLAIM = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))"
LAST = """
select c.number, c.size, c.root, c.peaks, c.epoch, c.horizon, c.note,
       c.size - coalesce((select b.size from trail_checkpoint b
                          where b.school_id = $1 and b.log = $2 and b.number = c.number - 1), 0)
         as batch
from trail_checkpoint c where c.school_id = $1 and c.log = $2 order by c.number desc limit 1
"""
NOTES_AFTER = """
select note from trail_checkpoint where school_id = $1 and log = $2 and number > $3 order by number
"""
SEEN_BEFORE = """
select sealed_at from trail_checkpoint
where school_id = $1 and log = $2 and epoch = $3 and next_xid <= $4 order by number desc limit 1
"""
# Two plain statements and no join: of tables that grow this fast the planner knows too little.
IN_ORDER = """
select {columns} from {table} t
where t.school_id = $1 and (t.xid, t.seq) > ($2::xid8, $3::bigint) and t.xid < $4::xid8
order by t.xid, t.seq limit $5
"""
SEALED = """
select entry_id from trail_leaf
where school_id = $1 and log = $2 and entry_id = any($3::uuid[])
"""
ADD_LEAVES = """
insert into trail_leaf (school_id, log, index, entry_id, hash)
select $1, $2, $3 + e.place - 1, e.id, e.hash
from unnest($4::uuid[], $5::bytea[]) with ordinality as e(id, hash, place)
"""
ADD_NODES = """
insert into trail_node (school_id, log, level, index, hash)
select $1, $2, e.level, e.index, e.hash
from unnest($3::smallint[], $4::bigint[], $5::bytea[]) as e(level, index, hash)
"""
ADD_CHECKPOINT = """
insert into trail_checkpoint
  (school_id, log, number, size, root, previous, peaks, sealed_at, epoch, horizon, next_xid,
   not_before, key_name, note)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""


async def moment(driver: Driver) -> tuple[int, int]:
    """The oldest transaction that still runs, and a number greater than all given so far."""
    row = await driver.row(NOW)
    assert row is not None  # noqa: S101 - a select without a table
    return row["horizon"], row["next_xid"]


async def schools_since(driver: Driver, log: TrailLog, xid: int | None) -> list[UUID]:
    """Schools with an entry by this or a later transaction; with None, all with an entry."""
    rows = await driver.rows(f"select schools_in_{log.table}($1) as id", xid)
    return [row["id"] for row in rows]


async def claim(driver: Driver, school_id: UUID, log: TrailLog) -> bool:
    """Become the only sealer of a log until the transaction ends; False if another one is."""
    return bool(await driver.value(CLAIM, f"cairn.seal/{school_id}/{log.name}"))


async def last_checkpoint(driver: Driver, school_id: UUID, log: TrailLog) -> Any:
    """The newest checkpoint, or None."""
    return await driver.row(LAST, school_id, log.name)


async def notes_after(driver: Driver, school_id: UUID, log: TrailLog, number: int) -> list[str]:
    """Signed notes of later checkpoints, in order."""
    rows = await driver.rows(NOTES_AFTER, school_id, log.name, number)
    return [row["note"] for row in rows]


async def seen_before(
    driver: Driver, school_id: UUID, log: TrailLog, epoch: int, xid: int
) -> datetime | None:
    """When a checkpoint last saw that a transaction had not begun yet."""
    found: datetime | None = await driver.value(SEEN_BEFORE, school_id, log.name, epoch, xid)
    return found


async def waiting(
    driver: Driver, school_id: UUID, log: TrailLog, since: int, until: int, limit: int
) -> list[Any]:
    """Entries of transactions from `since` to before `until` that have no leaf, in their order.

    `until` has to be a horizon: every older transaction has ended, so that none can come later.
    """
    statement = IN_ORDER.format(columns=COLUMNS, table=log.table)
    found: list[Any] = []
    place, rows = (since, BEFORE_ALL), FULL[:limit]
    while len(rows) == limit and len(found) < limit:
        rows = await driver.rows(statement, school_id, *place, until, limit)
        ids = [row["id"] for row in rows]
        sealed = await driver.rows(SEALED, school_id, log.name, ids) if rows else ()
        known = {row["entry_id"] for row in sealed}
        found += [row for row in rows if row["id"] not in known]
        if rows:
            place = rows[-1]["xid"], rows[-1]["seq"]
    return found[:limit]


async def add_leaves(
    driver: Driver,
    school_id: UUID,
    log: TrailLog,
    first: int,
    entries: Sequence[tuple[UUID, bytes]],
) -> None:
    """Write the leaves of one batch; `first` is the index of its first."""
    ids, hashes = [id_ for id_, _ in entries], [found for _, found in entries]
    await driver.write(ADD_LEAVES, school_id, log.name, first, ids, hashes)


async def add_nodes(
    driver: Driver,
    school_id: UUID,
    log: TrailLog,
    blocks: Sequence[tuple[int, int, bytes]],
) -> None:
    """Write the hashes of blocks that became complete: level, index and hash of each."""
    if blocks:
        levels, indexes, hashes = zip(*blocks, strict=True)
        await driver.write(ADD_NODES, school_id, log.name, levels, indexes, hashes)


async def add_checkpoint(driver: Driver, row: TrailCheckpoint) -> None:
    """Write a checkpoint."""
    await driver.write(
        ADD_CHECKPOINT, row.school_id, row.log, row.number, row.size, row.root, row.previous,
        row.peaks, row.sealed_at, row.epoch, row.horizon, row.next_xid, row.not_before,
        row.key_name, row.note,
    )  # fmt: skip
