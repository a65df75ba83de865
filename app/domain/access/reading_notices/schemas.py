"""What is said of a notice of unusual reading."""

from typing import Literal

from pydantic import Field

from app.core.schemas import In, Line


class NoticeReviewIn(In):
    """What came of looking."""

    outcome: Literal["expected", "explained", "unexplained"] = Field(
        description="Whether the reading was expected, explained or neither."
    )
    note: Line = Field(description="What you found.")
