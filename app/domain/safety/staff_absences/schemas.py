"""What says who is away."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, In, NewId


class AbsenceIn(In):
    """A staff absence. Cairn does not ask why."""

    id: NewId
    staff_id: UUID = Field(description="Person who is away. Default: you.")
    valid_from: Day = Field(description="First day away.")
    valid_to: Day = Field(description="First day back.")
