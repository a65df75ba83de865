"""What a person says about an entry of a chronology."""

from pydantic import Field

from app.core.schemas import In, Line


class SignificantIn(In):
    """Whether it is one of the events that matter most for the child."""

    significant: bool = Field(description="Whether it is significant.")
    reason: Line = Field(description="Why; it stands in the trail.")
