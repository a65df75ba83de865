"""Reads a child's chronology: a page comes from one narrow index, then is joined."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.pointers import pointer_in_sql
from app.db.models import ENTRIES, SchoolRow
from app.db.models.base import Entry
from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_facts import AccessFilter
from app.db.session import Driver

START = """
with page as materialized (
  (select e.id, e.child_id, e.occurred_at, e.occurred_precision, e.recorded_at, e.late, e.kind,
         e.thing_id, e.concern_id, e.author_id, e.author_role, e.significant,
         coalesce(c.confidentiality, e.confidentiality) as confidentiality,
         c.reference, c.state, c.level, c.primary_category, c.outcome, c.own_categories
  from chronology_entry e
  left join lateral (select * from concern x where x.school_id = $1 and x.id = e.concern_id
                     limit 1) c on true
  where e.school_id = $1 and """
ON_ROLL = """
  union all
  (select e.id, e.child_id, e.occurred_at, 'about', e.recorded_at, false, 'enrolment', e.thing_id,
          null, null, null, false, 'K2', null, null, null, null, null, null
   from (
     select s.id, n.child_id, s.day::timestamp at time zone 'UTC' as occurred_at,
            greatest(n.created_at, s.day::timestamp at time zone 'UTC') as recorded_at,
            n.id as thing_id
     from enrolment n cross join lateral (values
       (n.id, n.valid_from), (md5('left/' || n.id::text)::uuid, n.valid_to)) s(id, day)
     where n.school_id = $1 and n.child_id = $2 and s.day is not null) e
   where """
"""When the child came and left, from the roll: these entries have no rows or files of their own."""
OF_KIND = " ".join(
    f"when '{name}' then '{model.entry().about}'"
    for name, model in ENTRIES.items()
    if name != model.entry().about
)
ABOUT = pointer_in_sql(f"case p.kind {OF_KIND} else p.kind end", "p.thing_id")
JOINED = "case when p.id = p.thing_id then 'Joined the school' else 'Left the school' end"
OF_ROW = re.compile(r"\bt\.")
"""Matches a condition on the row itself, beyond its entry's columns."""
NAMES_IT = ("name", "about", "often", "joins", "thing", "rows")
SHOWN = tuple(item.name for item in fields(Entry) if item.name not in NAMES_IT)


def _rows(model: type[SchoolRow]) -> str:
    """SQL for what entries show of a row of their own table; other entries skip it."""
    entry = model.entry()
    columns = ", ".join(f"{getattr(entry, name)} as {name}" for name in SHOWN)
    rows = entry.rows or (
        f"{model.__tablename__} t {entry.joins} where p.kind = '{entry.name}' "
        f"and t.school_id = $1 and {entry.thing} = p.thing_id"
    )
    return f"select {columns} from {rows}"


def _rows_of_entries(*, often: bool) -> str:
    """SQL for what a page's entries show, by kind; names each table once."""
    models = [model for model in ENTRIES.values() if model.entry().often is often]
    return "\n  union all ".join(map(_rows, models))


def _category() -> str:
    """SQL: the entry is about a common category, or one of the school's own words.

    Its concern says so, or the category that came with it from another school or a former system.
    """
    own = "array(select word ->> 'code' from jsonb_array_elements(c.own_categories) word)"
    tables = [
        (model.__tablename__, model.entry())
        for model in ENTRIES.values()
        if "category" in (model.__entry__ or {})
    ]
    came = [
        f"e.kind = '{entry.name}' and {{0}} = (select {entry.category} from {table} t {entry.joins}"
        f" where t.school_id = $1 and {entry.thing} = e.thing_id)"
        for table, entry in tables
    ]
    return f"({' or '.join([f'{{0}} = any({own} || c.primary_category)', *came])})"


CATEGORY = _category()
RARE = tuple(name for name, model in ENTRIES.items() if not model.entry().often)
"""Kinds that most files have none of. Half of the tables are read only for these."""
BESIDE = """),
beside as materialized (
  select o.concern_id,
         json_agg(json_build_object('label', 'another pupil', 'role', x.role)
                  order by x.position) filter (where x.role is not null) as roles,
         array_agg(array[k.legal_given_name, k.legal_family_name, k.known_given_name,
                         k.known_family_name, k.middle_names] order by x.position) as names
  from (select distinct p.concern_id from page p where p.concern_id is not null) o
  cross join lateral (
    select y.child_id, y.role, y.position from concern_child y
    where y.school_id = $1 and y.id = o.concern_id and y.child_id <> $2
    union all
    select y.former_child_id, null, null from concern_correction y
    where y.school_id = $1 and y.concern_id = o.concern_id and y.former_child_id <> $2
    offset 0) x
  join child k on k.school_id = $1 and k.id = x.child_id
  group by o.concern_id"""
"""The other children of each concern on the page, read once for all its entries."""
OF_CONCERN = "  left join beside others on others.concern_id = p.concern_id"
END = (
    """)
select p.occurred_at, p.id, p.kind, json_build_object(
  'id', p.id, 'kind', p.kind, 'about', """
    + ABOUT
    + """, 'concern_id', p.concern_id,
  'occurred_at', rfc3339(p.occurred_at), 'occurred_precision', p.occurred_precision,
  'recorded_at', rfc3339(coalesce(told.recorded_at, p.recorded_at)), 'late', p.late,
  'significant', p.significant,
  'post_event', coalesce((select min(z.frozen_at) from frozen_file z where z.school_id = $1
      and z.child_id = $2 and z.undone_at is null) < p.recorded_at, false),
  'author', case when p.kind = 'enrolment'
      then json_build_object('id', null, 'name', 'School roll', 'role', null)
      else coalesce(told.author, json_build_object(
        'id', p.author_id, 'name', author.name, 'role', p.author_role)) end,
  'received', told.received, 'past', told.past,
  'reference', coalesce(told.reference, p.reference), 'step', told.step,
  'state', coalesce(told.state, p.state),
  'entered_in_error', coalesce(p.state = 'entered_in_error', false),
  'level', coalesce(p.level, told.level),
  'category', coalesce(p.primary_category, told.category), 'status_kind', told.status_kind,
  'safety_record_kind', told.safety_record_kind,
  'own_categories', coalesce(jsonb_path_query_array(p.own_categories, '$[*].label'), '[]'),
  'child_role', coalesce(mine.role, told.child_role),
  'summary', case when p.state = 'entered_in_error' then null when p.kind = 'enrolment' then """
    + JOINED
    + """ else told.summary end,
  'child_said', told.child_said,
  'decision', case when p.state is distinct from 'entered_in_error' then told.decision end,
  'reason', case when p.state is distinct from 'entered_in_error' then told.reason end,
  'outcome', told.outcome, 'others', coalesce(others.roles, '[]'), 'visibility', coalesce("""
)
TAIL = """)
  )::text as entry, others.names, {child} as child
from page p
  left join staff author on author.school_id = $1 and author.id = p.author_id
  left join concern_child mine on mine.school_id = $1 and mine.id = p.concern_id
                              and mine.child_id = p.child_id
  left join lateral (
  {told}) told on true
{others}
order by """
OF_ENTRY = """  left join lateral (
    select json_agg(json_build_object('label', 'another pupil', 'role', oc.role)
                    order by oc.position) filter (where oc.role is not null) as roles,
           array_agg(array[k.legal_given_name, k.legal_family_name, k.known_given_name,
                           k.known_family_name, k.middle_names] order by oc.position) as names
    from (select x.child_id, x.role, x.position from concern_child x
          where x.school_id = $1 and x.id = p.concern_id
          union all
          select x.former_child_id, null, null from concern_correction x
          where x.school_id = $1 and x.concern_id = p.concern_id
            and x.former_child_id is not null
          union all
          select (x.pair ->> 0)::uuid, x.pair ->> 1, 0
          from json_array_elements(told.others) as x(pair)) oc
    join child k on k.school_id = $1 and k.id = oc.child_id
    where oc.child_id <> p.child_id) others on true"""
"""The same, with the children that a row names itself."""
CHILD = """
select array[k.year_group, k.registration_group, k.legal_given_name, k.legal_family_name,
             k.known_given_name, k.known_family_name, k.middle_names]
from child k where k.school_id = $1 and k.id = $2 and k.merged_into is null
"""
FIRST = f"case when p.id = (select f.id from page f limit 1) then ({CHILD}) end"
"""The child itself is in the first row, so that a page with entries is one statement."""
WITH_RARE = (
    TAIL.replace("{told}", _rows_of_entries(often=False))
    .replace("{others}", OF_ENTRY)
    .replace("{child}", f"({CHILD})")
)
WITHOUT_RARE = (
    TAIL.replace("{told}", _rows_of_entries(often=True))
    .replace("{others}", OF_CONCERN)
    .replace("{child}", FIRST)
)


@dataclass(frozen=True, slots=True)
class ChildOfChronology:
    """The child of a chronology: the facts that decide who reaches them, and their names."""

    groups: Sequence[str | None]
    names: Sequence[str | None]


async def child_of_chronology(
    driver: Driver, school_id: UUID, child_id: UUID, rows: Sequence[Any] = ()
) -> ChildOfChronology | None:
    """The child's groups and names, or None; taken from the `rows` of a page if they have them."""
    child = rows[0]["child"] if rows else None
    child = child or await driver.value(CHILD, school_id, child_id)
    return ChildOfChronology(child[:2], child[2:]) if child else None


FAMILY = """
with related as (
  select f.other_child_id as id from relationship f
  where f.school_id = $1 and f.child_id = $2 and f.kind = any($3::text[])
    and f.confirmed_at is not null and f.valid_to is null
  union
  select f.child_id from relationship f
  where f.school_id = $1 and f.other_child_id = $2 and f.kind = any($3::text[])
    and f.confirmed_at is not null and f.valid_to is null
  union
  select $2::uuid)
select c.id, coalesce(c.known_given_name, c.legal_given_name) || ' '
          || coalesce(c.known_family_name, c.legal_family_name) as name
from related r join child c on c.school_id = $1 and c.id = r.id
order by c.id <> $2, c.sort_name, c.id limit $4
"""
MOST_OF_A_FAMILY = 12


async def family_of(
    driver: Driver, school_id: UUID, child_id: UUID, kinds: Sequence[str]
) -> dict[UUID, str]:
    """The child first, then confirmed brothers and sisters at this school, each with a name."""
    rows = await driver.rows(FAMILY, school_id, child_id, list(kinds), MOST_OF_A_FAMILY)
    return {row["id"]: row["name"] for row in rows}


@dataclass(frozen=True, slots=True)
class ChronologyFilter:
    """Which entries a chronology shows."""

    kinds: Sequence[str] = ()
    category: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    significant: bool | None = None
    oldest_first: bool = False
    entry_id: UUID | None = None


async def rows_of_chronology(
    driver: Driver,
    access: AccessFilter,
    child_id: UUID,
    asked: ChronologyFilter,
    paging: PageOf,
    visibility: Mapping[str, str],
) -> Sequence[Any]:
    """Rows (occurred_at, id, kind, entry as JSON text, names of the other children or None, child).

    `visibility` says for each class why this actor sees it: JSON texts under `by_role` and
    `by_part`. Entries of rare kinds are read again with their tables; if one of them is no longer
    visible by then, all entries are.
    """
    statement, values = _statement(access, child_id, asked, paging, visibility)
    rows = await driver.rows(statement, *values)
    rare = [row["id"] for row in rows if row["kind"] in RARE]
    if not rare:
        return rows
    statement, values = _statement(access, child_id, asked, paging, visibility, rare)
    whole = {row["id"]: row for row in await driver.rows(statement, *values)}
    if len(whole) < len(rare):  # a page with a row too few would look like the last
        return await rows_of_chronology(driver, access, child_id, asked, paging, visibility)
    return [whole.get(row["id"], row) for row in rows]


def _statement(
    access: AccessFilter,
    child_id: UUID,
    asked: ChronologyFilter,
    paging: PageOf,
    visibility: Mapping[str, str],
    rare: Sequence[UUID] = (),
) -> tuple[str, list[Any]]:
    """The statement of a page with its values; `rare` limits it to these entries."""
    where = Conditions(access.actor.school_id, child_id)
    where.add("e.child_id = $2")
    if rare:
        where.add("e.id = any({}::uuid[])", rare)
    access.keep_entries(where)
    _keep_entries(where, access)
    _narrow(where, asked)
    _after(where, asked, paging)
    direction = "asc" if asked.oldest_first else "desc"
    limit = where.place(paging.fetch)
    order = f"order by occurred_at {direction}, id {direction} limit {limit}"
    roll = None if rare else _of_roll(access, asked, paging, where.values)
    with_roll = f"{ON_ROLL}{roll} {order}) {order}" if roll else ""
    by_role, by_part = where.place(visibility["by_role"]), where.place(visibility["by_part"])
    return (
        f"{START}{where} {order}){with_roll}{'' if rare else BESIDE}"
        f"{END}{by_role}::jsonb -> p.confidentiality, {by_part}::jsonb -> p.confidentiality"
        f"{WITH_RARE if rare else WITHOUT_RARE}p.occurred_at {direction}, p.id {direction}"
    ), where.values


def _after(where: Conditions, asked: ChronologyFilter, paging: PageOf) -> None:
    if paging.after is not None:
        order = ">" if asked.oldest_first else "<"
        where.add(
            f"(e.occurred_at, e.id) {order} ({{}}::timestamptz, {{}}::uuid)",
            paging.after.at,
            paging.after.id,
        )


def _of_roll(
    access: AccessFilter, asked: ChronologyFilter, paging: PageOf, values: list[Any]
) -> str:
    """Which arrivals and departures to show; empty if none are requested."""
    without = asked.kinds and "enrolment" not in asked.kinds
    if without or asked.category or asked.significant or asked.entry_id is not None:
        return ""
    where = Conditions()
    where.values = values
    access.keep_of_class("'K2'::text", "e.child_id", where)
    _narrow(where, ChronologyFilter(since=asked.since, until=asked.until))
    _after(where, asked, paging)
    return str(where)


def _keep_entries(where: Conditions, access: AccessFilter) -> None:
    """Leave out entries whose row the actor may not know of, whatever its class."""
    for name, model in ENTRIES.items():
        rows = where.beside()
        access.keep_entry(model, rows)
        condition = str(rows)
        if OF_ROW.search(condition):
            entry = model.entry()
            joins = "" if entry.thing == "t.id" else entry.joins
            condition = (
                f"coalesce((select true from {model.__tablename__} t {joins} where "
                f"t.school_id = $1 and {entry.thing} = e.thing_id and {condition} limit 1), false)"
            )
        if condition != "true":
            where.keep(f"(e.kind <> '{name}' or {condition})")


def _narrow(where: Conditions, asked: ChronologyFilter) -> None:
    plain: list[tuple[str, Any]] = [
        ("e.kind = any({}::text[])", list(asked.kinds) or None),
        (CATEGORY, asked.category),
        ("e.occurred_at >= {}", asked.since),
        ("e.occurred_at < {}", asked.until),
        ("e.significant = {}", asked.significant),
        ("e.id = {}", asked.entry_id),
    ]
    for condition, value in plain:
        if value is not None:
            where.add(condition, value)
