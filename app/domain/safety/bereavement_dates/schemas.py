"""A day that may be hard after a death: what sets it, and how it is shown."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import BereavementDateKindsIn, BereavementDateKindsOut
from app.core.schemas import Day, In, NewId, Out, PersonOut, absent
from app.domain.safety.bereavement_cases.rules import DAYS_AFTER, DAYS_BEFORE


class HardDayIn(In):
    """A day that may be hard, and days of quiet support around it."""

    id: NewId
    kind: BereavementDateKindsIn = Field(description="Type of day.")
    falls_on: Day = Field(description="Date of the day.")
    yearly: bool = Field(default=False, description="Whether it returns every year. Default: no.")
    owner_id: UUID | None = Field(
        default=None, description="Lead who checks on everyone. Default: the lead of the case."
    )
    days_before: int = Field(
        default=DAYS_BEFORE, ge=0, le=60, description="Days of extra support before it."
    )
    days_after: int = Field(
        default=DAYS_AFTER, ge=0, le=60, description="Days of extra support after it."
    )


class HardDayOut(Out):
    """A hard day of the case."""

    id: UUID = Field(description="Day ID.")
    kind: BereavementDateKindsOut = Field(description="Type of day.")
    falls_on: date = Field(description="Date of the day.")
    yearly: bool = Field(description="Whether it returns each year.")
    owner: PersonOut = Field(description="Person who checks on everybody affected.")
    days_before: int = Field(description="Days of extra support before it.")
    days_after: int = Field(description="Days of extra support after it.")
    ended_at: datetime | None = Field(description="When its support ended; null while it goes on.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class HardDayPatch(In):
    """Fields to change."""

    falls_on: Day = absent(description="Date of the day.")
    yearly: bool = absent(description="Whether it returns each year.")
    owner_id: UUID = absent(description="Person who checks on everybody affected.")
    days_before: int = Field(
        default_factory=lambda: DAYS_BEFORE,
        ge=0,
        le=60,
        description="Days of extra support before it.",
    )
    days_after: int = Field(
        default_factory=lambda: DAYS_AFTER,
        ge=0,
        le=60,
        description="Days of extra support after it.",
    )
