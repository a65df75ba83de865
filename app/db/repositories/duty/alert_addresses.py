"""Who is to hear that an address of the school takes no mail."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.db.session import Driver

UNTOLD = """
select s.id from staff s
where s.school_id = $1 and s.suspended_at is null and s.removed_at is null
  and s.accepted_at is not null
  and exists (
    select from membership m
    where m.school_id = $1 and m.staff_id = s.id and m.role = any($2)
      and m.valid_from <= ($4::timestamptz at time zone 'Europe/London')::date
      and (m.valid_to is null or m.valid_to > ($4::timestamptz at time zone 'Europe/London')::date))
  and not exists (
    select from alert a
    where a.school_id = $1 and a.recipient_id = s.id and a.kind = $3
      and a.created_at > $4::timestamptz - interval '1 day')
order by s.id
"""


async def list_unnotified(
    driver: Driver, school_id: UUID, roles: Sequence[str], kind: str, now: datetime
) -> list[UUID]:
    """Those who hold one of the roles and had no alert of the kind for a day."""
    rows = await driver.rows(UNTOLD, school_id, list(roles), kind, now)
    return [row["id"] for row in rows]
