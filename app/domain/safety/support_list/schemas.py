"""What a lead says of an entry of the support list."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Moment, Narrative, NewId


class SupportListEntryIn(In):
    """Who is to be on the list, why, and until when."""

    id: NewId
    child_id: UUID = Field(description="Pupil to put on the list.")
    reason: Narrative = Field(description="Why, in a lead's words.")
    until: Moment = Field(description="When the entry ends by itself.")


class ExtendSupportListEntryIn(In):
    """Until when the pupil stays on the list."""

    until: Moment = Field(description="When the entry ends by itself.")


class HandOverNoteIn(In):
    """What the next person has to know."""

    id: NewId
    to_id: UUID = Field(description="Person who takes over.")
    note: Narrative = Field(description="What they have to know.")
