"""Where the contact of a share is reached, and who changed that last."""

from typing import Any
from uuid import UUID

from app.db.session import Driver

REACH = """
select w.field, f.at, f.before->>w.field as before, f.actor_id, s.name as actor_name, f.actor_role,
       w.field = 'email' and exists (
         select from share x cross join jsonb_array_elements(x.approvals) as a (signed)
         where x.school_id = $1 and x.child_id = $2 and x.contact_id = $3
         and x.snapshot_id is not null and a.signed->>'address' = $4::text
         and (a.signed->>'at')::timestamptz >= f.at) as used
from unnest(array['email', 'phone']) w(field)
cross join lateral (
  select f.* from fact_change f
  where f.school_id = $1 and f.noun_id = $3 and f.after ? w.field
  order by f.number desc limit 1) f
left join staff s on s.school_id = $1 and s.id = f.actor_id
"""
"""The last change of a contact's email and phone, and whether a share was approved for it since."""


async def last_changes_of_reach(
    driver: Driver, school_id: UUID, child_id: UUID, contact_id: UUID, address_hash: str
) -> dict[str, Any]:
    """The last change of a contact's `email` and `phone`, by field; without one, no key."""
    rows = await driver.rows(REACH, school_id, child_id, contact_id, address_hash)
    return {row["field"]: row for row in rows}
