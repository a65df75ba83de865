"""SQL beside a meeting: the names shown with it, its minutes, actions and earlier meetings."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.cards import CHILD_NAME
from app.db.models import Meeting
from app.db.repositories.repository import lock_where
from app.db.session import Driver

BESIDE = f"""
select o.name as owner_name, b.name as set_by_name, c.reference,
       coalesce(c.confidentiality, t.confidentiality) as confidentiality,
       {CHILD_NAME} as child_name
from meeting t
join staff o on o.school_id = $1 and o.id = t.owner_id
join staff b on b.school_id = $1 and b.id = t.set_by
join child k on k.school_id = $1 and k.id = t.child_id
left join concern c on c.school_id = $1 and c.id = t.concern_id
where t.school_id = $1 and t.id = $2
"""
MOVE_IN_TIME = """
update chronology_entry t set occurred_at = $3, late = $4
where t.school_id = $1 and t.kind = 'meeting' and t.thing_id = $2
"""
MINUTES = """
select n.id, n.held_at, n.people::text as people, n.papers::text as papers, n.result, n.decisions,
       n.dissent::text as dissent, n.reason, n.at, n.by_id, s.name as by_name
from meeting_minute n join staff s on s.school_id = $1 and s.id = n.by_id
where n.school_id = $1 and n.meeting_id = $2 order by n.at, n.id
"""
ACTIONS = """
select a.id, a.what, a.due_at, a.state, a.owner_id, s.name as owner_name
from action a join staff s on s.school_id = $1 and s.id = a.owner_id
where a.school_id = $1 and a.meeting_id = $2 order by a.set_at, a.id
"""
NAMES = "select id, name from staff where school_id = $1 and id = any($2::uuid[])"
HELD = """
select count(*) as number from meeting t
where t.school_id = $1 and t.child_id = $2 and t.kind = $3 and t.state = 'held' and t.id <> $4
  and (select n.result from meeting_minute n where n.school_id = $1 and n.meeting_id = t.id
       order by n.at desc, n.id desc limit 1) <> 'adjourned'
  and t.starts_at >= coalesce((
    select max(s.valid_from) from child_status s where s.school_id = $1 and s.child_id = $2
      and s.kind = $5 and s.valid_to is null), '-infinity'::date)
"""

TO_REMIND = """
select t.id, t.owner_id, t.concern_id, t.starts_at, d.made_at,
       array(select p.staff_id from cover c
             join cover_person p on p.school_id = $1 and p.cover_id = c.id
             where c.school_id = $1 and c.away_id = t.owner_id and c.ended_at is null
               and c.valid_from <= $4 and c.valid_to > $4
               and not exists (select from conflict x
                   where x.school_id = $1 and x.staff_id = p.staff_id and x.ended_at is null
                     and x.state <> 'suggested'
                     and (x.concern_id = t.concern_id or x.child_id = t.child_id
                          or x.child_id in (select cc.child_id from concern_child cc
                                            where cc.school_id = $1 and cc.id = t.concern_id)))
             order by p.position) as stand_ins
from meeting t
join deadline d on d.school_id = $1 and d.noun = 'meeting' and d.thing_id = t.id
               and d.ended_at is null
where t.school_id = $1 and t.ended_at is null and t.starts_at > $2 and t.starts_at <= $3
  and not exists (select from alert x
                  where x.school_id = $1 and x.thing_id = t.id and x.kind = 'meeting_soon'
                    and x.recipient_id = t.owner_id
                    and coalesce(x.rung_at, x.created_at) >= d.made_at)
order by t.id
for update of t skip locked
"""


async def move_in_time(
    driver: Driver, school_id: UUID, meeting_id: UUID, at: datetime, *, late: bool
) -> None:
    """Move a meeting to its correct time in the chronology."""
    await driver.write(MOVE_IN_TIME, school_id, meeting_id, at, late)


async def to_remind(
    driver: Driver, school_id: UUID, now: datetime, until: datetime, day: date
) -> Sequence[Any]:
    """Planned meetings up to a moment whose owner has no reminder of this time, locked.

    With the stand-ins for an owner who is away on a day, if they may know of the meeting.
    """
    return await driver.rows(TO_REMIND, school_id, now, until, day)


async def beside(driver: Driver, school_id: UUID, meeting_id: UUID) -> Any:
    """Names and references shown with a meeting that must exist."""
    return await driver.row(BESIDE, school_id, meeting_id)


async def minutes_of(driver: Driver, school_id: UUID, meeting_id: UUID) -> Sequence[Any]:
    """Its minutes, oldest first."""
    return await driver.rows(MINUTES, school_id, meeting_id)


async def actions_of(driver: Driver, school_id: UUID, meeting_id: UUID) -> Sequence[Any]:
    """The actions that it set."""
    return await driver.rows(ACTIONS, school_id, meeting_id)


async def names_of(driver: Driver, school_id: UUID, staff: Sequence[UUID]) -> Mapping[UUID, str]:
    """Names of members of staff, by id."""
    rows = await driver.rows(NAMES, school_id, list(staff)) if staff else ()
    return {row["id"]: row["name"] for row in rows}


async def held_before(
    driver: Driver, school_id: UUID, child_id: UUID, kind: str, besides: UUID, status: str
) -> int:
    """The number of a child's meetings of a kind while their present status of a kind held."""
    row: Any = await driver.row(HELD, school_id, child_id, kind, besides, status)
    return int(row["number"])


async def lock_planned_meetings(
    session: AsyncSession, school_id: UUID, concern_id: UUID
) -> list[Meeting]:
    """Planned meetings about a concern that are not yet held, locked, oldest first."""
    of_concern = (Meeting.concern_id == concern_id, Meeting.ended_at.is_(None))
    return await lock_where(session, Meeting, school_id, *of_concern)
