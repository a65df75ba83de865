"""SQL for changes since a plan of past entries was made: rows that no longer come in."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core.moments import to_json_bytes
from app.db import one_at_a_time
from app.db.session import Driver

OVERTAKEN = """
select r.id, case when l.child_id is null then 'changed_since_import' else 'file_closed' end as code
from past_row r
left join lateral (
  select f.child_id from file_lock f where f.school_id = $1 and f.unlocked_at is null
    and f.child_id::text in (select c->>'id' from jsonb_array_elements(r.children) c)
  limit 1) l on true
where r.school_id = $1 and r.import_id = $2 and r.fate = 'new' and not r.applied
  and (l.child_id is not null or (not r.amends and exists (
    select from past_entry e where e.school_id = $1 and e.source = $3 and e.kind = $4
      and e.source_id = r.source_id and e.row_sha256 <> r.sha256)))
limit $5
"""
"""New rows of a plan that later changes keep out."""
BROUGHT_TWICE = """
select exists (
  select from past_row r
  join past_import i on i.school_id = $1 and i.id <> $2 and i.source = $3 and i.kind = $4
                    and i.state = 'approved'
  join past_row o on o.school_id = $1 and o.import_id = i.id and o.fate = 'new'
                 and o.source_id = r.source_id
  where r.school_id = $1 and r.import_id = $2 and r.fate = 'new')
or exists (
  select from past_row r
  join past_entry e on e.school_id = $1 and e.source = $3 and e.kind = $4
                   and e.source_id = r.source_id and e.row_sha256 = r.sha256
  where r.school_id = $1 and r.import_id = $2 and r.fate = 'new'
  group by r.id, r.children
  having count(distinct e.child_id) >= jsonb_array_length(r.children))
or $4 = 'staff' and exists (
  select from past_row r
  join past_author a on a.school_id = $1 and a.source = $3 and a.source_id = r.source_id
  where r.school_id = $1 and r.import_id = $2 and r.fate = 'new')
"""
"""Whether another import brings, or has brought since the plan, a row that the plan admits."""
IS_OVERTAKEN = f"select exists ({OVERTAKEN.replace('limit $5', '')}) or ({BROUGHT_TWICE})"
KEEP_OUT = """
update past_row r set fate = 'held', codes = r.codes || array[o.code]
from jsonb_to_recordset($2::jsonb) as o(id uuid, code text)
where r.school_id = $1 and r.id = o.id
"""


async def overtaken(
    driver: Driver, school_id: UUID, import_id: UUID, origin: tuple[str, str], size: int
) -> Sequence[Any]:
    """Rows of a plan that can no longer come in, each with the code of why."""
    return await driver.rows(OVERTAKEN, school_id, import_id, *origin, size)


async def hold_origin(driver: Driver, school_id: UUID, origin: tuple[str, str]) -> None:
    """Make imports of the same origin wait until this work ends: one of two comes first."""
    await one_at_a_time.hold(driver, "past_import", school_id, *origin)


async def is_overtaken(
    driver: Driver, school_id: UUID, import_id: UUID, origin: tuple[str, str]
) -> bool:
    """Whether a row of a plan cannot come in, or comes by another import."""
    return bool(await driver.value(IS_OVERTAKEN, school_id, import_id, *origin))


async def exclude_conflicts(driver: Driver, school_id: UUID, rows: Sequence[Any]) -> None:
    """Hold back rows that were to come in."""
    items = [{"id": str(row["id"]), "code": row["code"]} for row in rows]
    await driver.write_quietly(KEEP_OUT, school_id, to_json_bytes(items).decode())
