"""Reads of lead availability at school."""

from datetime import datetime

import orjson

from app.core import clock
from app.core.words import Actor
from app.db.repositories.duty import lead_availability
from app.db.session import Driver
from app.domain.common.deadlines.commands import calendar_from
from app.domain.duty.lead_availability.rules import (
    LeadAvailability,
    care_of,
    lead_availability_at,
    phones_of,
)
from app.domain.errors import SchoolNotFound


async def read_lead_availability(driver: Driver, actor: Actor, now: datetime) -> LeadAvailability:
    """Read who checks new reports now. Raises `SchoolNotFound` for a trust."""
    row = await lead_availability.lead_availability_of(driver, actor.school_id, clock.day_of(now))
    if row is None:
        raise SchoolNotFound
    calendar = calendar_from(row["number"], row["nation"], row["content"])
    phones = phones_of(orjson.loads(row["content"]))
    care = care_of(orjson.loads(row["care"]))
    return lead_availability_at(calendar, now, somebody=row["somebody"], phones=phones, care=care)
