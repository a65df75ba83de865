"""Writes about jobs: the end of one that came to nothing, and who is to look after it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.db.session import Driver

END_AS_FAILED = """
update procrastinate_jobs
set status = 'failed', abort_requested = false, attempts = attempts + 1
where id = $1 and attempts = $2 and status = 'doing'
returning id
"""
KEEPERS = """
select k.staff_id from (
  select m.staff_id, min(m.created_at) as since
  from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
  where m.school_id = $1 and s.suspended_at is null and s.removed_at is null
    and s.accepted_at is not null
    and m.valid_from <= $2 and (m.valid_to is null or m.valid_to > $2)
    and (m.role = any($3) or exists (
      select from school_role r where r.school_id = $1 and r.slug = m.role
        and r.ended_at is null and $4 = any(r.permissions)))
  group by m.staff_id) k
order by k.since, k.staff_id
"""
WITHOUT_UNREAD = """
select p.id from unnest($3::uuid[]) with ordinality p(id, place)
where not exists (select from alert a where a.school_id = $1 and a.recipient_id = p.id
                    and a.kind = $2 and a.acknowledged_at is null)
order by p.place
"""


async def end_as_failed(driver: Driver, job_id: int, attempts: int) -> bool:
    """Mark a job as failed for good; False where it is another worker's by now, or has ended."""
    return await driver.write(END_AS_FAILED, job_id, attempts) is not None


async def keepers(
    driver: Driver, school_id: UUID, day: date, roles: Sequence[str], permission: str
) -> list[UUID]:
    """Who can sign in and holds one of the roles, or one defined here with the permission."""
    found = await driver.rows(KEEPERS, school_id, day, list(roles), permission)
    return [row["staff_id"] for row in found]


async def without_unread(
    driver: Driver, school_id: UUID, kind: str, people: Sequence[UUID]
) -> list[UUID]:
    """Those of the people who have no alert of a kind waiting in their tray."""
    found = await driver.rows(WITHOUT_UNREAD, school_id, kind, list(people))
    return [row["id"] for row in found]
