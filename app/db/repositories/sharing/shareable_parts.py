"""SQL of a child's records that a share could contain, without their text."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.session import Driver

ITEMS = """
with about as materialized (
  select cc.id from concern_child cc where cc.school_id = $1 and cc.child_id = $2),
found as (
  select 'concern' as kind, c.id, c.recorded_at as at, c.reference,
         coalesce(c.primary_category, c.categories[1]) as code
  from about a join concern c on c.school_id = $1 and c.id = a.id
  union all
  select 'decision', d.id, d.decided_at, null, d.kind from decision d
  where d.school_id = $1 and d.child_id = $2
  union all
  select 'decision', d.id, d.decided_at, null, d.kind
  from about a join decision d on d.school_id = $1 and d.concern_id = a.id and d.child_id is null
  union all
  select 'status', s.id, s.created_at, null, s.kind from child_status s
  where s.school_id = $1 and s.child_id = $2
  union all
  select 'record', r.id, r.occurred_at, null, r.kind from safety_record r
  where r.school_id = $1 and r.child_id = $2)
select f.*, r.content::text as content,
  exists (select from account_statement x where x.school_id = $1 and x.concern_id = c.id)
    as account,
  exists (select from amendment x where x.school_id = $1 and x.concern_id = c.id) as amendments,
  coalesce(c.place, c.context) is not null as place,
  c.id is not null as categories,
  exists (select from body_mark x where x.school_id = $1 and x.concern_id = c.id
          and x.child_id = $2) as body_map,
  array(select distinct x.kind from decision x where x.school_id = $1 and x.concern_id = c.id)
    as decisions,
  exists (select from action x where x.school_id = $1 and x.concern_id = c.id) as actions,
  c.outcome is not null as outcome,
  exists (select from self_harm x where x.school_id = $1 and x.id = c.id) as self_harm
from (select * from found order by at desc, id desc limit $3) f
left join concern c on f.kind = 'concern' and c.school_id = $1 and c.id = f.id
left join safety_record r on f.kind = 'record' and r.school_id = $1 and r.id = f.id
order by f.at desc, f.id desc
"""


async def items_about(driver: Driver, school_id: UUID, child_id: UUID, limit: int) -> Sequence[Any]:
    """The newest items about a child, seen by all or few, with the parts of each concern."""
    return await driver.rows(ITEMS, school_id, child_id, limit)
