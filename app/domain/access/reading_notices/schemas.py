"""What is said of a notice of unusual reading."""

from typing import Literal

from app.core.schemas import In, Line


class NoticeReviewIn(In):
    """What came of looking."""

    outcome: Literal["expected", "explained", "unexplained"]
    note: Line
