"""The support list: a stated reason and an end date each, and nothing computed of a child."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import SupportListReasonsOut, TaskKindsOut
from app.core.schemas import ListIn, Out, PersonOut


class SupportListIn(ListIn):
    """Pages of the list."""


class ListedEntryOut(Out):
    """One reason why a pupil is on the list."""

    id: UUID
    reason: SupportListReasonsOut
    words: str | None
    until: datetime = Field(description="Past it, the entry stays until somebody decides.")
    put_at: datetime
    etag: str = Field(description="For If-Match, as the header ETag has it.")
    permissions: list[str] = Field(description="What this reader may do next.")


class NextCheckInOut(Out):
    """The next check-in with a pupil, or the one that is overdue."""

    id: UUID
    opens_at: datetime
    due_at: datetime
    owner: PersonOut


class OverdueTaskOut(Out):
    """Something that should have been done by now."""

    id: UUID
    kind: TaskKindsOut
    due_at: datetime


class SupportListChildOut(Out):
    """A pupil on the list."""

    child: PersonOut
    entries: list[ListedEntryOut]
    in_touch: PersonOut | None = Field(description="Who is there for the pupil now.")
    next_check_in: NextCheckInOut | None
    overdue: list[OverdueTaskOut]
    holiday_arrangement: str | None


class SupportListEntryOut(Out):
    """One entry."""

    id: UUID
    child_id: UUID
    reason: SupportListReasonsOut
    words: str | None
    until: datetime
    put_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    etag: str = Field(description="For If-Match, as the header ETag has it.")
    permissions: list[str] = Field(description="What this reader may do next.")


class InTouchOut(Out):
    """A pupil, who is in touch, and from when."""

    child: PersonOut
    in_touch: PersonOut | None
    from_: datetime | None = Field(alias="from", description="The next check-in.")
    holiday_arrangement: str | None


class HandOverNoteOut(Out):
    """What was handed over, by whom to whom, and whether it was read."""

    id: UUID
    by: PersonOut
    to: PersonOut
    note: str
    at: datetime
    acknowledged_at: datetime | None
    etag: str = Field(description="For If-Match, as the header ETag has it.")


class SupportListHandOverOut(Out):
    """Everybody on the list with who is in touch, and the newest notes."""

    items: list[InTouchOut]
    next: str | None
    notes: list[HandOverNoteOut]
