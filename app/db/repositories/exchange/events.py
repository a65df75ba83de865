"""Reads behind events: trail entries in the order that misses none, and the facts deciding sight.

An entry may be read once its turn is older than every running transaction, since lower numbers can
commit later. Its turn is its transaction's number; a long transaction draws one as it ends, so that
it holds nobody back (`app.db.long_work`). Within a turn the children's log comes before the adult
one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.db.long_work import SET_ASIDE
from app.db.scope import LIVE, MEMBER_FACTS
from app.db.session import Driver

CHILDREN_LOG, ADULT_LOG = 0, 1
BEFORE_ALL = -(2**63)
AFTER_ALL = 2**63 - 1

# The snapshot is older than the view of `pg_locks`: a long transaction set aside there had not
# drawn its turn when the snapshot was taken, and draws one that is not below its end.
HORIZON = f"""
with now as materialized (select pg_current_snapshot() as seen)
select coalesce(
         (select x.xid from pg_snapshot_xip(now.seen) x(xid)
          where x.xid::xid not in ({SET_ASIDE}) order by x.xid limit 1),
         pg_snapshot_xmax(now.seen)) as horizon,
       pg_snapshot_xmax(now.seen) as ceiling
from now
"""
NEWS = """
select f.id from schools_with_news($1::uuid[], ($2::text[])::xid8[], $3::xid8) as f(id)
"""
REST = "t.seq, t.id, t.at, t.verb, t.noun, t.noun_id, t.child_id, t.details"
COLUMNS = f"t.xid, {REST}"
LATE = """
  (select {log}, l.turn as xid, {columns} from late l
   cross join lateral (
     select t.* from {table} t
     where t.school_id = $1 and t.xid = l.xid
       and (l.turn, t.seq) > ({xid}::xid8, {seq}::bigint)
     order by t.seq limit $7) t
   where l.turn < $6::xid8
   order by l.turn, t.seq limit $7)"""
# Plain ranges and one cut: hidden entries still count, so that a page is bounded by what it
# reads. Its last row always comes, for the place where the next page begins.
SCAN = f"""
with late as materialized (
  select l.xid, l.turn from late_trail l
  where l.school_id = $1 and l.turn >= least($2::xid8, $4::xid8)),
scanned as materialized (
  (select {CHILDREN_LOG} as log, {COLUMNS} from trail t
   where t.school_id = $1 and (t.xid, t.seq) > ($2::xid8, $3::bigint) and t.xid < $6::xid8
     and t.xid not in (select l.xid from late l)
   order by t.xid, t.seq limit $7)
  union all
  (select {ADULT_LOG}, {COLUMNS} from adult_trail t
   where t.school_id = $1 and (t.xid, t.seq) > ($4::xid8, $5::bigint) and t.xid < $6::xid8
     and t.xid not in (select l.xid from late l)
   order by t.xid, t.seq limit $7)
  union all{LATE.format(log=CHILDREN_LOG, columns=REST, table="trail", xid="$2", seq="$3")}
  union all{LATE.format(log=ADULT_LOG, columns=REST, table="adult_trail", xid="$4", seq="$5")}),
kept as (
  select s.*, row_number() over (order by s.xid, s.log, s.seq) as number
  from scanned s order by s.xid, s.log, s.seq limit $7)
select k.xid, k.log, k.seq, k.number, k.id, k.at, k.verb, k.noun, k.noun_id, k.child_id,
       k.details->>'concern_id' as concern_id
from kept k
where k.log = {CHILDREN_LOG} and k.verb = any($8::text[])
   or k.log = {ADULT_LOG} and k.verb = any($9::text[])
   or k.number = (select count(*) from kept)
order by k.number
"""
DEADLINES = """
select d.id, d.noun, d.thing_id from deadline d where d.school_id = $1 and d.id = any($2::uuid[])
"""
GRANTS = """
select g.id, g.concern_id, g.child_id, g.staff_id
from access_grant g where g.school_id = $1 and g.id = any($2::uuid[])
"""
STEPS = """
select e.concern_id, e.verb, e.at, e.from_state, e.to_state
from concern_event e where e.school_id = $1 and e.concern_id = any($2::uuid[]) and e.at = any($3)
"""
READERS = (
    """
