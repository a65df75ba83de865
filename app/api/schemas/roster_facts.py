"""What rosters brought in: facts of children, and nothing that people added."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.roster import SOURCE, RosterNumberOut
from app.core.schemas import ListIn, Out

Source = Annotated[
    str, StringConstraints(pattern=SOURCE), Field(description="The source, as it was imported.")
]
Number = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class RosterChildrenQuery(ListIn):
    """Which children of a source."""

    source: Source
    upn: Number | None = Field(default=None, description="Only the child with this UPN now.")
    former_upn: Number | None = Field(
        default=None, description="Only the child who had this UPN before."
    )
    mis_id: Number | None = Field(default=None, description="Only the child with this MIS id now.")
    source_id: Number | None = Field(
        default=None, description="Only the child whose row of the source has this id."
    )


class RosterContactOut(Out):
    """A contact of a child, as the roster sent it."""

    source_id: str | None = Field(description="The id of the contact in the source.")
    as_sent: bool = Field(
        description="False: the record differs from what the source last sent; the rest is null."
    )
    name: str | None
    relationship: str | None
    email: str | None
    phone: str | None


class RosterChildOut(Out):
    """What a roster says of a child, as the record now has it."""

    source_id: str = Field(description="The id of the row in the source.")
    child_id: UUID
    as_sent: bool = Field(
        description="Whether the record has what the source last sent. False: known names are null."
    )
    gone_at: datetime | None = Field(
        description="When the source had the child no more. Null: it still has."
    )
    legal_given_name: str
    legal_family_name: str
    middle_names: str | None
    known_given_name: str | None
    known_family_name: str | None
    date_of_birth: date | None
    sex: str | None
    year_group: str | None
    registration_group: str | None
    roll_status: str
    enrolled_from: date | None = Field(description="First day of the last stay on roll.")
    enrolled_to: date | None = Field(description="Last day of that stay. Null: it goes on.")
    identifiers: list[RosterNumberOut] = Field(
        description="UPN, former UPNs, MIS id, and what the source gave."
    )
    contacts: list[RosterContactOut]
