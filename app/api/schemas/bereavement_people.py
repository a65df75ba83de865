"""People who may be affected by a death."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    BereavementOffersIn,
    BereavementOffersOut,
    BereavementReasonsIn,
    BereavementReasonsOut,
)
from app.core.schemas import In, Line, Moment, Narrative, Out, PersonOut, absent


class AffectedOut(Out):
    """A person who may be affected, and the support offered."""

    id: UUID = Field(description="ID of this entry.")
    child: PersonOut | None = Field(
        description="Pupil who may be affected; null: a member of staff."
    )
    staff: PersonOut | None = Field(
        description="Member of staff who may be affected; null: a pupil."
    )
    reason_codes: list[BereavementReasonsOut] = Field(description="Why they may be affected.")
    note: str | None = Field(description="Note for the team; null: none.")
    owner: PersonOut = Field(description="Person who supports them.")
    offer: BereavementOffersOut = Field(description="Support offered.")
    next: str | None = Field(description="Next planned step; null: none.")
    left_alone: bool = Field(description="Whether they asked not to be approached.")
    moved_to: str | None = Field(description="School they moved to; null: none.")
    added_at: datetime = Field(description="When they were added.")
    ended_at: datetime | None = Field(description="When support ended; null while it goes on.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class AffectedPatch(In):
    """Fields to change. `left_alone: true` stops all approaches to them."""

    reason_codes: list[BereavementReasonsIn] = absent(
        max_length=12, description="Why they may be affected."
    )
    note: Narrative | None = absent(description="Note for the team; null empties it.")
    owner_id: UUID = absent(description="Person who supports them.")
    offer: BereavementOffersIn = absent(description="Support offered.")
    next: Narrative | None = absent(description="Next planned step; null removes it.")
    next_at: Moment = absent(description="Deadline of the next step.")
    left_alone: bool = absent(description="`true`: nobody approaches them any more.")
    moved_to: Line | None = absent(description="School they moved to; null empties it.")
    support_list_until: Moment = absent(description="Adds them to the support list until then.")
