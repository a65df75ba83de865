"""What came of reading a plan again."""

from pydantic import Field

from app.core.schemas import (
    In,
    Moment,
    Narrative,
)


class ReviewPlanIn(In):
    """What came of reading it again."""

    read_with_pupil: bool
    not_read_why: Narrative | None = Field(
        default=None, description="Needed where it was not read with the pupil."
    )
    still_right: bool = Field(description="False: a new version is to be written.")
    what_changed: Narrative | None = None
    pupil_words: Narrative | None = None
    next_due_at: Moment | None = Field(default=None, description="Left out, by the limit.")
