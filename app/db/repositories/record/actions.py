"""SQL for reminders: actions soon due, the stand-ins for their owners, and who was reminded."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Action
from app.db.repositories.repository import lock_where
from app.db.session import Driver

TO_REMIND = """
select a.id, a.owner_id, a.concern_id, a.due_at, a.remind_at, d.made_at,
       array(select p.staff_id from cover c
             join cover_person p on p.school_id = $1 and p.cover_id = c.id
             where c.school_id = $1 and c.away_id = a.owner_id and c.ended_at is null
               and c.valid_from <= $4 and c.valid_to > $4
               and not exists (select from conflict x
                   where x.school_id = $1 and x.staff_id = p.staff_id and x.ended_at is null
                     and x.state <> 'suggested'
                     and (x.concern_id = a.concern_id
                          or x.child_id in (select cc.child_id from concern_child cc
                                            where cc.school_id = $1 and cc.id = a.concern_id)))
             order by p.position) as stand_ins
from action a
join deadline d on d.school_id = $1 and d.noun = 'action' and d.thing_id = a.id
               and d.ended_at is null
where a.school_id = $1 and a.state = 'open' and a.due_at > $2
  and (a.due_at <= $3 or a.remind_at <= $2)
  and not exists (select from alert x
                  where x.school_id = $1 and x.action_id = a.id and x.kind = 'action_due_soon'
                    and x.recipient_id = a.owner_id
                    and coalesce(x.rung_at, x.created_at) >= d.made_at)
order by a.id
for update of a skip locked
"""


async def to_remind(
    driver: Driver, school_id: UUID, now: datetime, until: datetime, day: date
) -> Sequence[Any]:
    """Open actions due by a moment whose owner has no reminder of this due time, locked.

    With the stand-ins for an owner who is away on a day, if they may know of the concern.
    """
    return await driver.rows(TO_REMIND, school_id, now, until, day)


async def lock_open_actions(
    session: AsyncSession, school_id: UUID, concern_id: UUID
) -> list[Action]:
    """Open actions of a concern, locked, oldest first."""
    of_concern = (Action.concern_id == concern_id, Action.state == "open")
    return await lock_where(session, Action, school_id, *of_concern)
