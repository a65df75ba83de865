"""What two people say of the end of a concern."""

from uuid import UUID

from pydantic import Field

from app.core.codes import (
    ClosureOutcomesIn,
)
from app.core.schemas import (
    In,
    Narrative,
)


class CloseIn(In):
    """Outcome and reason."""

    outcome: ClosureOutcomesIn = Field(description="Outcome of the concern.")
    reason: Narrative = Field(description="Why it is closed so.")
    tell_reporter: Narrative | None = Field(
        default=None, description="What the reporter is told once it is closed."
    )


class MergeIn(In):
    """Which concern this duplicates."""

    into: UUID = Field(description="Concern that stays.")
    reason: Narrative = Field(description="Why they are the same.")


class CountersignIn(In):
    """The second person's answer."""

    agree: bool = Field(description="Whether you agree.")
    reason: Narrative = Field(description="Why you agree or not.")
