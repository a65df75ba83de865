"""What came of looking at linked concerns, and notes of the calendar beside them."""

from pydantic import Field

from app.core.codes import CalendarNoteKindsIn
from app.core.schemas import Day, In, Line, Moment, Narrative, NewId


class JointReviewIn(In):
    """Who looked together, when, and what follows."""

    at: Moment = Field(description="When you looked.")
    with_whom: Line = Field(description="People who looked together.")
    follows: Narrative = Field(description="What follows.")


class CalendarNoteIn(In):
    """What is on at school, from a day to a day."""

    id: NewId
    kind: CalendarNoteKindsIn = Field(description="Type of note.")
    label: Line = Field(description="What is on.")
    starts_on: Day = Field(description="First day.")
    ends_on: Day = Field(description="Last day.")
