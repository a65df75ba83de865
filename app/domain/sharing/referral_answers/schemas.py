"""What the school says to an agency."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Narrative


class AnswerIn(In):
    """What the school says to the agency."""

    text: Narrative = Field(description="Your answer; the agency reads it.")
    question_id: UUID | None = Field(
        default=None,
        description="Event ID of the question. Default: all open questions.",
    )
