"""What came of looking at emergency access."""

from typing import Literal

from app.core.schemas import (
    In,
    Line,
)


class BreakGlassReviewIn(In):
    """Whether it was justified."""

    outcome: Literal["justified", "not_justified"]
    note: Line
