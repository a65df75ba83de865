"""SQL for what an integrator compares with its own rows: roster facts alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

NUMBERS = """
select jsonb_agg(jsonb_build_object('system', n.system, 'value', n.value, 'own', n.own)
                 order by n.system, n.value) as held
from (select case when i.valid_to is null then i.system else 'former_upn' end as system,
             i.value, bool_or(i.source = l.source) as own
      from child_identifier i
      where i.school_id = c.school_id and i.child_id = c.id and not i.suppressed
        and case when i.valid_to is null
                 then i.source = l.source or i.system in ('upn', 'former_upn', 'mis_id')
                 else i.system in ('upn', 'former_upn') end
      group by 1, 2) n
"""
CONTACTS = """
select jsonb_agg(jsonb_build_object(
         'source_id', a.source_id, 'name', a.name, 'email', a.email, 'phone', a.phone,
         'relationship', a.kind, 'row_hash', b.row_hash) order by b.id) as held
from contact a
join roster_link b on b.school_id = a.school_id and b.source = l.source and b.kind = 'contact'
                  and b.local_id = a.id and b.gone_at is null
where a.school_id = c.school_id and a.child_id = c.id and a.valid_to is null
"""
STAY = """
select e.valid_from, e.valid_to from enrolment e
where e.school_id = c.school_id and e.child_id = c.id
order by e.valid_from desc, e.id desc limit 1
"""
CHILDREN = f"""
select l.id, l.source_id, l.gone_at, l.row_hash, c.id as child_id, c.legal_given_name,
  c.legal_family_name, c.middle_names, c.known_given_name, c.known_family_name, c.date_of_birth,
  c.sex, c.year_group, c.registration_group, c.roll_status, s.valid_from as entered_on,
  s.valid_to as left_on, coalesce(n.held, '[]')::text as identifiers,
  coalesce(a.held, '[]')::text as contacts
from roster_link l
join child c on c.school_id = l.school_id and c.id = l.local_id
left join lateral ({STAY}) s on true
left join lateral ({NUMBERS}) n on true
left join lateral ({CONTACTS}) a on true
"""
HAS_NUMBER = """
l.local_id in (select i.child_id from child_identifier i
               where i.school_id = $1 and i.value = {{}} and not i.suppressed and {being})
"""
BEING = {
    "upn": "i.system = 'upn' and i.valid_to is null",
    "former_upn": "(i.system = 'former_upn' or i.system = 'upn' and i.valid_to is not null)",
    "mis_id": "i.system = 'mis_id' and i.valid_to is null",
}
"""Which row of a child's numbers is meant by a filter."""

# A contact counts with the child: where the source has the child no more, it has neither.
DIGESTS = """
select l.kind, count(*) as count,
  encode(sha256(convert_to(string_agg(
    l.row_hash || ' ' || l.source_id || E'\\n', '' order by l.source_id collate "C"), 'UTF8')),
    'hex') as sha256
from roster_link l
where l.school_id = $1 and l.source = $2 and l.gone_at is null
  and (l.kind <> 'contact' or exists (
    select from contact c
    join roster_link k on k.school_id = c.school_id and k.local_id = c.child_id
                      and k.source = l.source and k.kind = 'child' and k.gone_at is null
    where c.school_id = l.school_id and c.id = l.local_id))
group by l.kind
"""
HELD = """
select jsonb_agg(jsonb_build_object(
         'import_id', h.id, 'code', h.because, 'since', rfc3339(h.created_at))
       order by h.created_at desc, h.id desc) as held
from roster_import h
where h.school_id = $1 and h.source = s.source and h.state = 'held'
"""
GOOD = """
select g.id, g.finished_at, g.counts::text as counts from roster_import g
where g.school_id = $1 and g.source = s.source and g.state = 'applied'
order by g.finished_at desc, g.id desc limit 1
"""
SOURCES = f"""
select s.source, s.id, s.created_at, s.state, s.first_at, g.id as good_id,
  g.finished_at as good_at, g.counts, coalesce(h.held, '[]')::text as held,
  (select coalesce((o.settings->>'roster_stale_days')::int, 3) from organisation o
   where o.id = $1) as stale_days
from (select distinct on (i.source) i.source, i.id, i.created_at, i.state,
             min(i.created_at) over (partition by i.source) as first_at
      from roster_import i where i.school_id = $1
      order by i.source, i.created_at desc, i.id desc) s
left join lateral ({GOOD}) g on true
left join lateral ({HELD}) h on true
"""


async def children_of(
    driver: Driver,
    school_id: UUID,
    source: str,
    after: UUID | None,
    fetch: int,
    **asked: str | None,
) -> Sequence[Any]:
    """A page of the children a source knows, in the order in which they became known."""
    where = Conditions(school_id, source)
    where.add("l.school_id = $1 and l.source = $2 and l.kind = 'child'")
    if after is not None:
        where.add("l.id > {}", after)
    if (source_id := asked.pop("source_id", None)) is not None:
        where.add("l.source_id = {}", source_id)
    for name, value in asked.items():
        if value is not None:
            where.add(HAS_NUMBER.format(being=BEING[name]), value)
    limit = where.place(fetch)
    return await driver.rows(f"{CHILDREN} where {where} order by l.id limit {limit}", *where.values)


async def digests_of(driver: Driver, school_id: UUID, source: str) -> Sequence[Any]:
    """For each kind of row that a source has now: how many, and one hash over all of them."""
    return await driver.rows(DIGESTS, school_id, source)


async def sources_of(driver: Driver, school_id: UUID, asked: PageOf) -> Sequence[Any]:
    """The sources of a school by their newest import: one row more than the page shows."""
    where = Conditions(school_id)
    if asked.after is not None:
        where.add("(s.created_at, s.id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"{SOURCES} where {where} order by s.created_at desc, s.id desc limit {limit}",
        *where.values,
    )
