"""SQL for the versions of a school's calendar."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

CURRENT = """
select coalesce(k.number, 0) as number, o.nation, coalesce(k.content, '{}')::text as content,
       k.made_by, s.name as made_by_name, k.made_at
from organisation o
left join lateral (select c.number, c.content, c.made_by, c.made_at from school_calendar c
                   where c.school_id = $1 order by c.number desc limit 1) k on true
left join staff s on s.school_id = $1 and s.id = k.made_by
where o.id = $1
"""
VERSIONS = """
select k.id, k.number, k.content::text as content, k.made_by, s.name as made_by_name, k.made_at
from school_calendar k
left join staff s on s.school_id = $1 and s.id = k.made_by
"""


async def current(driver: Driver, school_id: UUID) -> Any:
    """The calendar as it stands, number 0 where none was ever made; None without such a school."""
    return await driver.row(CURRENT, school_id)


async def versions(driver: Driver, school_id: UUID, asked: PageOf) -> Sequence[Any]:
    """Versions, the newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("k.school_id = $1")
    if asked.after is not None:
        where.add("(k.made_at, k.id) < ({}::timestamptz, {}::uuid)", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"{VERSIONS} where {where} order by k.made_at desc, k.id desc limit {limit}",
        *where.values,
    )
