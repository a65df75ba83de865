"""What came of looking at linked concerns, and notes of the calendar beside them."""

from pydantic import Field

from app.core.codes import CalendarNoteKindsIn
from app.core.schemas import Day, In, Line, Moment, Narrative, NewId


class JointReviewIn(In):
    """A joint review: people, time and next steps."""

    at: Moment = Field(description="When you reviewed it.")
    with_whom: Line = Field(description="People who reviewed it together.")
    follows: Narrative = Field(description="Next steps.")


class CalendarNoteIn(In):
    """A note of an event or period at school."""

    id: NewId
    kind: CalendarNoteKindsIn = Field(description="Type of note.")
    label: Line = Field(description="What is on, in words.")
    starts_on: Day = Field(description="First day.")
    ends_on: Day = Field(description="Last day.")
