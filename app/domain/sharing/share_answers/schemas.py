"""What a recipient is answered."""

from pydantic import Field

from app.core.schemas import In, Narrative


class CorrectionAnswerIn(In):
    """Whether it is put right; the recipient reads the reason."""

    accepted: bool = Field(description="Whether the record is corrected.")
    reason: Narrative = Field(description="Why; the recipient reads it.")


class RecipientAnswerIn(In):
    """An answer to a question of the recipient, who reads it."""

    text: Narrative = Field(description="Your answer; the recipient reads it.")
