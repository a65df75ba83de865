"""What a person says of a decision."""

from pydantic import Field

from app.core.codes import DecisionKindsIn
from app.core.schemas import In, Line, Moment, Narrative, NewId


class AdviceIn(In):
    """Advice taken."""

    taken_from: Line = Field(alias="from", description="Person or service that advised.")
    at: Moment | None = Field(default=None, description="When the advice was given.")
    text: Narrative | None = Field(default=None, description="What they advised.")


class DecisionIn(In):
    """A decision and its reason. Not to act is a decision too."""

    id: NewId = None
    kind: DecisionKindsIn = Field(default="other", description="Type of decision.")
    question: Line = Field(description="Question to decide.")
    options: list[Line] = Field(default=[], max_length=20, description="Options you considered.")
    decision: Narrative = Field(description="What you decided. Not to act is a decision too.")
    reason: Narrative = Field(description="Reason for your decision.")
    advice: list[AdviceIn] = Field(default=[], max_length=20, description="Advice you took.")
    decided_at: Moment | None = Field(
        default=None, description="When it was decided. Default: now."
    )
    review_on: Moment | None = Field(default=None, description="When to review it.")
