"""What two people say of the end of a concern."""

from uuid import UUID

from pydantic import Field

from app.core.codes import ClosureOutcomesIn
from app.core.schemas import In, Narrative


class CloseIn(In):
    """The outcome, and the reason for it."""

    outcome: ClosureOutcomesIn = Field(description="Outcome of the concern.")
    reason: Narrative = Field(description="Why you close it with this outcome.")
    tell_reporter: Narrative | None = Field(
        default=None, description="Text for the reporter after closing."
    )


class MergeIn(In):
    """The concern this one duplicates."""

    into: UUID = Field(description="Concern that stays.")
    reason: Narrative = Field(description="Why they are the same.")


class CountersignIn(In):
    """The second person's decision."""

    agree: bool = Field(description="Whether you agree.")
    reason: Narrative = Field(description="Why you agree or not.")
