"""Everybody who works in a school today, each role with what decides its sight."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.words import ROLE_BY_NAME, Actor, Role
from app.db.session import LIVE, MEMBER_FACTS, Driver, known_member

MEMBERS = f"""
select m.id, m.staff_id, s.name, m.role, {MEMBER_FACTS}
from membership m
join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
            and s.suspended_at is null
where m.school_id = $1 and ($3::uuid is null or m.staff_id = $3) and {LIVE}
order by lower(s.name), s.id, m.id
""".replace("NOW", "$2")


async def members_of(
    driver: Driver, school_id: UUID, now: datetime, staff_id: UUID | None = None
) -> Sequence[tuple[str, Actor]]:
    """Name and actor for each live role of each person, or of one; as a request would know them."""
    rows = await driver.rows(MEMBERS, school_id, now, staff_id)
    return [(row["name"], _actor(school_id, row)) for row in rows]


def _actor(school_id: UUID, row: Any) -> Actor:
    role = ROLE_BY_NAME.get(row["role"], Role.CUSTOM)
    custom = row["role"] if role is Role.CUSTOM else None
    return known_member(Actor(row["staff_id"], school_id, role, custom_role=custom), row)
