"""Who a share is for."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import RecipientKindsIn
from app.core.schemas import In, Line


class ContactRecipientIn(In):
    """A contact of this child."""

    via: Literal["contact"]
    contact_id: UUID = Field(description="Contact of the child.")


class AgencyRecipientIn(In):
    """A named person at an agency."""

    via: Literal["agency"]
    agency_id: UUID = Field(description="Agency they work for.")
    name: Line = Field(description="Full name.")
    job_title: Line | None = Field(default=None, description="Job title.")


class ProfessionalRecipientIn(In):
    """A professional who is neither a contact nor at a known agency."""

    via: Literal["professional"]
    kind: RecipientKindsIn = Field(description="Type of recipient.")
    name: Line = Field(description="Full name.")
    job_title: Line | None = Field(default=None, description="Job title.")
    organisation: Line | None = Field(default=None, description="Organisation they work for.")


RecipientIn = Annotated[
    ContactRecipientIn | AgencyRecipientIn | ProfessionalRecipientIn, Field(discriminator="via")
]
