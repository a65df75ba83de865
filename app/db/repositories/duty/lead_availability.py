"""Reads of which leads are there to read new reports."""

from datetime import date
from typing import Any
from uuid import UUID

from app.db.repositories.duty.cover import AWAY_ON, STANDS_IN
from app.db.session import Driver

SOCIAL_CARE = """
select json_build_object(
  'day', coalesce(p.content->'mash'->>'number', a.phone),
  'night', coalesce(p.content->'edt'->>'number', a.out_of_hours_phone))::text
from organisation s
left join lateral (
  select k.content from authority_contacts k where k.school_id = $1
  order by k.authority is distinct from s.local_authority, k.authority limit 1) p on true
left join lateral (
  select g.phone, g.out_of_hours_phone from agency g
  where g.school_id = $1 and g.kind = 'social_care' and g.retired_at is null
  order by g.local_authority is distinct from s.local_authority, g.created_at, g.id limit 1)
  a on true
where s.id = $1
"""
"""Children's social care numbers known to school `$1`: its own authority's first."""
LEAD_AVAILABILITY = f"""
with away as (
  {AWAY_ON.format(day="$2")})
select coalesce(k.number, 0) as number, o.nation, coalesce(k.content, '{{}}')::text as content,
       exists (
         select from membership m
         join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
                     and s.suspended_at is null and s.removed_at is null
         join account b on b.id = m.staff_id and b.disabled_at is null
         where m.school_id = $1 and m.role in ('dsl', 'deputy_dsl')
           and m.valid_from <= $2 and (m.valid_to is null or m.valid_to > $2)
           and m.staff_id not in (select a.away_id from away a))
       or exists (
         select from away a join cover_person p on p.school_id = $1 and p.cover_id = a.id
         where {STANDS_IN.format(person="p.staff_id", first="$2", end="$2::date + 1")})
         as somebody,
       ({SOCIAL_CARE}) as care
from organisation o
left join lateral (select c.number, c.content from school_calendar c where c.school_id = $1
                   order by c.number desc limit 1) k on true
where o.id = $1
"""
"""The present calendar, and whether a lead or a lead's stand-in is there that day."""


async def lead_availability_of(driver: Driver, school_id: UUID, day: date) -> Any:
    """number, nation, content, somebody, care; None without such a school."""
    return await driver.row(LEAD_AVAILABILITY, school_id, day)
