"""SQL for sanctions: whether the child disclosed something shortly before."""

from typing import Any
from uuid import UUID

from app.db.session import Driver

RECENT_EVENT = """
select exists (
  select from concern_child p
  join self_harm h on h.school_id = $1 and h.id = p.id
  join concern c on c.school_id = $1 and c.id = p.id
  where p.school_id = $1 and p.child_id = $2 and p.role in ('subject', 'harmed')
    and c.state <> 'entered_in_error'
    and greatest(c.recorded_at, h.last_event_at) >= $3)
"""


async def event_since(driver: Driver, school_id: UUID, child_id: UUID, since: Any) -> bool:
    """Whether a child told of self-harm, or it became known, since a moment."""
    (row,) = await driver.rows(RECENT_EVENT, school_id, child_id, since)
    result: bool = row[0]
    return result
