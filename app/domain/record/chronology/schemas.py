"""What a person says about an entry of a chronology."""

from pydantic import Field

from app.core.schemas import In, Line


class SignificantIn(In):
    """Whether it is one of the most important events for the child."""

    significant: bool = Field(description="Whether it is significant.")
    reason: Line = Field(description="Reason, kept in the audit log.")
