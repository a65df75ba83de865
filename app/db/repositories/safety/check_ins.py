"""SQL for check-ins: lists by due time, who is away on which day, and each owner's number."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.behind import of_check_in, of_support_plan
from app.db.models import CheckIn, Child
from app.db.paging import Conditions, PageOf
from app.db.repositories.duty.tasks import NAME
from app.db.repositories.repository import change_rows, lock_where
from app.db.session import Driver

CARD = f"""
select t.due_at as sort_at, t.id, t.child_id, {NAME} as child_name, t.opens_at, t.due_at, t.place,
       t.owner_id, o.name as owner_name, t.cover_id, v.name as cover_name, t.asked_id,
       a.name as asked_name, t.answer_by, t.missed_at, t.how, t.done_at, t.outcome, t.state,
       t.ended_at, t.plan_id, t.version
from (select * from check_in t where t.school_id = $1 and {{where}}) t
join child k on k.school_id = $1 and k.id = t.child_id
join staff o on o.school_id = $1 and o.id = t.owner_id
join staff v on v.school_id = $1 and v.id = t.cover_id
left join staff a on a.school_id = $1 and a.id = t.asked_id
"""
ONE = CARD.format(where="t.id = $2")

PLAN = """
select r.content::text as content, a.name as adult_name, v.name as cover_name,
  l.id as lead_id, l.name as lead_name
from support_plan p
join safety_record r on r.school_id = $1 and r.id = p.record_id
join staff a on a.school_id = $1 and a.id = p.adult_id
join staff v on v.school_id = $1 and v.id = p.cover_id
left join lateral (
  select s.id, s.name from task t join staff s on s.school_id = $1 and s.id = t.owner_id
  where t.school_id = $1 and t.about_id = p.id and t.kind = 'support_plan_review'
    and t.ended_at is null
  order by t.id limit 1
) l on true
where p.school_id = $1 and p.id = $2
"""
AWAY = """
select w.staff_id, w.valid_from, w.valid_to from staff_away w
where w.school_id = $1 and w.ended_at is null and w.valid_from < $3 and w.valid_to > $2
union all
select c.away_id, c.valid_from, c.valid_to from cover c
where c.school_id = $1 and c.ended_at is null and c.valid_from < $3 and c.valid_to > $2
"""
AWAY_LIST = """
select w.id, w.staff_id, s.name, w.valid_from, w.valid_to, w.said_at, w.version
from staff_away w join staff s on s.school_id = $1 and s.id = w.staff_id
where w.school_id = $1 and w.ended_at is null and w.valid_to > $2
order by w.valid_from, s.name, w.id limit $3
"""
CARRIED = """
select c.owner_id, count(*) as carried from check_in c
where c.school_id = $1 and c.ended_at is null and c.due_at < $2
group by c.owner_id order by c.owner_id
"""


@dataclass(frozen=True, slots=True)
class CheckInFilter:
    """Which check-ins a list shows."""

    ended: bool = False
    overdue_at: datetime | None = None
    child_id: UUID | None = None
    owner_id: UUID | None = None
    due_before: datetime | None = None


async def page_of_check_ins(
    driver: Driver, where: Conditions, asked: CheckInFilter, paging: PageOf
) -> Sequence[Any]:
    """Rows that `where` keeps: open ones by due time, ended ones latest first."""
    where.add(f"t.ended_at is {'not ' if asked.ended else ''}null")
    where.given("t.due_at <= {}", asked.overdue_at)
    where.given("t.child_id = {}", asked.child_id)
    where.given("t.owner_id = {}", asked.owner_id)
    where.given("t.due_at < {}", asked.due_before)
    direction = "desc" if asked.ended else "asc"
    limit = where.page(paging, "t.due_at", up=not asked.ended)
    order_by = f"order by t.due_at {direction}, t.id {direction}"
    statement = CARD.format(where=f"{where} {order_by} limit {limit}")
    return await driver.rows(f"{statement} {order_by}", *where.values)


async def check_in_of(driver: Driver, school_id: UUID, check_in_id: UUID) -> Any:
    """A check-in that must exist, with the names of the people in it."""
    return await driver.row(ONE, school_id, check_in_id)


async def plan_beside(driver: Driver, school_id: UUID, plan_id: UUID) -> Any:
    """A plan's agreement, its two adults, and its reviewer; the plan must exist."""
    return await driver.row(PLAN, school_id, plan_id)


