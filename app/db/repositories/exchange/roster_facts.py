"""SQL for the facts that an integrator compares with its own rows: roster facts only."""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.core.ids import NIL
from app.core.words import AuditEvent
from app.db.paging import Conditions, PageOf
from app.db.repositories.exchange.events import BEFORE_ALL
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
"""Which of a child's number rows a filter means."""

# A contact counts with the child: if the source no longer has the child, it has neither.
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
# The children of a source at the place of the last change to each. Links identify the imports;
# people's changes to contacts and known names are left out: a new number may be a secret. The
# order is that of `events`: a long transaction stands at the turn it drew as it ended.
CHANGED = f"""
with late as materialized (
  select l.xid, l.turn from late_trail l where l.school_id = $1 and l.turn >= $3::xid8),
entry as materialized (
  select t.xid as turn, t.seq, t.verb, t.noun_id, t.child_id, t.details from trail t
  where t.school_id = $1 and t.xid >= $3::xid8 and t.xid < $6::xid8 and t.verb = any($7::text[])
    and t.xid not in (select late.xid from late)
  union all
  select late.turn, t.seq, t.verb, t.noun_id, t.child_id, t.details
  from late join trail t on t.school_id = $1 and t.xid = late.xid
  where late.turn < $6::xid8 and t.verb = any($7::text[])),
moved as (
  select k.id, e.turn, e.seq from entry e
  join roster_link k on k.school_id = $1 and k.local_id = e.child_id and k.source = $2
                    and k.kind = 'child'
  where e.verb = any($8::text[]) or e.details ? 'import_id' or e.details->'fields' ?| $9::text[]
     or exists (select from child_identifier i
                where i.school_id = $1 and i.id = e.noun_id and not i.suppressed
                  and (i.source = $2 or i.system in ('upn', 'former_upn', 'mis_id')))
  union all
  select k.id, e.turn, e.seq from entry e
  join roster_link m on m.school_id = $1 and m.source = $2 and m.import_id = e.noun_id
                    and m.kind in ('child', 'contact')
  left join contact c on m.kind = 'contact' and c.school_id = $1 and c.id = m.local_id
  join roster_link k on k.school_id = $1 and k.source = $2 and k.kind = 'child'
                    and k.local_id = coalesce(c.child_id, m.local_id)),
newest as (
  select distinct on (m.id) m.id, m.turn, m.seq from moved m order by m.id, m.turn desc, m.seq desc)
select w.turn, w.seq, x.* from newest w
join lateral ({CHILDREN} where l.school_id = $1 and l.id = w.id) x on true
where (w.turn, w.seq, w.id) > ($3::xid8, $4::bigint, $5::uuid)
order by w.turn, w.seq, w.id limit $10
"""
IMPORTED: Final = (AuditEvent.ROSTER_APPLIED.value, AuditEvent.ROSTER_UNDONE.value)
MERGED: Final = (AuditEvent.CHILD_MERGED.value, AuditEvent.CHILD_UNMERGED.value)
WATCHED: Final = (
    *IMPORTED, *MERGED, AuditEvent.CHILD_ADDED.value, AuditEvent.CHILD_CHANGED.value,
    AuditEvent.IDENTIFIER_ADDED.value, AuditEvent.IDENTIFIER_ENDED.value,
)  # fmt: skip
BOUND = """
select k.roster_sources as bound, array(
  select distinct i.source from roster_import i
  where i.school_id = $1 and i.started_by = $2
    and i.state in ('applied', 'undoing', 'undone')) as sent
from service_key k where k.school_id = $1 and k.id = $2
"""
HELD = """
select jsonb_agg(jsonb_build_object(
         'import_id', h.id, 'code', h.because, 'since', rfc3339(h.created_at))
       order by h.created_at desc, h.id desc) as held
from roster_import h
where h.school_id = $1 and h.source = s.source and h.state = 'held'
"""
GOOD = """
select g.id, g.ended_at, g.counts::text as counts from roster_import g
where g.school_id = $1 and g.source = s.source and g.state = 'applied'
order by g.ended_at desc, g.id desc limit 1
"""
SOURCES = f"""
select s.source, s.id, s.created_at, s.state, s.first_at, g.id as good_id,
  g.ended_at as good_at, g.counts, coalesce(h.held, '[]')::text as held,
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
    """A page of the children that a source knows, in the order they became known."""
    where = Conditions(school_id, source)
    where.add("l.school_id = $1 and l.source = $2 and l.kind = 'child'")
    where.given("l.id > {}", after)
    if (source_id := asked.pop("source_id", None)) is not None:
        where.add("l.source_id = {}", source_id)
    for name, value in asked.items():
        if value is not None:
            where.add(HAS_NUMBER.format(being=BEING[name]), value)
    limit = where.place(fetch)
    return await driver.rows(f"{CHILDREN} where {where} order by l.id limit {limit}", *where.values)


class ChangePlace(NamedTuple):
    """A change reader's place: transaction, place in it, and child at that place."""

    turn: int
    seq: int = BEFORE_ALL
    link: UUID = NIL


async def changed_children(
    driver: Driver,
    school_id: UUID,
    source: str,
    after: ChangePlace,
    *,
    until: int,
    fields: Collection[str],
    fetch: int,
) -> Sequence[Any]:
    """The children of a source that changed after a place, each at the newest change.

    `until` must be a horizon, `fields` are the fields of a child that a reader always sees.
    """
    return await driver.rows(
        CHANGED, school_id, source, after.turn, after.seq, after.link, until, list(WATCHED),
        list(MERGED), list(fields), fetch,
    )  # fmt: skip


async def sources_of_key(driver: Driver, school_id: UUID, key_id: UUID) -> frozenset[str]:
    """The sources a key is bound to; without any, those it has sent."""
    row = await driver.row(BOUND, school_id, key_id)
    return frozenset() if row is None else frozenset(row["bound"] or row["sent"])


async def digests_of(driver: Driver, school_id: UUID, source: str) -> Sequence[Any]:
    """For each kind of row that a source has now: its number, and one hash over all rows."""
    return await driver.rows(DIGESTS, school_id, source)


async def sources_of(
    driver: Driver, school_id: UUID, only: Collection[str] | None, asked: PageOf
) -> Sequence[Any]:
    """The sources of a school by newest import: one row more than the page shows."""
    where = Conditions(school_id)
    if only is not None:
        where.add("s.source = any({}::text[])", list(only))
    limit = where.page(asked, "s.created_at")
    return await driver.rows(
        f"{SOURCES} where {where} order by s.created_at desc, s.id desc limit {limit}",
        *where.values,
    )
