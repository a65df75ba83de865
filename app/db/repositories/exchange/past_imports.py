"""SQL for imports of past entries: their lists, plans, problems, portions and removal."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.moments import to_json_bytes
from app.db.paging import Conditions
from app.db.repositories.exchange.past_import_children import UNRELATED
from app.db.session import Driver

IDENTIFIERS = """
select i.system, i.value, array_agg(distinct i.child_id) as children from child_identifier i
where i.school_id = $1 and i.system = any($2::text[]) group by i.system, i.value
"""
SAID = """
select reference, child_id from past_child
where school_id = $1 and source = $2 and child_id is not null
"""
STATUSES = """
select s.child_id, s.kind, s.valid_from, s.valid_to, e.source_id from child_status s
left join past_entry e on e.school_id = $1 and e.id = s.id and e.source = $2
where s.school_id = $1
"""
CLOSED = "select child_id from file_lock where school_id = $1 and unlocked_at is null"
BELONGS_TO = """
select o.name, e.child_role, e.child_id::text as child_id,
       max(max(e.confidentiality)) over (partition by o.name) as highest
from unnest($3::text[]) as o(name)
join past_entry e on e.school_id = $1 and e.source = $2
  and e.kind = split_part(o.name, ':', 1)
  and e.source_id = substr(o.name, strpos(o.name, ':') + 1)
group by 1, 2, 3 order by 1, 2, 3
"""
FORGET_ROWS = "delete from past_row where school_id = $1 and import_id = $2"
FORGET_PROBLEMS = "delete from past_problem where school_id = $1 and import_id = $2"
STAGE = """
insert into past_row (school_id, id, import_id, position, line, source_id, sha256, fate, codes,
                      confidentiality, is_open, children, unmatched, content, cells)
select $1, gen_random_uuid(), $2, r.position, r.line, r.source_id, r.sha256, r.fate, r.codes,
       r.confidentiality, r.is_open, r.children, r.unmatched, r.content, r.cells
from jsonb_to_recordset($3::jsonb) as
  r(position int, line int, source_id text, sha256 text, fate text, codes text[],
    confidentiality text, is_open bool, children jsonb, unmatched text[], content jsonb,
    cells jsonb)
"""
TWICE = """
with numbered as (
  select r.id, min(r.sha256) over same <> max(r.sha256) over same as differs,
         row_number() over (partition by r.source_id, r.sha256 order by r.position) as nth
  from past_row r
  where r.school_id = $1 and r.import_id = $2 and r.fate in ('new', 'held')
  window same as (partition by r.source_id))
update past_row r
set fate = case when n.nth > 1 and not n.differs then 'unchanged' else 'held' end,
    codes = case when n.nth > 1 and not n.differs then r.codes
                 else r.codes || '{source_id_twice}'::text[] end
from numbered n
where r.school_id = $1 and r.id = n.id and (n.differs or n.nth > 1)
"""
"""A row that appears twice counts once; two that differ are both held back."""
KNOWN = """
with known as (
  select r.id, not bool_or(e.row_sha256 = r.sha256) as changed,
         count(distinct e.child_id) filter (where e.row_sha256 = r.sha256)
           >= jsonb_array_length(r.children) as whole,
         max(e.confidentiality) as highest
  from past_row r
  join past_entry e on e.school_id = $1 and e.source = $3 and e.kind = $4
                   and e.source_id = r.source_id
  where r.school_id = $1 and r.import_id = $2 and r.fate in ('new', 'held')
  group by r.id, r.children)
update past_row r
set fate = case when k.changed and not $5 then 'held' when k.whole then 'unchanged'
                else r.fate end,
    codes = case when k.changed then r.codes || '{changed_since_import}'::text[]
                 when k.whole then '{}' else r.codes end,
    amends = k.changed and $5, confidentiality = greatest(r.confidentiality, k.highest)
from known k where r.school_id = $1 and r.id = k.id
"""
"""Entries already here come in again only for a newly known child, in no lower class."""
KNOWN_AUTHORS = """
update past_row r
set fate = case when a.sha256 = r.sha256 then 'unchanged' else 'held' end,
    codes = case when a.sha256 = r.sha256 then '{}' else '{changed_since_import}'::text[] end
from past_author a
where r.school_id = $1 and r.import_id = $2 and r.fate in ('new', 'held')
  and a.school_id = $1 and a.source = $3 and a.source_id = r.source_id
"""
COUNTS = """
select fate, confidentiality, is_open, count(*) as number from past_row
where school_id = $1 and import_id = $2 group by 1, 2, 3
"""
FOUND_LATER = """
select line, u.code from past_row r, unnest(r.codes) as u(code)
where r.school_id = $1 and r.import_id = $2
  and u.code in ('source_id_twice', 'changed_since_import') order by r.position
