"""Children who may be brothers and sisters."""

from datetime import date
from uuid import UUID

from pydantic import Field

from app.core.codes import RollStatusesOut
from app.core.schemas import Out


class PossibleChildOut(Out):
    """The other child."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Child's name.")
    date_of_birth: date | None = Field(description="Date of birth; null: not known.")
    year_group: str | None = Field(description="Year group; null: not known.")
    registration_group: str | None = Field(
        description="Registration group (form); null: not known."
    )
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")


class SharedOut(Out):
    """One thing that both share."""

    by: str = Field(description="`email`, `phone` or `address`; the list may grow.")
    contact_id: UUID | None = Field(
        description="The contact of this child; null: the child's own address."
    )
    other_contact_id: UUID | None = Field(
        description="The contact of the other child; null: that child's own address."
    )


class PossibleSiblingOut(Out):
    """A child who may be a brother or sister, and why; it counts once a person confirms it."""

    child: PossibleChildOut = Field(description="Child who may be a sibling.")
    shared: list[SharedOut] = Field(description="What the two have in common.")
    same_household: bool = Field(description="Whether they share an address.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
