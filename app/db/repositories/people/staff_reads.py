"""Reads of staff and their memberships."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

ROLES = """
array(select distinct m.role from membership m
      where m.school_id = $1 and m.staff_id = s.id and m.valid_from <= $2
        and (m.valid_to is null or m.valid_to > $2) order by m.role)
"""
HOLDS = """
exists (select from membership h
        where h.school_id = $1 and h.staff_id = s.id and h.role = {} and h.valid_from <= $2
          and (h.valid_to is null or h.valid_to > $2))
"""
WHOLE = f"""
select s.id, s.name, s.job_title, s.email, s.phone, s.new_email, s.new_phone,
       {ROLES} as roles, s.created_at, s.changed_at,
       s.version, s.accepted_at, s.declined_at,
       coalesce((select json_agg(json_build_object('name', n.name, 'until', rfc3339(n.until))
                                 order by n.until)
                 from staff_name n where n.school_id = $1 and n.staff_id = s.id), '[]')::text
         as former_names
from staff s where s.school_id = $1 and s.id = $3
"""
MEMBERSHIP = """
m.id, m.staff_id, m.role, m.valid_from, m.valid_to, m.cohort::text as cohort, m.created_at,
'"' || m.version || '"' as etag
"""
ONE_MEMBERSHIP = f"select {MEMBERSHIP} from membership m where m.school_id = $1 and m.id = $2"


async def staff_of(
    driver: Driver,
    school_id: UUID,
    day: date,
    asked: PageOf,
    *,
    name: str | None = None,
    role: str | None = None,
) -> Sequence[Any]:
    """Staff by name, with their roles of a day: one row more than the page shows.

    The cursor holds an id only; the name it stands at is read again here.
    """
    where = Conditions(school_id, day)
    where.add("s.school_id = $1")
    if name is not None:
        where.add("strpos(lower(s.name), lower({})) > 0", name)
    if role is not None:
        where.add(HOLDS, role)
    if asked.after is not None:
        where.add(
            "(lower(s.name), s.id) > (select lower(l.name), l.id from staff l "
            "where l.school_id = $1 and l.id = {})",
            asked.after.id,
        )
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"select s.id, s.name, s.job_title, {ROLES} as roles, s.created_at "
        f"from staff s where {where} order by lower(s.name), s.id limit {limit}",
        *where.values,
    )


async def member_of_staff(driver: Driver, school_id: UUID, day: date, staff_id: UUID) -> Any:
    """One person with their roles of a day, or None."""
    return await driver.row(WHOLE, school_id, day, staff_id)


async def memberships_of(
    driver: Driver, school_id: UUID, staff_id: UUID, asked: PageOf
) -> Sequence[Any]:
    """Everything a person was, is and will be here, newest first."""
    where = Conditions(school_id, staff_id)
    where.add("m.school_id = $1 and m.staff_id = $2")
    if asked.after is not None:
        where.add("(m.created_at, m.id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"select {MEMBERSHIP} from membership m where {where} "
        f"order by m.created_at desc, m.id desc limit {limit}",
        *where.values,
    )


async def membership_of(driver: Driver, school_id: UUID, membership_id: UUID) -> Any:
    """One membership, or None."""
    return await driver.row(ONE_MEMBERSHIP, school_id, membership_id)
