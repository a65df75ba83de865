"""SQL for notices of unusual reading: new openings, their possible reasons, and the notices."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.behind import PLAIN
from app.db.models import KIND_MODELS
from app.db.models.base import NO_ID
from app.db.paging import Conditions, PageOf
from app.db.repositories.sources import class_of_entry, of_entry
from app.db.session import Driver

CURSOR = "select xid::text as xid, seq from reading_scan where school_id = $1"
MOVE_CURSOR = """
insert into reading_scan (school_id, xid, seq) values ($1, $2::text::xid8, $3)
on conflict (school_id) do update set xid = excluded.xid, seq = excluded.seq
"""
# Lower numbers can commit later: read only what is older than every running transaction.
# Administrators open particulars as daily work and see no content.
ENTRIES = """
select t.id, t.at, t.actor_id, t.child_id, t.seq, t.xid::text as xid,
       t.verb = any($5::text[]) and t.child_id is not null
       and t.actor_role not in ('system', 'service_key', 'school_admin', 'recipient') as opens
from trail t
where t.school_id = $1 and (t.xid, t.seq) > ($2::text::xid8, $3::bigint)
  and t.xid < pg_snapshot_xmin(pg_current_snapshot())
order by t.xid, t.seq limit $4
"""
AROUND = """
select t.id, t.at, t.actor_id, t.child_id
from trail t
where t.school_id = $1 and t.child_id is not null and t.actor_id = any($2::uuid[])
  and t.verb = any($3::text[]) and t.at >= $4 and t.at <= $5
"""
OF_CONCERN = (
    "{} in (select k.id from concern_child k where k.school_id = $1 and k.child_id = p.child)"
)


def _own_work() -> Iterator[str]:
    """The reader's own work about the child, open or recently ended, of every kind with holders."""
    for model in KIND_MODELS.values():
        stored = model.stored()
        about = [f"{stored.child} = p.child"] if stored.child != NO_ID else []
        if PLAIN.fullmatch(stored.concern) and stored.concern != NO_ID:
            about.append(OF_CONCERN.format(stored.concern))
        lately = " or t.ended_at >= $4" if "ended_at" in model.__table__.columns else ""
        for child in about if stored.holders else ():
            yield (
                f"select 'own_work' as reason from {model.__tablename__} t "
                f"where t.school_id = $1 and {child} and p.reader in ({', '.join(stored.holders)}) "
                f"and ({stored.open_when}{lately}) and {stored.among}"
            )


REASONS = f"""
select p.reader, p.child, why.reason
from unnest($2::uuid[], $3::uuid[]) as p(reader, child)
cross join lateral (
  {" union all ".join(_own_work())}
  union all
  select 'own_submission' from concern_child k
  join concern c on c.school_id = $1 and c.id = k.id and c.reporter_id = p.reader
  where k.school_id = $1 and k.child_id = p.child
  union all
  select 'alerted' from concern_child k
  join alert a on a.school_id = $1 and a.concern_id = k.id and a.recipient_id = p.reader
              and a.created_at >= $4
  where k.school_id = $1 and k.child_id = p.child
  union all
  select 'granted' from access_grant g
  where g.school_id = $1 and g.staff_id = p.reader and g.valid_to >= $4
    and (g.child_id = p.child or g.concern_id in (
         select k.id from concern_child k where k.school_id = $1 and k.child_id = p.child))
  union all
  select 'leads_plan' from safety_plan s
  where s.school_id = $1 and s.child_id = p.child and s.ended_at is null and s.lead_id = p.reader
  union all
  select 'support_list' from support_list_entry w
  where w.school_id = $1 and w.child_id = p.child and (w.ended_at is null or w.ended_at >= $4)
  union all
  select 'cohort' from membership m join child c on c.school_id = $1 and c.id = p.child
  where m.school_id = $1 and m.staff_id = p.reader
    and (m.valid_to is null or m.valid_to >= ($4::timestamptz)::date)
    and (m.cohort->'year_groups' ? c.year_group
         or m.cohort->'registration_groups' ? c.registration_group)
  union all
  select 'recent_concern' from concern_child k
  join concern c on c.school_id = $1 and c.id = k.id
               and (c.ended_at is null or c.recorded_at >= $4)
  where k.school_id = $1 and k.child_id = p.child) why
"""
CHILDREN_OF_STAFF = """
select distinct x.child_id from conflict x
where x.school_id = $1 and x.child_id = any($2::uuid[]) and x.kind like 'roster%'
  and x.ended_at is null and x.state <> 'suggested'
"""
SETTINGS = "select (settings->'reading_notices')::text from organisation where id = $1"
ADD = """
insert into reading_notice (school_id, id, rule, rule_version, reader_id, child_id, since, until,
                            measured, entries, dedupe, owner_id, due_at, created_at)
select $1, $2::uuid, $3, $4, $5::uuid, $6::uuid, $7, $8, $9::text::jsonb, $10::uuid[], $11,
       $12::uuid, $13, $14
on conflict (school_id, rule, dedupe) do nothing
returning id
"""
EXTEND = """
update reading_notice n
set entries = array(select distinct e from unnest(n.entries || $6::uuid[]) e),
    since = least(n.since, $7), until = greatest(n.until, $8),
    child_id = case when n.child_id = $9::uuid then n.child_id end,
    measured = case when coalesce(($10::text::jsonb->>'opened')::int, 0)
                       > coalesce((n.measured->>'opened')::int, 0)
                    then $10::text::jsonb else n.measured end,
    version = n.version + 1
where n.school_id = $1 and n.id = (
  select o.id from reading_notice o
  where o.school_id = $1 and o.reader_id = $2::uuid and o.rule = $3 and o.reviewed_at is null
    and o.until >= $4 and o.since <= $5
  order by o.created_at, o.id limit 1)
returning n.id
"""
CARD = """
select t.id, t.rule, t.rule_version, t.reader_id, r.name as reader_name, t.child_id,
       coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as child_name,
       t.since, t.until, t.measured::text as measured, cardinality(t.entries) as number,
       t.owner_id, o.name as owner_name, t.due_at, t.created_at, t.reviewed_at, t.review_outcome,
       t.review_note, t.version
from reading_notice t
join staff r on r.school_id = $1 and r.id = t.reader_id
join staff o on o.school_id = $1 and o.id = t.owner_id
left join child k on k.school_id = $1 and k.id = t.child_id
where t.school_id = $1 and {where} order by t.created_at desc, t.id desc limit {limit}
"""
ROWS = f"""
select t.id, t.at, t.verb, t.noun, t.noun_id, t.child_id, t.actor_role,
       coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as child_name
from reading_notice n
join trail t on t.school_id = $1 and t.id = any(n.entries)
left join child k on k.school_id = $1 and k.id = t.child_id
cross join lateral (
  select {of_entry("t")} as concern_id, {class_of_entry("t")} as class offset 0) b
left join concern c on c.school_id = $1 and c.id = b.concern_id
where n.school_id = $1 and n.id = $2 and {{where}}
order by t.at, t.id limit 500
"""


