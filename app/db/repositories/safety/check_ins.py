"""SQL for check-ins: lists by due time, who is away on which day, and who carries how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.db.behind import of_check_in, of_support_plan
from app.db.paging import Conditions, PageOf
from app.db.repositories.duty.tasks import NAME
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
    """Rows of what `where` keeps: open ones by due time, ended ones the latest first."""
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


async def one(driver: Driver, school_id: UUID, check_in_id: UUID) -> Any:
    """A check-in that must exist, with the names of the people in it."""
    return await driver.row(ONE, school_id, check_in_id)


async def plan_beside(driver: Driver, school_id: UUID, plan_id: UUID) -> Any:
    """What was agreed in a plan that must exist, its two adults, and who reads it again."""
    return await driver.row(PLAN, school_id, plan_id)


async def away_between(
    driver: Driver, school_id: UUID, first: date, end: date
) -> list[tuple[UUID, date, date]]:
    """Who is away on which days, from a day to before another: said so, or by a cover."""
    rows = await driver.rows(AWAY, school_id, first, end)
    return [(row["staff_id"], row["valid_from"], row["valid_to"]) for row in rows]


async def away_list(driver: Driver, school_id: UUID, today: date, most: int) -> Sequence[Any]:
    """Absences that go on or are to come."""
    return await driver.rows(AWAY_LIST, school_id, today, most)


async def carried(driver: Driver, school_id: UUID, before: datetime) -> dict[UUID, int]:
    """How many open check-ins each owner has that are due before a moment."""
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
    """The concern behind each of these check-ins and support plans, by its id."""
    rows = await driver.rows(CONCERNS, school_id, list(ids))
    return {row["id"]: row["concern_id"] for row in rows}
