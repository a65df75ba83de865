"""What came of reading a plan again."""

from pydantic import Field

from app.core.schemas import In, Moment, Narrative


class ReviewPlanIn(In):
    """The result of reviewing the plan."""

    read_with_pupil: bool = Field(description="Whether the pupil read it with you.")
    not_read_reason: Narrative | None = Field(
        default=None, description="Why not. Required if not read with the pupil."
    )
    still_right: bool = Field(description="`false`: Cairn asks for a new version.")
    what_changed: Narrative | None = Field(default=None, description="What has changed.")
    pupil_words: Narrative | None = Field(default=None, description="What the pupil said.")
    next_due_at: Moment | None = Field(
        default=None, description="Next review. Default: by the rule."
    )
