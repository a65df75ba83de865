"""What the school says to an agency."""

from app.core.schemas import In, Narrative


class AnswerIn(In):
    """What the school says to the agency."""

    text: Narrative
