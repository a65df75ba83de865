"""Whom a concern about an adult is about, and how it is amended."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import AdultRolesIn
from app.core.schemas import BodyFault, In, Line, Narrative, NewId


class AdultIn(In):
    """The adult: a member of staff by ID, or a name and role."""

    staff_id: UUID | None = Field(default=None, description="Staff ID at this school.")
    name: Line | None = Field(default=None, description="Full name. Required without `staff_id`.")
    role: AdultRolesIn = Field(default="staff", description="What the adult does at school.")
    employer: Line | None = Field(
        default=None, description="Employer, if not the school: an agency, contractor or club."
    )

    @model_validator(mode="after")
    def _one_adult(self) -> Self:
        if (self.staff_id is None) == (self.name is None):
            raise BodyFault("an adult is named by staff_id or by name, not both")
        return self


class AdultAmendmentIn(In):
    """A correction to a statement, or an addition."""

    id: NewId = None
    kind: Literal["correction", "addition"] = Field(
        default="addition",
        description="Whether it corrects a statement or adds something. Default: adds.",
    )
    statement_id: UUID | None = Field(
        default=None, description="Statement it corrects; leave out for an addition."
    )
    text: Narrative = Field(description="Text to add, or the corrected text.")
    reason: Narrative = Field(description="Why you amend it.")
