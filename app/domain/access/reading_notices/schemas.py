"""What is said of a notice of unusual reading."""

from typing import Literal

from pydantic import Field

from app.core.schemas import In, Line


class NoticeReviewIn(In):
    """Result of the review."""

    outcome: Literal["expected", "explained", "unexplained"] = Field(
        description="Whether the access was expected, explained or neither."
    )
    note: Line = Field(description="What you found.")
