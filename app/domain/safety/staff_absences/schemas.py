"""What says who is away."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, In, NewId


class AbsenceIn(In):
    """Who is not at school; why is not asked."""

    id: NewId
    staff_id: UUID = Field(description="Person who is away. Default: you.")
    valid_from: Day = Field(description="First day away.")
    valid_to: Day = Field(description="The first day back.")
