"""What says who was at school."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import AttendanceMarksIn, IdentifierSystemsIn
from app.core.schemas import BodyFault, Day, In, Moment, Word


class PupilIdIn(In):
    """A pupil's identifier in another system."""

    system: IdentifierSystemsIn = Field(description="Type of identifier.")
    value: Word = Field(description="The number or ID.")


class MarkIn(In):
    """One attendance mark of a pupil, by ID or identifier."""

    child_id: UUID | None = Field(default=None, description="Pupil, or send `identifier`.")
    identifier: PupilIdIn | None = Field(
        default=None, description="Pupil's number in another system, or send `child_id`."
    )
    on: Day = Field(description="School day of the session.")
    session: Literal["am", "pm"] = Field(description="Morning or afternoon session.")
    mark: AttendanceMarksIn = Field(description="Code of the mark.")
    explained: bool = Field(default=False, description="Whether home has explained the absence.")
    at: Moment | None = Field(
        default=None, description="When the register was taken, or the pupil arrived. Default: now."
    )

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.child_id is None) == (self.identifier is None):
            raise BodyFault("name the pupil either by id or by an identifier")
        return self
