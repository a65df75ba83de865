"""What came of looking at linked concerns."""

from pydantic import Field

from app.core.schemas import (
    In,
    Line,
    Moment,
    Narrative,
)


class JointReviewIn(In):
    """Who looked together, when, and what follows."""

    at: Moment = Field(description="When you looked.")
    with_whom: Line = Field(description="People who looked together.")
    follows: Narrative = Field(description="What follows.")