async def away_between(
    driver: Driver, school_id: UUID, first: date, end: date
) -> list[tuple[UUID, date, date]]:
    """Who is away on which days, from a day to before another: by an absence or a cover."""
    rows = await driver.rows(AWAY, school_id, first, end)
    return [(row["staff_id"], row["valid_from"], row["valid_to"]) for row in rows]


async def away_list(driver: Driver, school_id: UUID, today: date, limit: int) -> Sequence[Any]:
    """Present and coming absences."""
    return await driver.rows(AWAY_LIST, school_id, today, limit)


async def carried(driver: Driver, school_id: UUID, before: datetime) -> dict[UUID, int]:
    """Each owner's number of open check-ins that are due before a moment."""
    rows = await driver.rows(CARRIED, school_id, before)
    return {row["owner_id"]: row["carried"] for row in rows}


CONCERNS = f"""
select n.id, {of_check_in("n")} as concern_id from check_in n
where n.school_id = $1 and n.id = any($2::uuid[])
union all
select m.id, {of_support_plan("m")} from support_plan m
where m.school_id = $1 and m.id = any($2::uuid[])
"""


async def concerns_behind(
    driver: Driver, school_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, UUID | None]:
    """The concern behind each of these check-ins and support plans, by id."""
    rows = await driver.rows(CONCERNS, school_id, list(ids))
    return {row["id"]: row["concern_id"] for row in rows}


DROPPED = "dropped"
"""The state of a removed check-in: nobody was due to be seen then."""


