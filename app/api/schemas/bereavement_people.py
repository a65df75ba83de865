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

    id: UUID
    child: PersonOut | None
    staff: PersonOut | None
    reasons: list[BereavementReasonsOut]
    note: str | None
    owner: PersonOut
    offer: BereavementOffersOut
    next: str | None
    left_alone: bool = Field(
        description="They asked not to be visited: nobody is sent to them any more."
    )
    moved_to: str | None
    added_at: datetime
    ended_at: datetime | None
    etag: str = Field(description="For If-Match, as the header ETag has it.")


class AffectedPatch(In):
    """What changes; `left_alone` true means that nobody is sent to them any more."""

    reasons: list[BereavementReasonsIn] = absent(max_length=12)
    note: Narrative | None = absent()
    owner_id: UUID = absent()
    offer: BereavementOffersIn = absent()
    next: Narrative | None = absent()
    next_at: Moment = absent()
    left_alone: bool = absent()
    moved_to: Line | None = absent()
    support_list_until: Moment = absent()
