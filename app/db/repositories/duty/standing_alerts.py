"""SQL of alerts about a school itself, here and in its trust."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.repositories.duty.cover import ABSENCES, LOST
from app.db.session import Driver

SCHOOLS = "select schools_alerted_in_trusts() as id"
ABOUT_SCHOOL = """
select distinct a.kind from alert a
where a.school_id = $1 and a.matter_id = $1 and a.ended_at is null
"""
IN_TRUST = """
select distinct a.kind, a.matter_id, a.deadline_id from alert a
where a.school_id = $1 and a.about_id = $2 and a.acknowledged_at is null and a.ended_at is null
"""
AWAY_UNTIL = f"select max(away.valid_to) from ({ABSENCES}) away"
SUGGESTED = """
select exists (select from conflict x
               where x.school_id = $1 and x.state = 'suggested' and x.ended_at is null)
"""


async def alerted_schools(driver: Driver) -> list[UUID]:
    """Schools about which somebody in their trust has an unacknowledged alert."""
    return [row["id"] for row in await driver.rows(SCHOOLS)]


async def about_school(driver: Driver, school_id: UUID) -> list[str]:
    """Kinds of open alerts about the school itself."""
    return [row["kind"] for row in await driver.rows(ABOUT_SCHOOL, school_id)]


async def in_trust(driver: Driver, trust_id: UUID, school_id: UUID) -> Sequence[Any]:
    """Unacknowledged alerts in a trust about one of its schools."""
    return await driver.rows(IN_TRUST, trust_id, school_id)


async def away_until(driver: Driver, school_id: UUID, day: date) -> date | None:
    """Until when a person is away, counted from a day on."""
    result: date | None = await driver.value(AWAY_UNTIL, school_id, day, date.max)
    return result


async def has_lost_cover(driver: Driver, school_id: UUID, day: date) -> bool:
    """Whether a present or coming cover has no stand-in left."""
    return bool(await driver.value(LOST, school_id, day, None))


async def has_suggested(driver: Driver, school_id: UUID) -> bool:
    """Whether a conflict of interest needs confirming or ending."""
    return bool(await driver.value(SUGGESTED, school_id))
