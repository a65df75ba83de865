"""What a lead says of an entry of the support list."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Moment, Narrative, NewId


class SupportListEntryIn(In):
    """A pupil for the support list: why, and until when."""

    id: NewId
    child_id: UUID = Field(description="Pupil to add.")
    reason: Narrative = Field(description="Reason, in a lead's words.")
    until: Moment = Field(description="When the entry ends by itself.")


class ExtendSupportListEntryIn(In):
    """New last day on the support list."""

    until: Moment = Field(description="When the entry ends by itself.")


class HandOverNoteIn(In):
    """A note for the next person."""

    id: NewId
    to_id: UUID = Field(description="Person who takes over.")
    note: Narrative = Field(description="What they need to know.")
