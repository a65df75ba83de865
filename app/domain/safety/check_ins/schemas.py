"""What is said of a check-in that did not take place."""

from uuid import UUID

from pydantic import Field

from app.core.codes import CheckInOutcomesIn
from app.core.schemas import In, Narrative


class DeclineCheckInIn(In):
    """The pupil did not want to talk today. Respect that, and offer another adult."""

    words: Narrative | None = Field(default=None, description="What the pupil said.")
    would_rather_id: UUID | None = Field(
        default=None, description="Adult the pupil would prefer to speak to."
    )


class SettleCheckInIn(In):
    """What became of a missed check-in. `not_needed` requires a reason."""

    outcome: CheckInOutcomesIn = Field(description="What became of it.")
    words: Narrative | None = Field(
        default=None, description="What happened, or why it was not needed."
    )
