"""What came of looking at emergency access."""

from typing import Literal

from pydantic import Field

from app.core.schemas import (
    In,
    Line,
)


class BreakGlassReviewIn(In):
    """Whether it was justified."""

    outcome: Literal["justified", "not_justified"] = Field(description="Whether it was justified.")
    note: Line = Field(description="Why you conclude so.")
