"""What is said of a check-in that did not take place."""

from uuid import UUID

from pydantic import Field

from app.core.codes import (
    CheckInOutcomesIn,
)
from app.core.schemas import In, Narrative


class DeclineCheckInIn(In):
    """The pupil did not want to talk today: that is respected, and another adult offered."""

    words: Narrative | None = Field(default=None, description="What the pupil said.")
    would_rather_id: UUID | None = Field(
        default=None, description="Person the pupil would rather speak to."
    )


class SettleCheckInIn(In):
    """What became of one that did not happen; `not_needed` has a reason."""

    outcome: CheckInOutcomesIn = Field(description="What became of it.")
    words: Narrative | None = Field(
        default=None, description="What became of it, or why it was not needed."
    )
