"""SQL about files that another school has, so they are read-only here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.session import Driver

LOCKED = """
select l.child_id from file_lock l
where l.school_id = $1 and l.child_id = any($2::uuid[]) and l.unlocked_at is null
"""
OPEN_OF_CHILD = """
select c.id from concern c
join concern_child cc on cc.school_id = $1 and cc.id = c.id and cc.child_id = $2
where c.school_id = $1 and c.ended_at is null and c.recorded_at <= $3
  and not exists (
    select from concern_child oc
    where oc.school_id = $1 and oc.id = c.id and oc.child_id <> $2
      and not exists (select from file_lock l where l.school_id = $1
                      and l.child_id = oc.child_id and l.unlocked_at is null))
order by c.id
"""
"""Open concerns without a child still here: all their other children have left, too."""
OF_CHILD = """
select c.id from concern c
join concern_child cc on cc.school_id = $1 and cc.id = c.id and cc.child_id = $2
where c.school_id = $1 and c.ended_at is null
"""
LATE = """
select e.child_id, min(e.recorded_at) as since
from chronology_entry e
join file_lock l on l.school_id = $1 and l.child_id = e.child_id and l.unlocked_at is null
join transfer t on t.school_id = $1 and t.id = l.transfer_id
where e.school_id = $1 and e.kind not in ('transfer', 'received_record')
  and not exists (
    select from transfer x
    join transfer_packet p on p.school_id = $1 and p.transfer_id = x.id
    where x.school_id = $1 and (x.id = t.id or x.addendum_to = t.id)
      and x.state not in ('cancelled', 'rejected') and e.id = any(p.entries))
  and not exists (select from transfer o where o.school_id = $1 and o.addendum_to = t.id
                  and o.ended_at is null)
group by e.child_id
"""
BACK = """
select l.id, l.child_id from file_lock l
where l.school_id = $1 and l.unlocked_at is null
  and exists (select from enrolment e where e.school_id = $1 and e.child_id = l.child_id
              and e.valid_to is null and e.valid_from > l.locked_at::date)
"""
CLOSED_BY = """
select distinct on (c.id) c.id, e.from_state from concern c
join concern_event e on e.school_id = $1 and e.concern_id = c.id and e.verb = 'closed'
  and e.details->>'transfer_id' = $2::text
where c.school_id = $1 and c.state = 'closed'
order by c.id, e.at desc, e.id desc
"""


async def locked(driver: Driver, school_id: UUID, children: Sequence[UUID]) -> list[UUID]:
    """The children whose file is locked."""
    rows = await driver.rows(LOCKED, school_id, list(children))
    return [row["child_id"] for row in rows]


async def open_concerns(driver: Driver, school_id: UUID, child_id: UUID, until: Any) -> list[UUID]:
    """Open concerns recorded until a moment that have no child still here."""
    rows = await driver.rows(OPEN_OF_CHILD, school_id, child_id, until)
    return [row["id"] for row in rows]


async def concerns_of(driver: Driver, school_id: UUID, child_id: UUID) -> list[UUID]:
    """Open concerns about a child, perhaps with others."""
    return [row["id"] for row in await driver.rows(OF_CHILD, school_id, child_id)]


async def late(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """Children with a locked file and later entries, with the time of the first."""
    return await driver.rows(LATE, school_id)


async def back_again(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """Locks of children who are on this school's roll again."""
    return await driver.rows(BACK, school_id)


async def closed_by(driver: Driver, school_id: UUID, transfer_id: UUID) -> Sequence[Any]:
    """The concerns that a transfer's lock closed, with the state of each before."""
    return await driver.rows(CLOSED_BY, school_id, str(transfer_id))