"""
ADD_PROBLEMS = """
insert into past_problem (school_id, id, import_id, position, line, "column", code)
select $1, p.id, $2, p.position, p.line, p."column", p.code
from jsonb_to_recordset($3::jsonb) as
  p(id uuid, position int, line int, "column" text, code text)
"""
ADD_CHILDREN = """
insert into past_child (school_id, id, source, reference)
select $1, c.id, $2, c.reference from jsonb_to_recordset($3::jsonb) as c(id uuid, reference text)
where not exists (select from past_child x where x.school_id = $1 and x.source = $2
                  and x.reference = c.reference)
"""
ROWS = """
select r.position, r.line, r.source_id, r.fate, r.codes, r.confidentiality, r.is_open,
       r.children::text as children, r.unmatched, r.content::text as content,
       (select jsonb_agg(jsonb_build_object('id', k.id, 'name',
               coalesce(k.known_given_name, k.legal_given_name) || ' ' ||
               coalesce(k.known_family_name, k.legal_family_name)))::text
        from child k join jsonb_array_elements(r.children) c on k.id = (c->>'id')::uuid
        where k.school_id = $1) as names
from past_row r where r.school_id = $1 and {where} order by {order} limit {limit}
"""
KEEP_MAPPING = """
insert into past_mapping (school_id, id, source, kind, header, mapping, confirmed_by,
                          confirmed_at)
values ($1, gen_random_uuid(), $2, $3, $4, $5::jsonb, $6, $7)
on conflict (school_id, source, kind, header) do update
set mapping = excluded.mapping, confirmed_by = excluded.confirmed_by,
    confirmed_at = excluded.confirmed_at
"""
MAPPING = """
select m.mapping::text from past_mapping m
where m.school_id = $1 and m.source = $2 and m.kind = $3 and m.header = $4
"""
PLANS_FOR = f"""
select exists (
  select from past_row r
  where r.school_id = $1 and r.import_id = $2 and r.fate = 'new'
    and not ({UNRELATED.replace("{related}", "$3")}))
"""
BROUGHT_FOR = """
select exists (
  select from past_entry e join past_entry o on o.school_id = $1
    and (o.id = e.id or o.together_id = e.together_id)
  where e.school_id = $1 and e.import_id = $2 and o.child_id = any($3::uuid[]))
"""
PORTION = """
select r.id, r.amends, r.line, r.source_id, r.sha256, r.confidentiality, r.is_open,
       r.children::text as children, r.content::text as content, r.cells::text as cells
from past_row r
where r.school_id = $1 and r.import_id = $2 and r.fate = 'new' and not r.applied
order by r.position limit $3
"""
ADD_ENTRIES = """
with added as (
  insert into past_entry (
    school_id, id, child_id, child_role, together_id, import_id, source, kind, source_id,
    occurred_at, occurred_unit, occurred_about, recorded_at, author_name, author_role,
    confidentiality, source_categories, categories, text, details, open, significant, links,
    withdrawn, redacted, line, row_sha256, cells, imported_at, changed_at)
  select $1, e.id, e.child_id, e.child_role, e.together_id, $2, e.source, e.kind,
         e.source_id, e.occurred_at, e.occurred_unit, e.occurred_about, e.recorded_at,
         e.author_name, e.author_role, e.confidentiality, e.source_categories, e.categories,
         e.text, e.details, e.open, e.significant, e.links, e.withdrawn,
         e.redacted, e.line, e.row_sha256, e.cells, $4::timestamptz, $4::timestamptz
  from jsonb_populate_recordset(null::past_entry, $3::jsonb) e
  on conflict (school_id, id) do nothing
  returning id, child_id, occurred_at, occurred_unit, occurred_about, confidentiality, significant)
insert into chronology_entry (
  school_id, id, child_id, occurred_at, occurred_precision, recorded_at, late, kind, thing_id,
  confidentiality, author_id, author_role, significant)
select $1, gen_random_uuid(), a.child_id, a.occurred_at,
       case when a.occurred_unit = 'unknown' then 'unknown'
            when a.occurred_about or a.occurred_unit <> 'minute' then 'about' else 'exact' end,
       $4::timestamptz, false, 'past_entry', a.id, a.confidentiality, $5::uuid, $6::text,
       a.significant
from added a where a.id <> all($7::uuid[])
"""
"""A status stands in the chronology as that status; a contact is no event."""
ADD_FILES = """
insert into past_file (school_id, id, file_name, content_type, size, sha256, key, recorded_at,
                       state, scan_result, flags, stripped_key, stripped_size, stripped_sha256)
