"""A day that may be hard after a death: what sets it, and how it is shown."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import BereavementDateKindsIn, BereavementDateKindsOut
from app.core.schemas import Day, In, NewId, Out, PersonOut, absent
from app.domain.safety.bereavement_cases.rules import DAYS_AFTER, DAYS_BEFORE


class HardDayIn(In):
    """A day that may be hard, and how many days before and after somebody looks quietly."""

    id: NewId
    kind: BereavementDateKindsIn = Field(description="Type of day.")
    falls_on: Day = Field(description="The day itself.")
    yearly: bool = Field(default=False, description="Whether it returns each year. Default: no.")
    owner_id: UUID | None = Field(
        default=None, description="A lead. Default: the lead of the case."
    )
    days_before: int = Field(
        default=DAYS_BEFORE, ge=0, le=60, description="Days of extra support before it."
    )
    days_after: int = Field(
        default=DAYS_AFTER, ge=0, le=60, description="Days of extra support after it."
    )


class HardDayOut(Out):
    """A day of the case."""

    id: UUID = Field(description="Day ID.")
    kind: BereavementDateKindsOut = Field(description="Type of day.")
    falls_on: date = Field(description="The day itself.")
    yearly: bool = Field(description="Whether it returns each year.")
    owner: PersonOut = Field(description="Person who checks on everybody affected.")
    days_before: int = Field(description="Days of extra support before it.")
    days_after: int = Field(description="Days of extra support after it.")
    ended_at: datetime | None = Field(description="When its support ended; null while it goes on.")
    etag: str = Field(description="For If-Match.")


class HardDayPatch(In):
    """What changes."""

    falls_on: Day = absent(description="The day itself.")
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
