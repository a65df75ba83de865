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
    """Somebody who may be affected, and what was offered."""

    id: UUID = Field(description="Person ID.")
    child: PersonOut | None = Field(description="Pupil who may be affected; null: no pupil.")
    staff: PersonOut | None = Field(description="Member of staff who may be affected; null: none.")
    reason_codes: list[BereavementReasonsOut] = Field(description="Why they may be affected.")
    note: str | None = Field(description="Note for the team; null: none.")
    owner: PersonOut = Field(description="Person who supports them.")
    offer: BereavementOffersOut = Field(description="What was offered.")
    next: str | None = Field(description="What is planned next; null: nothing.")
    left_alone: bool = Field(description="Whether they asked not to be visited.")
    moved_to: str | None = Field(description="School they moved to; null: none.")
    added_at: datetime = Field(description="When they were added.")
    ended_at: datetime | None = Field(description="When support ended; null while it goes on.")
    etag: str = Field(description="For If-Match.")


class AffectedPatch(In):
    """What changes; `left_alone` true means that nobody is sent to them any more."""

    reason_codes: list[BereavementReasonsIn] = absent(
        max_length=12, description="Why they may be affected."
    )
    note: Narrative | None = absent(description="Note for the team; null empties it.")
    owner_id: UUID = absent(description="Person who supports them.")
    offer: BereavementOffersIn = absent(description="What was offered.")
    next: Narrative | None = absent(description="What is planned next; null empties it.")
    next_at: Moment = absent(description="When it is planned.")
    left_alone: bool = absent(description="`true`: nobody approaches them any longer.")
    moved_to: Line | None = absent(description="School they moved to; null empties it.")
    support_list_until: Moment = absent(description="Put them on the support list until then.")
