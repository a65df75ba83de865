"""SQL for exports of the school."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db import one_at_a_time
from app.db.cards import name_in_sql
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

COLUMNS = f"""
e.id, e.reason, e.thumbprint, e.ordered_by, e.by_key, e.ordered_at,
{name_in_sql("e.ordered_by")} as ordered_by_name,
{name_in_sql("e.ended_by")} as ended_by_name,
e.approvals::text as approvals, e.state, e.because, coalesce(p.done, 0) as done,
coalesce(p.total, 0) as total, e.size, e.sha256, e.expires_at, e.ended_at, e.ended_by,
e.end_reason, e.version,
case when e.by_key then (select k.created_by from service_key k
                         where k.school_id = e.school_id and k.id = e.ordered_by)
     else e.ordered_by end as orderer
"""
EXPORTS = """
school_export e left join school_export_progress p on p.school_id = e.school_id and p.id = e.id
"""
ONE = f"select {COLUMNS} from {EXPORTS} where e.school_id = $1 and e.id = $2"
STATE = "select state from school_export where school_id = $1 and id = $2"
UNDER_WAY = """
select true from school_export
where school_id = $1 and state in ('asked', 'approved', 'running') and expires_at > $2 limit 1
"""
OVER = """
select id from school_export
where school_id = $1 and state in ('asked', 'approved', 'running', 'ready') and expires_at <= $2
order by id
"""
PROGRESS = """
insert into school_export_progress (school_id, id, done, total) values ($1, $2, $3, $4)
on conflict (school_id, id) do update set done = excluded.done, total = excluded.total
"""


async def exports_of(
    driver: Driver, school_id: UUID, asked: PageOf, ordered_by: UUID | None
) -> Sequence[Any]:
    """The school's exports, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("e.school_id = $1")
    where.given("e.ordered_by = {}", ordered_by)
    limit = where.page(asked, "e.ordered_at")
    return await driver.rows(
        f"select {COLUMNS} from {EXPORTS} where {where} "
        f"order by e.ordered_at desc, e.id desc limit {limit}",
        *where.values,
    )


async def export_of(driver: Driver, school_id: UUID, export_id: UUID) -> Any:
    """One export, or None."""
    return await driver.row(ONE, school_id, export_id)


async def is_under_way(driver: Driver, school_id: UUID, now: datetime) -> bool:
    """Whether one is ordered or being written; later requests wait until this work ends."""
    await one_at_a_time.hold(driver, "school_export", school_id)
    return bool(await driver.value(UNDER_WAY, school_id, now))


async def over(driver: Driver, school_id: UUID, now: datetime) -> list[UUID]:
    """Exports past their time."""
    return [row["id"] for row in await driver.rows(OVER, school_id, now)]


async def keep_progress(
    driver: Driver, school_id: UUID, export_id: UUID, done: int, total: int
) -> str | None:
    """Save its progress; answers its state."""
    await driver.write(PROGRESS, school_id, export_id, done, total)
    value = await driver.value(STATE, school_id, export_id)
    return None if value is None else str(value)
