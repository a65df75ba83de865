"""SQL for the counts that a trust sees, and what one of its schools adds to them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import LinkedCount
from app.db.session import Driver

FIRED = """
select w.id, w.rule_id, w.fired_at, w.event_ids from linked_concern w
where w.school_id = $1 and w.fired_at >= $2::date
order by w.fired_at, w.id
"""
SHOWN = """
select n.month, n.rule_id, n.schools, n.linked_concerns, n.speak, n.counted_at from linked_count n
where n.school_id = $1 and n.month >= $2::date
order by n.month desc, n.rule_id
"""
SCHOOLS = "select o.id from organisation o where o.parent_id = $1 order by o.id"
IS_TRUST = "select o.kind = 'trust' from organisation o where o.id = $1"


async def fired_since(driver: Driver, school_id: UUID, since: date) -> Sequence[Any]:
    """A school's linked concerns that fired from a day on."""
    return await driver.rows(FIRED, school_id, since)


async def counts_of(session: AsyncSession, trust_id: UUID) -> Sequence[LinkedCount]:
    """The counts a trust already sees."""
    rows = await session.scalars(select(LinkedCount).where(LinkedCount.school_id == trust_id))
    return rows.all()


async def shown_counts(driver: Driver, trust_id: UUID, since: date) -> Sequence[Any]:
    """A trust's counts from a month on."""
    return await driver.rows(SHOWN, trust_id, since)


async def schools_of(driver: Driver, trust_id: UUID) -> list[UUID]:
    """The schools of a trust; none for a school."""
    if not await driver.value(IS_TRUST, trust_id):
        return []
    return [row["id"] for row in await driver.rows(SCHOOLS, trust_id)]
