"""What is said of a child beside other records."""

from datetime import date
from uuid import UUID

from pydantic import Field

from app.core.codes import RollStatusesOut
from app.core.schemas import Out


class ChildFactsOut(Out):
    """What tells two children apart."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Child's name.")
    date_of_birth: date | None = Field(description="Date of birth; null: not known.")
    year_group: str | None = Field(description="Year group; null: not known.")
    registration_group: str | None = Field(
        description="Registration group (form); null: not known."
    )
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")
