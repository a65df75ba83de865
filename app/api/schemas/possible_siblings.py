"""Children who may be brothers and sisters."""

from datetime import date
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out


class PossibleChildOut(Out):
    """The other child."""

    id: UUID
    name: str
    date_of_birth: date | None
    year_group: str | None
    registration_group: str | None
    roll_status: str


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

    child: PossibleChildOut
    shared: list[SharedOut]
    same_household: bool = Field(description="Whether they share an address.")
    permissions: list[str] = Field(description="Operations this reader may do next.")