async def add_check_ins(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new check-ins, by the names of their columns, in one statement."""
    await change_rows(session, insert(CheckIn).values(rows))


async def take_out(
    session: AsyncSession, school_id: UUID, ids: Collection[UUID], at: datetime, by: UUID | None
) -> None:
    """Remove check-ins in one statement; does not refresh rows already read."""
    await change_rows(
        session,
        update(CheckIn)
        .where(CheckIn.school_id == school_id, CheckIn.id.in_(ids))
        .values(state=DROPPED, ended_at=at, ended_by=by, changed_at=at, version=CheckIn.version + 1)
        .execution_options(synchronize_session=False),
    )


async def moments_made(
    session: AsyncSession, school_id: UUID, plans: Collection[UUID], since: datetime
) -> dict[UUID, set[datetime]]:
    """When each plan's check-ins open, from a moment on, without removed ones."""
    rows = await session.execute(
        select(CheckIn.plan_id, CheckIn.opens_at).where(
            CheckIn.school_id == school_id,
            CheckIn.plan_id.in_(plans),
            CheckIn.opens_at >= since,
            CheckIn.state != DROPPED,
        )
    )
    result: dict[UUID, set[datetime]] = {}
    for plan_id, opens_at in rows:
        if plan_id is not None:
            result.setdefault(plan_id, set()).add(opens_at)
    return result


async def moments_of_child(
    session: AsyncSession, school_id: UUID, child_id: UUID, since: datetime
) -> list[datetime]:
    """When a child's check-ins open, from a moment on, without removed ones."""
    rows = await session.scalars(
        select(CheckIn.opens_at).where(
            CheckIn.school_id == school_id,
            CheckIn.child_id == child_id,
            CheckIn.opens_at >= since,
            CheckIn.state != DROPPED,
        )
    )
    return list(rows)


async def latest_owners(
    session: AsyncSession, school_id: UUID, plans: Collection[UUID]
) -> dict[UUID, UUID]:
    """The owner of each plan's latest open check-in."""
    rows = await session.execute(
        select(CheckIn.plan_id, CheckIn.owner_id)
        .where(
            CheckIn.school_id == school_id,
            CheckIn.plan_id.in_(plans),
            CheckIn.ended_at.is_(None),
        )
        .order_by(CheckIn.due_at)
    )
    return {plan_id: owner_id for plan_id, owner_id in rows if plan_id is not None}


async def lock_open_check_ins(session: AsyncSession, school_id: UUID) -> list[CheckIn]:
    """Lock every open check-in of the school."""
    return await lock_where(session, CheckIn, school_id, CheckIn.ended_at.is_(None))


async def lock_check_ins_of_plan(
    session: AsyncSession, school_id: UUID, plan_id: UUID, since: datetime
) -> list[CheckIn]:
    """Lock a plan's check-ins that open from a moment on, open or ended, without removed ones."""
    of_plan = (CheckIn.plan_id == plan_id, CheckIn.opens_at >= since, CheckIn.state != DROPPED)
    return await lock_where(session, CheckIn, school_id, *of_plan)


async def lock_check_ins_with(
    session: AsyncSession, school_id: UUID, person: UUID, after: datetime
) -> list[CheckIn]:
    """Lock open check-ins due after a moment that a person owns or is asked to take."""
    theirs = or_(CheckIn.owner_id == person, CheckIn.asked_id == person)
    open_ = (CheckIn.ended_at.is_(None), CheckIn.due_at > after)
    return await lock_where(session, CheckIn, school_id, *open_, theirs)


async def lock_check_ins_between(
    session: AsyncSession, school_id: UUID, child_id: UUID, since: datetime, until: datetime
) -> list[CheckIn]:
    """Lock a child's open check-ins that nobody has missed and that open within a span."""
    rows = await session.scalars(
        select(CheckIn)
        .where(
            CheckIn.school_id == school_id,
            CheckIn.child_id == child_id,
            CheckIn.ended_at.is_(None),
            CheckIn.missed_at.is_(None),
            CheckIn.opens_at >= since,
            CheckIn.opens_at < until,
        )
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
    )
    return list(rows)


async def lock_ahead_of_reintegration(
    session: AsyncSession, school_id: UUID, reintegration_id: UUID, now: datetime
) -> list[CheckIn]:
    """Lock a reintegration's open check-ins whose window has not opened."""
    of_it = CheckIn.reintegration_id == reintegration_id
    return await _lock_ahead(session, school_id, now, of_it)


async def lock_ahead_by_plans(
    session: AsyncSession, school_id: UUID, child_id: UUID, now: datetime
) -> list[CheckIn]:
    """Lock a child's open check-ins, made by a plan, whose window has not opened."""
    by_plans = (CheckIn.child_id == child_id, CheckIn.plan_id.is_not(None))
    return await _lock_ahead(session, school_id, now, *by_plans)


async def lock_ahead_by_reintegrations(
    session: AsyncSession, school_id: UUID, child_id: UUID, now: datetime
) -> list[CheckIn]:
    """Lock a child's open check-ins, made by a reintegration, whose window has not opened."""
    by_them = (CheckIn.child_id == child_id, CheckIn.reintegration_id.is_not(None))
    return await _lock_ahead(session, school_id, now, *by_them)


async def _lock_ahead(
    session: AsyncSession, school_id: UUID, now: datetime, *of: Any
) -> list[CheckIn]:
    ahead = (CheckIn.ended_at.is_(None), CheckIn.opens_at > now)
    return await lock_where(session, CheckIn, school_id, *ahead, *of)


async def list_overdue(
    session: AsyncSession, school_id: UUID, children: Collection[UUID], now: datetime
) -> list[UUID]:
    """Ids of the children's overdue check-ins, longest overdue first."""
    rows = await session.scalars(
        select(CheckIn.id)
        .where(
            CheckIn.school_id == school_id,
            CheckIn.child_id.in_(children),
            CheckIn.ended_at.is_(None),
            CheckIn.due_at <= now,
        )
        .order_by(CheckIn.due_at, CheckIn.id)
    )
    return list(rows)


async def count_missed(
    session: AsyncSession, school_id: UUID, child_id: UUID, since: datetime
) -> int:
    """The number of a child's check-ins that were missed after a moment."""
    value = await session.scalar(
        select(func.count()).where(
            CheckIn.school_id == school_id,
            CheckIn.child_id == child_id,
            CheckIn.missed_at > since,
        )
    )
    return value or 0


async def how_last_done(session: AsyncSession, check_in: CheckIn) -> str | None:
    """How the child's last other check-in went."""
    text: str | None = await session.scalar(
        select(CheckIn.how)
        .where(
            CheckIn.school_id == check_in.school_id,
            CheckIn.child_id == check_in.child_id,
            CheckIn.id != check_in.id,
            CheckIn.state == "done",
        )
        .order_by(CheckIn.done_at.desc())
        .limit(1)
    )
    return text


async def children_left(
    session: AsyncSession, school_id: UUID, children: Collection[UUID]
) -> set[UUID]:
    """The children who have left the school."""
    rows = await session.scalars(
        select(Child.id).where(
            Child.school_id == school_id, Child.roll_status == "left", Child.id.in_(children)
        )
    )
    return set(rows)
