"""SQL for marks of registration of children on the support list."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.session import Driver

LOOKED_AFTER = """
with recursive asked(named, id) as (
  select one, one from unnest($2::uuid[]) one
  union
  select asked.named, c.merged_into from asked join child c
    on c.school_id = $1 and c.id = asked.id and c.merged_into is not null)
select asked.named, c.id,
  exists (select from frozen_file f
          where f.school_id = $1 and f.child_id = c.id and f.undone_at is null) as died,
  exists (select from support_list_entry w
          where w.school_id = $1 and w.child_id = c.id and w.ended_at is null) or
  exists (select from concern_child p
          join self_harm h on h.school_id = $1 and h.id = p.id
          join concern n on n.school_id = $1 and n.id = p.id
          where p.school_id = $1 and p.child_id = c.id and p.role in ('subject', 'harmed')
            and h.state <> 'closed' and n.ended_at is null)
  as looked_after,
  exists (select from child_status s
          where s.school_id = $1 and s.child_id = c.id and s.valid_to is null
            and s.kind in ('has_social_worker', 'child_in_need', 'child_protection_plan',
                           'looked_after'))
  as has_social_worker,
  (select r.id from reintegration r
   where r.school_id = $1 and r.child_id = c.id and r.returned_on is null and r.ended_at is null
   order by r.set_at desc limit 1) as reintegration_id,
  (select r.expected_on from reintegration r
   where r.school_id = $1 and r.child_id = c.id and r.returned_on is null and r.ended_at is null
   order by r.set_at desc limit 1) as expected_on
from asked join child c on c.school_id = $1 and c.id = asked.id and c.merged_into is null
"""
BY_IDENTIFIER = """
select i.system, i.value, i.child_id from child_identifier i
join unnest($2::text[], $3::text[]) as asked(system, value)
  on asked.system = i.system and asked.value = i.value
where i.school_id = $1 and i.valid_to is null
"""
KEEP_MARK = """
insert into attendance_mark as m
  (school_id, id, child_id, day, session, mark, explained, marked_at, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (school_id, child_id, day, session) do update
  set mark = excluded.mark, explained = excluded.explained, marked_at = excluded.marked_at,
      received_at = excluded.received_at
  where (m.mark, m.explained) is distinct from (excluded.mark, excluded.explained)
returning id
"""
AWAY_BEFORE = """
select count(*) filter (where m.away) as days from (
  select m.day, bool_and(m.mark = 'absent') as away from attendance_mark m
  where m.school_id = $1 and m.child_id = $2 and m.day < $3
  group by m.day order by m.day desc limit $4) m
"""


async def looked_after(driver: Driver, school_id: UUID, children: Sequence[UUID]) -> Sequence[Any]:
    """The ids that are children here, with the reasons why Cairn may keep their marks.

    An id that was `named` may be a former one: `id` is the child who goes on.
    """
    return await driver.rows(LOOKED_AFTER, school_id, list(children))


async def by_identifiers(
    driver: Driver, school_id: UUID, asked: Sequence[tuple[str, str]]
) -> Sequence[Any]:
    """Children by their identifiers in other systems."""
    systems, values = [item[0] for item in asked], [item[1] for item in asked]
    return await driver.rows(BY_IDENTIFIER, school_id, systems, values)


async def keep_mark(driver: Driver, school_id: UUID, *values: Any) -> bool:
    """Save one session's mark; False if it was already saved."""
    return await driver.write(KEEP_MARK, school_id, *values) is not None


async def away_before(driver: Driver, school_id: UUID, child_id: UUID, day: date, days: int) -> int:
    """On how many of the last days with marks before a day the child was absent throughout."""
    (row,) = await driver.rows(AWAY_BEFORE, school_id, child_id, day, days)
    number: int = row["days"]
    return number