select $1, f.id, f.file_name, f.content_type, f.size, f.sha256, f.key, $3, f.state, 'not_scanned',
       f.flags, f.stripped_key, f.stripped_size, f.stripped_sha256
from jsonb_populate_recordset(null::past_file, $2::jsonb) f
join past_entry e on e.school_id = $1 and e.id = f.id
on conflict (school_id, id) do nothing
"""
KEYS_OF = """
select distinct k.key from past_file f, unnest(array[f.key, f.stripped_key]) as k(key)
where f.school_id = $1 and f.id = any($2::uuid[]) and k.key is not null
"""
APPLIED = """
update past_row set applied = true where school_id = $1 and id = any($2::uuid[])
"""
TO_REMOVE = """
select e.id, e.child_id from past_entry e
where e.school_id = $1 and e.import_id = $2 and e.id > $3
  and not exists (
    select from past_entry o
    join chronology_entry c on c.school_id = $1 and c.child_id = o.child_id
                           and c.kind in ('past_entry', 'status') and c.thing_id = o.id
    left join child_status s on s.school_id = $1 and s.id = o.id
    where o.school_id = $1 and (o.id = e.id or o.together_id = e.together_id)
      and (o.taken_up_at is not null or s.version > 1
           or c.significant <> (o.significant and c.kind = 'past_entry')
           or exists (select from transfer_packet p join transfer t
                        on t.school_id = $1 and t.id = p.transfer_id and t.child_id = o.child_id
                      where p.school_id = $1 and c.id = any(p.entries))))
  and not exists (
    select from past_entry o join contact k on k.school_id = $1 and k.id = o.id
    where o.school_id = $1 and (o.id = e.id or o.together_id = e.together_id)
      and (k.version > 1
           or exists (select from contact m where m.school_id = $1 and m.merged_into = k.id)
           or exists (select from share s where s.school_id = $1 and s.contact_id = k.id)
           or exists (select from sharing_exception x
                      where x.school_id = $1 and x.contact_id = k.id)))
order by e.id limit $4
"""
"""Untouched entries: not taken up, changed, marked, or sent with a child's file.

An entry about several children stays in the file of each, or goes from all of them.
"""
REMOVE = "select tab, id from remove_past_entries($1, $2::uuid[])"
KEPT = "select count(*) from past_entry where school_id = $1 and import_id = $2"


async def who_is_who(
    driver: Driver, school_id: UUID, source: str, systems: Sequence[str]
) -> tuple[dict[str, UUID], dict[tuple[str, str], list[UUID]], set[UUID], Sequence[Any]]:
    """People's decisions about a source's children, every number of a child, and closed files.

    Last, the statuses of children, with the source's row that they came from.
    """
    rows = await driver.rows(SAID, school_id, source)
    numbers = await driver.rows(IDENTIFIERS, school_id, list(systems))
    closed = await driver.rows(CLOSED, school_id)
    return (
        {row["reference"]: row["child_id"] for row in rows},
        {(row["system"], row["value"]): row["children"] for row in numbers},
        {row["child_id"] for row in closed},
        await driver.rows(STATUSES, school_id, source),
    )


async def children_of(
    driver: Driver, school_id: UUID, source: str, ids: Sequence[str]
) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Highest class and children of entries already here, by `concern:48213`.

    Each child is its role and its id.
    """
    result: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for row in await driver.rows(BELONGS_TO, school_id, source, list(ids)):
        _, children = result.setdefault(row["name"], (row["highest"], []))
        children.append((row["child_role"], row["child_id"]))
    return result


async def forget_plan(driver: Driver, school_id: UUID, import_id: UUID, *, problems: bool) -> None:
    """Delete the rows of a plan; with `problems`, also its problems, as it is made again."""
    await driver.write_quietly(FORGET_ROWS, school_id, import_id)
    if problems:
        await driver.write(FORGET_PROBLEMS, school_id, import_id)


