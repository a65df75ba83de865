"""What came of reading a plan again."""

from pydantic import Field

from app.core.schemas import (
    In,
    Moment,
    Narrative,
)


class ReviewPlanIn(In):
    """What came of reading it again."""

    read_with_pupil: bool = Field(description="Whether the pupil read it with you.")
    not_read_reason: Narrative | None = Field(
        default=None, description="Needed where it was not read with the pupil."
    )
    still_right: bool = Field(description="False: a new version is to be written.")
    what_changed: Narrative | None = Field(default=None, description="What changed since.")
    pupil_words: Narrative | None = Field(default=None, description="What the pupil said.")
    next_due_at: Moment | None = Field(default=None, description="Left out, by the limit.")
