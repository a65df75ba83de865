"""What came of looking at linked concerns."""

from app.core.schemas import (
    In,
    Line,
    Moment,
    Narrative,
)


class LookTogetherIn(In):
    """Who looked together, when, and what follows."""

    at: Moment
    with_whom: Line
    follows: Narrative


class DismissLinkedConcernIn(In):
    """Why they are set aside; they come again when there is something new."""

    reason: Narrative