async def stage(
    driver: Driver, school_id: UUID, import_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Save rows of a plan."""
    await driver.write_quietly(STAGE, school_id, import_id, to_json_bytes(rows).decode())


async def compare(
    driver: Driver, school_id: UUID, import_id: UUID, origin: tuple[str, str], *, add: bool
) -> None:
    """Compare the rows of a plan with one another, and with entries already here.

    `origin` is the system and the kind; `add` admits rows that have changed since.
    """
    await driver.write_quietly(TWICE, school_id, import_id)
    await driver.write_quietly(KNOWN, school_id, import_id, *origin, add)
    if origin[1] == "staff":
        await driver.write_quietly(KNOWN_AUTHORS, school_id, import_id, origin[0])


async def keep_mapping(
    driver: Driver,
    school_id: UUID,
    of: tuple[str, str, str],
    mapping: Mapping[str, Any],
    confirmed: tuple[UUID, datetime],
) -> None:
    """Save the meanings of columns: `of` is the system, the kind and the header."""
    mapping_json = orjson.dumps(mapping).decode()
    await driver.write(KEEP_MAPPING, school_id, *of, mapping_json, *confirmed)


async def mapping_for(
    driver: Driver, school_id: UUID, of: tuple[str, str, str]
) -> dict[str, Any] | None:
    """The confirmed meanings of such columns, or None."""
    value = await driver.value(MAPPING, school_id, *of)
    return None if value is None else orjson.loads(value)


async def plans_for(
    driver: Driver, school_id: UUID, import_id: UUID, children: Collection[UUID]
) -> bool:
    """Whether a new row of a plan is about one of these children, or may be."""
    return bool(children) and bool(
        await driver.value(PLANS_FOR, school_id, import_id, sorted(children))
    )


async def brought_for(
    driver: Driver, school_id: UUID, import_id: UUID, children: Collection[UUID]
) -> bool:
    """Whether an entry that an import brought is about one of these children."""
    return bool(children) and bool(
        await driver.value(BROUGHT_FOR, school_id, import_id, sorted(children))
    )


async def counts_of(driver: Driver, school_id: UUID, import_id: UUID) -> Sequence[Any]:
    """Rows of a plan by fate, class and whether they were open."""
    return await driver.rows(COUNTS, school_id, import_id)


async def found_later(driver: Driver, school_id: UUID, import_id: UUID) -> Sequence[Any]:
    """Line and code of each problem that the comparison found."""
    return await driver.rows(FOUND_LATER, school_id, import_id)


async def add_problems(
    driver: Driver, school_id: UUID, import_id: UUID, problems: Sequence[Mapping[str, Any]]
) -> None:
    """Save the problems of a plan."""
    await driver.write(ADD_PROBLEMS, school_id, import_id, to_json_bytes(problems).decode())


async def add_children(
    driver: Driver, school_id: UUID, source: str, children: Sequence[Mapping[str, Any]]
) -> None:
    """Save unknown references that a person has to decide."""
    await driver.write(ADD_CHILDREN, school_id, source, to_json_bytes(children).decode())


async def rows_of(driver: Driver, where: Conditions, fetch: int) -> Sequence[Any]:
    """Rows of a plan in the order of the file."""
    limit = where.place(fetch)
    statement = ROWS.format(where=where, order="r.position", limit=limit)
    return await driver.rows(statement, *where.values)


async def portion(driver: Driver, school_id: UUID, import_id: UUID, size: int) -> Sequence[Any]:
    """The next rows of an approved plan."""
    return await driver.rows(PORTION, school_id, import_id, size)


async def add_entries(
    driver: Driver,
    school_id: UUID,
    import_id: UUID,
    entries: Sequence[Mapping[str, Any]],
    acting: tuple[Any, UUID, str, Sequence[str]],
) -> None:
    """Add entries and their places in the chronology; existing ones do not change.

    `acting` is the moment, the person who let them in, their role, and the kinds that have no
    chronology entry of their own.
    """
    await driver.write(
        ADD_ENTRIES, school_id, import_id, orjson.dumps(list(entries)).decode(), *acting
    )


async def add_files(
    driver: Driver, school_id: UUID, files: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Save the files of existing entries."""
    await driver.write(ADD_FILES, school_id, orjson.dumps(list(files)).decode(), now)


async def keys_of(driver: Driver, school_id: UUID, entries: Sequence[UUID]) -> list[str]:
    """Storage keys of the files of entries."""
    return [row["key"] for row in await driver.rows(KEYS_OF, school_id, list(entries))]


async def note_applied(driver: Driver, school_id: UUID, rows: Sequence[UUID]) -> None:
    """Mark rows of a plan as applied."""
    await driver.write_quietly(APPLIED, school_id, list(rows))


async def to_remove(
    driver: Driver, school_id: UUID, import_id: UUID, behind: UUID, size: int
) -> Sequence[Any]:
    """The next untouched entries of an import."""
    return await driver.rows(TO_REMOVE, school_id, import_id, behind, size)


async def remove(driver: Driver, import_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """Delete entries of an import; answers table and id of each deleted row."""
    return await driver.rows(REMOVE, import_id, list(ids))


async def count_entries(driver: Driver, school_id: UUID, import_id: UUID) -> int:
    """The number of an import's entries."""
    return int(await driver.value(KEPT, school_id, import_id))
