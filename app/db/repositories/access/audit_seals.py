"""SQL that seals the audit log, and reads that check the seals."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import NIL
from app.db.models import Trail, TrailCheckpoint
from app.db.session import Driver

CHUNK = 5_000
FIRST: Sequence[Any] = range(CHUNK)
"""A full chunk: there may be another after it."""
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
  and not exists (select from {table} t where t.school_id = $1 and t.noun_id = x.id){also}
order by x.id limit $2
"""
ALSO = {
    "contact": """
  and not exists (select from trail t
                  where t.school_id = $1 and t.noun_id = x.child_id and t.noun = 'child'
                    and t.details->'contacts' @> jsonb_build_array(
                          jsonb_build_object('id', x.id::text)))"""
}
"""Where else an entry names a row: a roster has one for each child, with their contacts."""


@dataclass(frozen=True, slots=True)
class TrailLog:
    """One log of each school: its name, its table, and the nouns of its entries.

    Every row of `nouns` was made by a command that names it in an entry.
    """

    name: str
    table: str
    nouns: tuple[str, ...]


CHILDREN = TrailLog(
    "children",
    "trail",
    (
        "child", "contact", "relationship", "child_status", "concern", "decision", "comment",
        "concern_question",
        "amendment", "action", "attachment", "agency", "share", "referral", "roster_import",
        "staff", "membership", "access_grant", "conflict", "service_key",
    ),
)  # fmt: skip
ADULTS = TrailLog("adults", "adult_trail", ("adult_concern",))
ROWS = TrailLog("rows", "row_trail", ())
"""The hashes of every row of both registers: the content, beside who did what."""
LOGS = (CHILDREN, ADULTS, ROWS)
COLUMNS = ", ".join(
    "t.details::text as details" if column.name == "details" else f"t.{column.name}"
    for column in Trail.__table__.columns
)
"""Every column in its hashed form: `details` as PostgreSQL writes it, since drivers differ."""
BEFORE_ALL = -(2**63)
AFTER_ALL = 2**64 - 1
FULL: Sequence[Any] = range(2**31)
# The snapshot's own end may be the number of a running transaction; a new number is not.
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
# Two plain statements and no join: the planner's statistics lag behind tables that grow this fast.
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
    """The oldest running transaction, and a number greater than all given so far."""
    row = await driver.row(NOW)
    assert row is not None  # noqa: S101 - a select without a table
    return row["horizon"], row["next_xid"]


async def schools_since(driver: Driver, log: TrailLog, xid: int | None) -> list[UUID]:
    """Schools with an entry by this or a later transaction; with None, all with an entry."""
    rows = await driver.rows(f"select schools_in_{log.table}($1) as id", xid)
    return [row["id"] for row in rows]


async def claim(driver: Driver, school_id: UUID, log: TrailLog) -> bool:
    """Become a log's only sealer until the transaction ends; False if it already has one."""
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
    """When a checkpoint last recorded that a transaction had not begun yet."""
    result: datetime | None = await driver.value(SEEN_BEFORE, school_id, log.name, epoch, xid)
    return result


async def waiting(
    driver: Driver, school_id: UUID, log: TrailLog, since: int, until: int, limit: int
) -> list[Any]:
    """Entries without a leaf of transactions from `since` to before `until`, in order.

    `until` must be a horizon: every older transaction has ended, so that no more can come.
    """
    statement = IN_ORDER.format(columns=COLUMNS, table=log.table)
    items: list[Any] = []
    place, rows = (since, BEFORE_ALL), FULL[:limit]
    while len(rows) == limit and len(items) < limit:
        rows = await driver.rows(statement, school_id, *place, until, limit)
        ids = [row["id"] for row in rows]
        sealed = await driver.rows(SEALED, school_id, log.name, ids) if rows else ()
        known = {row["entry_id"] for row in sealed}
        items += [row for row in rows if row["id"] not in known]
        if rows:
            place = rows[-1]["xid"], rows[-1]["seq"]
    return items[:limit]


async def add_leaves(
    driver: Driver,
    school_id: UUID,
    log: TrailLog,
    first: int,
    entries: Sequence[tuple[UUID, bytes]],
) -> None:
    """Write the leaves of one batch; `first` is the index of its first."""
    ids, hashes = [id_ for id_, _ in entries], [item for _, item in entries]
    await driver.write(ADD_LEAVES, school_id, log.name, first, ids, hashes)


async def add_nodes(
    driver: Driver,
    school_id: UUID,
    log: TrailLog,
    blocks: Sequence[tuple[int, int, bytes]],
) -> None:
    """Write the hashes of newly complete blocks: level, index and hash of each."""
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


async def known_cuts(
    driver: Driver, school_id: UUID, log: TrailLog
) -> list[tuple[int, int, int, bytes, str]]:
    """First and last checkpoint, size, root and reason of every cut recorded as known."""
    rows = await driver.rows(KNOWN_CUTS, school_id, log.name)
    return [tuple(row) for row in rows]


async def schools(driver: Driver) -> set[UUID]:
    """Every school with an entry in any log, or a checkpoint."""
    listed = (f"select schools_in_{log.table}() as id" for log in LOGS)
    rows = await driver.rows(f"{' union '.join(listed)} union select schools_in_trail_checkpoint()")
    return {row["id"] for row in rows}


async def number_reached(driver: Driver) -> int:
    """Roughly how many transactions the server has counted; uses up no number."""
    number: int = await driver.value(RUNNING)
    return number


async def newest(driver: Driver, school_id: UUID, log: TrailLog) -> int:
    """The number of the newest checkpoint; 0 where there is none."""
    number: int = await driver.value(NEWEST, school_id, log.name)
    return number


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
    """Leaves in order, each with its entry, or None if the entry is gone."""
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
    """The saved hashes of complete blocks, by level and index."""
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
    for resource_type in log.nouns:
        statement = UNTRACED.format(
            noun=resource_type, table=log.table, also=ALSO.get(resource_type, "")
        )
        for row in await driver.rows(statement, school_id, MOST_UNTRACED):
            yield resource_type, row["id"]
