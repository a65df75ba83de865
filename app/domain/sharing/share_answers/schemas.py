"""What a recipient is answered."""

from pydantic import Field

from app.core.schemas import In, Narrative


class CorrectionAnswerIn(In):
    """Your decision on the correction. The recipient reads the reason."""

    accepted: bool = Field(description="Whether you correct the record.")
    reason: Narrative = Field(description="Why; the recipient reads it.")


class RecipientAnswerIn(In):
    """Your answer to the recipient's question."""

    text: Narrative = Field(description="Your answer; the recipient reads it.")