async def new_entries(
    driver: Driver, school_id: UUID, verbs: Sequence[str], limit: int
) -> Sequence[Any]:
    """The next entries of the trail, openings marked, in the order that misses none."""
    row = await driver.row(CURSOR, school_id)
    xid, seq = (row["xid"], row["seq"]) if row else ("0", 0)
    return await driver.rows(ENTRIES, school_id, xid, seq, limit, list(verbs))


async def move_cursor(driver: Driver, school_id: UUID, xid: str, seq: int) -> None:
    """Record that every entry up to here has been checked."""
    await driver.write(MOVE_CURSOR, school_id, xid, seq)


async def openings_around(
    driver: Driver,
    school_id: UUID,
    readers: Sequence[UUID],
    verbs: Sequence[str],
    since: datetime,
    until: datetime,
) -> Sequence[Any]:
    """What some readers opened within a period."""
    return await driver.rows(AROUND, school_id, list(readers), list(verbs), since, until)


async def reasons_of(
    driver: Driver, school_id: UUID, pairs: Sequence[tuple[UUID, UUID]], since: datetime
) -> dict[tuple[UUID, UUID], set[str]]:
    """The working reasons in the record for each (reader, child)."""
    result: dict[tuple[UUID, UUID], set[str]] = {}
    readers, children = [item for item, _ in pairs], [item for _, item in pairs]
    for row in await driver.rows(REASONS, school_id, readers, children, since):
        result.setdefault((row["reader"], row["child"]), set()).add(row["reason"])
    return result


async def children_of_staff(
    driver: Driver, school_id: UUID, children: Sequence[UUID]
) -> frozenset[UUID]:
    """The children who are family of a member of staff."""
    rows = await driver.rows(CHILDREN_OF_STAFF, school_id, list(children))
    return frozenset(row["child_id"] for row in rows)


async def limits_set(driver: Driver, school_id: UUID) -> dict[str, Any]:
    """The school's own limits for the rules."""
    value = await driver.value(SETTINGS, school_id)
    content = orjson.loads(value) if value else {}
    return content if isinstance(content, dict) else {}


async def extend_notice(driver: Driver, *values: Any) -> UUID | None:
    """Add entries to an open notice of the same rule and reader; answers its id, or None."""
    row: Any = await driver.write(EXTEND, *values)
    return None if row is None else row["id"]


async def add_notice(driver: Driver, *values: Any) -> bool:
    """Save a notice unless this event already has one; answers whether it is new."""
    return await driver.write(ADD, *values) is not None


async def page_of_notices(
    driver: Driver, where: Conditions, asked: Mapping[str, Any], paging: PageOf
) -> Sequence[Any]:
    """Notices, newest first; `where` has what the reader sees."""
    if asked.get("id") is not None:
        where.add("t.id = {}", asked["id"])
    if asked.get("state") is not None:
        where.add(f"t.reviewed_at is {'' if asked['state'] == 'open' else 'not '}null")
    limit = where.page(paging, "t.created_at")
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)


async def rows_of_notice(driver: Driver, where: Conditions) -> Sequence[Any]:
    """The entries behind a notice ($2) that `where` keeps, by their concern (alias `c`).

    The row `b` has the concern and the class behind each entry (`t`).
    """
    return await driver.rows(ROWS.format(where=where), *where.values)
