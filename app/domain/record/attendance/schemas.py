"""What says who was at school."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import AttendanceMarksIn, IdentifierSystemsIn
from app.core.schemas import BodyFault, Day, In, Moment, Word


class PupilIdIn(In):
    """A pupil's number or id in another system."""

    system: IdentifierSystemsIn = Field(description="System of the number.")
    value: Word = Field(description="The number or ID.")


class MarkIn(In):
    """One session's mark of one pupil, by id or by an identifier."""

    child_id: UUID | None = Field(default=None, description="The pupil, or send `identifier`.")
    identifier: PupilIdIn | None = Field(
        default=None, description="The pupil's number in another system; or send `child_id`."
    )
    on: Day = Field(description="School day of the session.")
    session: Literal["am", "pm"] = Field(description="Morning or afternoon session.")
    mark: AttendanceMarksIn = Field(description="The mark, by its code.")
    explained: bool = Field(
        default=False, description="For an absence: whether anybody at home has said why."
    )
    at: Moment | None = Field(
        default=None, description="When registration was taken, or the pupil came. Default: now."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.child_id is None) == (self.identifier is None):
            raise BodyFault("name the pupil either by id or by an identifier")
        return self
