"""SQL for the pathway of a concern: open work about a child, and other known records."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.moments import to_json_bytes
from app.db.models import ConcernChild, Referral, SafetyRecord, SelfHarm
from app.db.new_ids import NEW_ID
from app.db.paging import Conditions
from app.db.repositories.concern_facts import AccessFilter
from app.db.session import Driver

ON_PATHWAY = ("subject", "harmed")
"""A child's parts in a concern that put them on its pathway; a friend who told is not on it."""
WAITING = ("sent", "acknowledged", "chased", "challenged")
"""States of referrals that an agency has not answered yet."""


def plain(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details in JSON's form: ids and moments as text, without empty values."""
    present = {name: value for name, value in details.items() if value is not None}
    content: dict[str, Any] = orjson.loads(to_json_bytes(present, texts=True))
    return content


async def open_of_child(session: AsyncSession, school_id: UUID, child_id: UUID) -> list[SelfHarm]:
    """A child's pathways that are not closed, locked, oldest first."""
    rows = await session.scalars(
        select(SelfHarm)
        .join(
            ConcernChild,
            (ConcernChild.school_id == SelfHarm.school_id) & (ConcernChild.id == SelfHarm.id),
        )
        .where(
            SelfHarm.school_id == school_id,
            ConcernChild.child_id == child_id,
            ConcernChild.role.in_(ON_PATHWAY),
            SelfHarm.state != "closed",
        )
        .order_by(SelfHarm.id)
        .with_for_update(of=SelfHarm, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def roles_in(session: AsyncSession, school_id: UUID, concern_id: UUID) -> dict[UUID, str]:
    """The children of a concern with their parts, in order."""
    result = await session.execute(
        select(ConcernChild.child_id, ConcernChild.role)
        .where(ConcernChild.school_id == school_id, ConcernChild.id == concern_id)
        .order_by(ConcernChild.position)
    )
    return {child: role for child, role in result}


async def subjects_of(session: AsyncSession, school_id: UUID, concern_id: UUID) -> list[UUID]:
    """The children a concern is about, in order."""
    rows = await session.scalars(
        select(ConcernChild.child_id)
        .where(
            ConcernChild.school_id == school_id,
            ConcernChild.id == concern_id,
            ConcernChild.role.in_(ON_PATHWAY),
        )
        .order_by(ConcernChild.position)
    )
    return list(rows)


PUPILS = """
select array(select cc.child_id from concern_child cc
             where cc.school_id = $1 and cc.id = $2 and cc.role in ('subject', 'harmed')
             order by cc.position) as subjects,
       exists (select from unmatched_child u
               where u.school_id = $1 and u.id = $2 and u.matched_at is null) as unmatched
"""


async def pupils_in(driver: Driver, school_id: UUID, concern_id: UUID) -> tuple[list[UUID], bool]:
    """The children a concern is about, in order, and whether one is still unmatched."""
    row: Any = await driver.row(PUPILS, school_id, concern_id)
    return list(row["subjects"]), row["unmatched"]


async def list_unanswered(session: AsyncSession, school_id: UUID, concern_id: UUID) -> list[UUID]:
    """Ids of a concern's referrals that were sent and not yet answered."""
    rows = await session.scalars(
        select(Referral.id).where(
            Referral.school_id == school_id,
            Referral.concern_id == concern_id,
            Referral.state.in_(WAITING),
            Referral.ended_at.is_(None),
        )
    )
    return list(rows)


PARTS = """
select (select json_build_object(
          'kind', h.kind, 'kind_told', h.kind_told, 'immediacy_told', h.reported_immediacy,
          'told', h.told, 'begun_at', rfc3339(h.begun_at), 'state', h.state,
          'last_event_at', rfc3339(h.last_event_at), 'pupils', h.pupils,
          'steps', coalesce((
              select json_agg(json_build_object(
                'id', s.id, 'step', s.verb, 'at', rfc3339(s.at),
                'recorded_at', rfc3339(s.recorded_at), 'by_role', s.by_role,
                'by', case when p.id is not null
                           then json_build_object('id', p.id, 'name', p.name) end,
                'from_state', s.from_state, 'to_state', s.to_state, 'details', s.details,
                'child_ids', s.child_ids)
                order by s.recorded_at, s.id)
              from self_harm_step s left join staff p on p.school_id = $1 and p.id = s.by_id
              where s.school_id = $1 and s.concern_id = $2
                and ($3::uuid is null or s.by_id = $3)), '[]'))
        from self_harm h where h.school_id = $1 and h.id = $2)::text as pathway,
       (select json_build_object(
          'name', u.told->>'name', 'year_group', u.told->>'year_group',
          'description', u.told->>'description', 'unknown', coalesce(u.told->'unknown', '[]'),
          'marks', case when u.matched_at is null then u.marks else '[]' end,
          'matched_at', rfc3339(u.matched_at),
          'matched_by', case when p.id is not null
                             then json_build_object('id', p.id, 'name', p.name) end)
        from unmatched_child u left join staff p on p.school_id = $1 and p.id = u.matched_by
        where u.school_id = $1 and u.id = $2)::text as unmatched,
       coalesce((select json_agg(json_build_object(
                   'kind', t.kind, 'child_id', t.child_id, 'due_at', rfc3339(t.due_at)))
                 from task t where t.school_id = $1 and t.concern_id = $2 and t.ended_at is null),
                '[]')::text as owed,
       array(select cc.child_id from concern_child cc
             where cc.school_id = $1 and cc.id = $2 and cc.role in ('subject', 'harmed')
             order by cc.position) as subjects
"""


class Parts(NamedTuple):
    """The pathway of a concern, its unmatched child, its outstanding tasks, and its subjects."""

    pathway: dict[str, Any] | None
    unmatched: dict[str, Any] | None
    outstanding: list[dict[str, Any]]
    """Open tasks: kind, child and due time."""
    subjects: list[UUID]


async def parts_of(
    driver: Driver, school_id: UUID, concern_id: UUID, *, steps_by: UUID | None
) -> Parts:
    """The parts of a concern; with `steps_by`, only that person's steps."""
    row: Any = await driver.row(PARTS, school_id, concern_id, steps_by)
    return Parts(
        row["pathway"] and orjson.loads(row["pathway"]),
        row["unmatched"] and orjson.loads(row["unmatched"]),
        orjson.loads(row["owed"]),
        list(row["subjects"]),
    )


ALSO_KNOWN = """
with seen as materialized (
  select c.id, cc.child_id, c.recorded_at, c.primary_category, c.state
  from concern c join concern_child cc on cc.school_id = $1 and cc.id = c.id
  where {concerns}),
found as (
  select 'concern' as noun, s.id, s.recorded_at as at, s.primary_category as category, s.child_id
  from seen s
  where s.id <> {this} and s.recorded_at >= {since} and s.state <> 'entered_in_error'
  union all
  select 'record', r.id, r.recorded_at, r.kind, r.child_id
  from safety_record r {joins}
  where r.school_id = $1 and r.child_id = any({children}::uuid[]) and r.recorded_at >= {since}
    and {records})
select coalesce(json_agg(json_build_object(
  'kind', f.noun, 'id', f.id,
  'path', case f.noun when 'concern' then '/v1/concerns/' || f.id end,
  'at', rfc3339(f.at), 'category', f.category,
  'child_id', f.child_id) order by f.at desc, f.id), '[]')::text
from found f
"""


async def also_known(
    driver: Driver,
    access: AccessFilter,
    concern_id: UUID,
    children: Sequence[UUID],
    since: datetime,
    keep: Callable[[Conditions], None],
) -> list[dict[str, Any]]:
    """Other records about the same children that the reader may read, newest first.

    `keep` keeps the safety records (alias `r`) that the reader sees.
    """
    where = Conditions(access.actor.school_id)
    where.add("cc.child_id = any({}::uuid[])", list(children))
    access.keep(where)
    records = where.beside()
    keep(records)
    statement = ALSO_KNOWN.format(
        concerns=f"c.school_id = $1 and {where}",
        this=f"{where.place(concern_id)}::uuid",
        since=f"{where.place(since)}::timestamptz",
        children=where.place(list(children)),
        joins=SafetyRecord.stored("r").joins,
        records=records,
    )
    rows: list[dict[str, Any]] = orjson.loads(await driver.value(statement, *where.values))
    return rows


HARM_AT_HOME = """
select c.id from concern c
where {where} and c.state not in ('duplicate_of', 'entered_in_error')
order by c.recorded_at desc, c.id limit 1
"""


async def harm_at_home(
    driver: Driver,
    access: AccessFilter,
    concern_id: UUID,
    child_id: UUID,
    sources: Sequence[str],
    since: datetime,
) -> UUID | None:
    """The newest other readable concern that names one of these sources of harm for the child."""
    where = Conditions(access.actor.school_id)
    where.add("c.school_id = $1 and c.id <> {}::uuid", concern_id)
    where.add(
        "exists (select from concern_child x where x.school_id = $1 and x.id = c.id"
        " and x.child_id = {}::uuid and x.role in ('subject', 'harmed'))",
        child_id,
    )
    where.add("c.alleged_source_of_harm = any({}::text[])", list(sources))
    where.add("c.recorded_at >= {}::timestamptz", since)
    access.keep(where)
    value: UUID | None = await driver.value(HARM_AT_HOME.format(where=where), *where.values)
    return value


ENTER = f"""
with entered as (
insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision, recorded_at,
  late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
select $1, {NEW_ID}, k.child_id, e.occurred_at, e.precision, e.recorded_at,
  e.recorded_at - e.occurred_at > interval '24 hours', e.kind, e.thing_id, c.id, c.confidentiality,
  e.author_id, coalesce(held.role, 'staff')
from concern c
cross join unnest($3::uuid[]) as k(child_id)
cross join lateral (
  select c.occurred_at, c.occurred_precision as precision, c.recorded_at, 'concern' as kind,
         c.id as thing_id, c.reporter_id as author_id
  union all
  select a.recorded_at, 'exact', a.recorded_at, 'amendment', a.id, a.author_id
  from amendment a where a.school_id = $1 and a.concern_id = c.id
  union all
  select m.recorded_at, 'exact', m.recorded_at, 'comment', m.id, m.author_id
  from comment m where m.school_id = $1 and m.concern_id = c.id
  union all
  select d.decided_at, 'exact', d.recorded_at, 'decision', d.id, d.decided_by
  from decision d where d.school_id = $1 and d.concern_id = c.id
  union all
  select x.set_at, 'exact', x.set_at, 'action', x.id, x.set_by
  from action x where x.school_id = $1 and x.concern_id = c.id
  union all
  select f.recorded_at, 'exact', f.recorded_at, 'document', f.id, f.added_by
  from attachment f where f.school_id = $1 and f.concern_id = c.id) e
left join lateral (
  select m.role from membership m
  where m.school_id = $1 and m.staff_id = e.author_id and m.valid_from <= e.recorded_at::date
  order by m.valid_from desc, m.id limit 1) held on true
where c.school_id = $1 and c.id = $2
returning 1)
select exists (select from self_harm h where h.school_id = $1 and h.id = $2) as on_pathway,
       (select count(*) from entered) as entered
"""
STANDING = """
select exists (select from self_harm h where h.school_id = $1 and h.id = $2) as on_pathway,
       exists (select from task t where t.school_id = $1 and t.concern_id = $2
               and t.kind = 'child_unmatched' and t.ended_at is null) as unmatched
"""


async def enter_chronology(
    driver: Driver, school_id: UUID, concern_id: UUID, children: Sequence[UUID]
) -> bool:
    """Add a concern and its entries to the chronologies of children identified later.

    Answers whether it has a pathway.
    """
    row: Any = await driver.write(ENTER, school_id, concern_id, list(children))
    return bool(row["on_pathway"])


async def standing(driver: Driver, school_id: UUID, concern_id: UUID) -> tuple[bool, bool]:
    """Whether a concern has a pathway, and whether its child is still unmatched."""
    row: Any = await driver.row(STANDING, school_id, concern_id)
    return row["on_pathway"], row["unmatched"]
