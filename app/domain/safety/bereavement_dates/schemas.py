"""What sets a day that may be hard."""

from uuid import UUID

from pydantic import Field

from app.core.codes import BereavementDateKindsIn
from app.core.schemas import Day, In, NewId
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
