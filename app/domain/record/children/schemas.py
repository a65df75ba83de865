"""What is said of a child beside other records, and a number of a child."""

from datetime import date
from uuid import UUID

from pydantic import Field, StrictBool

from app.core.codes import IdentifierSystemsIn, RollStatusesOut
from app.core.schemas import Day, In, Out, Word


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


class IdentifierIn(In):
    """An identifier of a child. Cairn checks UPN, ULN, NHS, CHI and H&C numbers."""

    system: IdentifierSystemsIn = Field(description="Type of identifier.")
    value: Word = Field(description="The number, such as the UPN.")
    valid_from: Day | None = Field(default=None, description="First day it was used.")
    suppressed: StrictBool = Field(
        default=False,
        description="Whether to show the number only to people who safeguard the child.",
    )
