"""The support list: a stated reason and an end date each, and nothing computed of a child."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import SupportListReasonsOut, TaskKindsOut
from app.core.schemas import ListIn, Out, PersonOut


class SupportListIn(ListIn):
    """Pages of the list."""


class ListedEntryOut(Out):
    """One reason the pupil is on the list."""

    id: UUID = Field(description="Support list entry ID.")
    reason_code: SupportListReasonsOut = Field(description="Why the pupil is on the list.")
    reason: str | None = Field(description="Reason in words; null: none.")
    until: datetime = Field(
        description="When someone must decide again. The entry stays until then."
    )
    put_at: datetime = Field(description="When the pupil was put on the list.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class NextCheckInOut(Out):
    """The next check-in with a pupil, or the overdue one."""

    id: UUID = Field(description="Check-in ID.")
    opens_at: datetime = Field(description="Earliest time to see the pupil.")
    due_at: datetime = Field(description="Latest time to see the pupil.")
    owner: PersonOut = Field(description="Adult who checks in.")


class OverdueTaskOut(Out):
    """An overdue task."""

    id: UUID = Field(description="Task ID.")
    kind: TaskKindsOut = Field(description="Type of task.")
    due_at: datetime = Field(description="Missed deadline.")


class SupportListChildOut(Out):
    """A pupil on the list."""

    child: PersonOut = Field(description="The pupil.")
    entries: list[ListedEntryOut] = Field(description="Why the pupil is on the list.")
    in_touch: PersonOut | None = Field(
        description="Adult who is there for the pupil now; null: nobody."
    )
    next_check_in: NextCheckInOut | None = Field(description="Next check-in; null: none.")
    overdue: list[OverdueTaskOut] = Field(description="Overdue items.")
    holiday_arrangement: str | None = Field(
        description="How contact is kept in the holidays; null: not said."
    )


class SupportListEntryOut(Out):
    """One entry on the support list."""

    id: UUID = Field(description="Support list entry ID.")
    child_id: UUID = Field(description="Child the entry is about.")
    reason_code: SupportListReasonsOut = Field(description="Why the pupil is on the list.")
    reason: str | None = Field(description="Reason in words; null: none.")
    until: datetime = Field(description="When the entry ends by itself.")
    put_at: datetime = Field(description="When the pupil was put on the list.")
    ended_at: datetime | None = Field(description="When the entry ended; null while it is open.")
    end_reason: str | None = Field(description="Why it was ended early; null: it was not.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class InTouchOut(Out):
    """A pupil, the adult in touch with them, and the next check-in."""

    child: PersonOut = Field(description="The pupil.")
    in_touch: PersonOut | None = Field(description="Adult who is in touch; null: nobody.")
    from_: datetime | None = Field(
        alias="from", description="When the next check-in is; null: none planned."
    )
    holiday_arrangement: str | None = Field(
        description="How contact is kept in the holidays; null: not said."
    )


class HandOverNoteOut(Out):
    """A hand-over note, and whether it was read."""

    id: UUID = Field(description="Hand-over ID.")
    by: PersonOut = Field(description="Person who handed over.")
    to: PersonOut = Field(description="Person who takes over.")
    note: str = Field(description="What the next person needs to know.")
    at: datetime = Field(description="When it was written.")
    acknowledged_at: datetime | None = Field(
        description="When it was acknowledged; null until then."
    )
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class SupportListHandOverOut(Out):
    """Pupils on the list, adults in touch with them, and newest notes."""

    items: list[InTouchOut] = Field(description="Pupils on the list.")
    next: str | None = Field(description="Send as `cursor` for more pupils; null: the end.")
    notes: list[HandOverNoteOut] = Field(description="Newest hand-over notes.")
