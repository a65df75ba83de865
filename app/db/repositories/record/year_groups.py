"""SQL of the year groups and forms of a school."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.session import Driver

GROUPS = """
select c.year_group, c.registration_group, count(*) as pupils from child c
where c.school_id = $1 and c.roll_status = 'on_roll' and c.year_group is not null
group by 1, 2
order by case when c.year_group ~ '^[0-9]+$' then lpad(c.year_group, 3, '0')
              else '#' || c.year_group end, 2 nulls last
"""
"""Pupils on roll: reception and the like before the numbers, 2 before 10."""


async def groups(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """Number of pupils on roll in each year group and registration group, in order."""
    return await driver.rows(GROUPS, school_id)
