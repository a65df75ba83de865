"""What a recipient is answered."""

from app.core.schemas import In, Narrative


class CorrectionAnswerIn(In):
    """Whether it is put right; the recipient reads the reasons."""

    accepted: bool
    reasons: Narrative


class RecipientAnswerIn(In):
    """An answer to a question of the recipient, who reads it."""

    text: Narrative