select distinct on (s.id) s.id as session_id, s.amr, s.auth_time, MEMBER_FACTS,
  coalesce((select o.settings->'second_factor_roles' ? s.role from organisation o
            where o.id = m.school_id), false) as second_factor
from auth_session s
join account a on a.id = s.account_id and a.disabled_at is null
join membership m on m.school_id = $1 and m.staff_id = s.account_id and m.role = s.role
where s.id = any($2::uuid[]) and s.organisation_id = $1
  and s.revoked_at is null and s.expires_at > $3::timestamptz and LIVE
order by s.id
""".replace("MEMBER_FACTS", MEMBER_FACTS)
    .replace("LIVE", LIVE)
    .replace("NOW", "$3")
)


class Place(NamedTuple):
    """A reader's place in a school's trails: they have read everything up to here.

    `xid` is the turn of a transaction: its number, or what a long one drew as it ended.
    """

    xid: int
    log: int = CHILDREN_LOG
    seq: int = BEFORE_ALL


START = Place(0)


class Scan(NamedTuple):
    """Entries of the chosen verbs, the place after all that was read, and whether it is the end."""

    rows: Sequence[Any]
    place: Place
    is_complete: bool


async def horizon(driver: Driver) -> tuple[int, int]:
    """The oldest running transaction that readers wait for, and the first number not yet given."""
    row: Any = await driver.row(HORIZON)
    return row["horizon"], row["ceiling"]


async def schools_with_news(driver: Driver, places: Mapping[UUID, Place]) -> list[UUID]:
    """The schools with an entry from the turn of their place on."""
    until, _ = await horizon(driver)
    turns = [str(place.xid) for place in places.values()]
    rows = await driver.rows(NEWS, list(places), turns, until)
    return [row["id"] for row in rows]


async def scan(
    driver: Driver,
    school_id: UUID,
    after: Place,
    *,
    until: int,
    limit: int,
    verbs: Sequence[str],
    adult_verbs: Sequence[str],
) -> Scan:
    """Read the next entries; `until` must be a horizon, `limit` bounds the number read."""
    in_children = after.log == CHILDREN_LOG
    children = (after.xid, after.seq if in_children else AFTER_ALL)
    adults = (after.xid, BEFORE_ALL if in_children else after.seq)
    rows = await driver.rows(
        SCAN, school_id, *children, *adults, until, limit, list(verbs), list(adult_verbs)
    )
    seen = rows[-1]["number"] if rows else 0
    events = [row for row in rows if row["verb"] in (adult_verbs if row["log"] else verbs)]
    if seen < limit:
        return Scan(events, max(after, Place(until)), is_complete=True)
    last = rows[-1]
    return Scan(events, Place(last["xid"], last["log"], last["seq"]), is_complete=False)


async def deadlines_of(
    driver: Driver, school_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, tuple[str, UUID]]:
    """The noun and id of each clock's record."""
    rows = await driver.rows(DEADLINES, school_id, ids) if ids else ()
    return {row["id"]: (row["noun"], row["thing_id"]) for row in rows}


async def grants_of(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """The facts that decide about grants: their person, and their record."""
    return await driver.rows(GRANTS, school_id, ids) if ids else ()


async def steps_of(
    driver: Driver, school_id: UUID, ids: Sequence[UUID], times: Sequence[datetime]
) -> Sequence[Any]:
    """The steps of concerns at some moments, with the states before and after."""
    return await driver.rows(STEPS, school_id, ids, times) if ids else ()


async def readers_of(
    driver: Driver, school_id: UUID, sessions: Sequence[UUID], now: datetime
) -> dict[UUID, Any]:
    """The present facts of the people behind sessions; ended sessions are missing."""
    rows = await driver.rows(READERS, school_id, sessions, now)
    return {row["session_id"]: row for row in rows}
