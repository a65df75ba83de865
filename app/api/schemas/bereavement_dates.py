"""Days that may be hard after a death."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import BereavementDateKindsIn, BereavementDateKindsOut
from app.core.schemas import Day, In, NewId, Out, PersonOut, absent


class HardDayIn(In):
    """A day that may be hard, and how many days before and after somebody looks quietly."""

    id: NewId
    kind: BereavementDateKindsIn
    falls_on: Day
    yearly: bool = False
    owner_id: UUID | None = Field(default=None, description="A lead; else the lead of the case.")
    days_before: int = Field(default=14, ge=0, le=60)
    days_after: int = Field(default=7, ge=0, le=60)


class HardDayOut(Out):
    """A day of the case."""

    id: UUID
    kind: BereavementDateKindsOut
    falls_on: date
    yearly: bool
    owner: PersonOut
    days_before: int
    days_after: int
    ended_at: datetime | None
    etag: str = Field(description="For If-Match, as the header ETag has it.")


class HardDayPatch(In):
    """What changes."""

    falls_on: Day = absent()
    yearly: bool = absent()
    owner_id: UUID = absent()
    days_before: int = Field(default_factory=lambda: 14, ge=0, le=60)
    days_after: int = Field(default_factory=lambda: 7, ge=0, le=60)
