"""Days that may be hard."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import (
    Day,
    In,
    absent,
)


class HardDayPatch(In):
    """What changes."""

    falls_on: Day = absent()
    yearly: bool = absent()
    owner_id: UUID = absent()
    days_before: int = Field(default_factory=lambda: 14, ge=0, le=60)
    days_after: int = Field(default_factory=lambda: 7, ge=0, le=60)
