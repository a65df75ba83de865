"""Parts of a case after a death: who may be affected, what was said and heard, hard days."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.api.schemas.bereavement import AgreedOut
from app.core.codes import (
    BereavementAudiencesIn,
    BereavementAudiencesOut,
    BereavementDateKindsIn,
    BereavementDateKindsOut,
    BereavementEntryKindsIn,
    BereavementEntryKindsOut,
    BereavementOffersIn,
    BereavementOffersOut,
    BereavementReasonsIn,
    BereavementReasonsOut,
)
from app.core.schemas import (
    Day,
    In,
    Line,
    ListIn,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
    Told,
    absent,
)


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


class CommunicationIn(In):
    """Words to be said to somebody; another person reads them before they count."""

    id: NewId
    audience: BereavementAudiencesIn
    text: Narrative
    names_cause: bool = Field(
        description="Whether they name a cause: then family and police have to agree."
    )
    amends_id: UUID | None = Field(default=None, description="The words that these replace.")
    reason: Narrative | None = None

    @model_validator(mode="after")
    def _amended(self) -> "CommunicationIn":
        if (self.amends_id is None) != (self.reason is None):
            raise Told("an amendment names the entry and the reason")
        return self


class SentIn(In):
    """How somebody sent or said the words; Cairn sends nothing by itself."""

    route: Line
    happens_at: Moment = Field(description="When they were sent or said.")


class EntryIn(In):
    """Something that was heard, asked, answered or done; amended by a new entry."""

    id: NewId
    kind: Literal[
        "reply", "correction", "rumour", "media", "other_school", "funeral", "tribute",
        "belongings", "roll_and_mailing", "coroner", "meeting", "note",
    ]  # fmt: skip
    text: Narrative = Field(description="What was heard, asked, said or done.")
    found: Narrative | None = Field(default=None, description="What came of checking it.")
    answered: Narrative | None = None
    referred_to: Line | None = Field(default=None, description="To whom the media was sent.")
    school: Line | None = Field(default=None, description="Which other school was told.")
    person: Line | None = Field(default=None, description="Whom one spoke with.")
    happens_at: Moment | None = None
    about_id: UUID | None = Field(default=None, description="The entry that it answers.")
    amends_id: UUID | None = None
    reason: Narrative | None = Field(default=None, description="Why it is amended.")

    @model_validator(mode="after")
    def _amended(self) -> "EntryIn":
        if (self.amends_id is None) != (self.reason is None):
            raise Told("an amendment names the entry and the reason")
        return self


class EntryListIn(ListIn):
    """Filters of entries."""

    kind: list[BereavementEntryKindsIn] = Field(default=[], max_length=20)


class CaseEntryOut(Out):
    """An entry; what its kind has not is null."""

    id: UUID
    kind: BereavementEntryKindsOut
    text: str | None
    audience: BereavementAudiencesOut | None
    names_cause: bool | None
    approvals: list[AgreedOut] | None
    found: str | None
    answered: str | None
    referred_to: str | None
    school: str | None
    person: str | None
    route: str | None
    happens_at: datetime | None
    about_id: UUID | None
    amends_id: UUID | None
    amended_by_id: UUID | None
    reason: str | None
    by: PersonOut
    at: datetime


class HardDayIn(In):
    """A day that may be hard, and how many days before and after somebody looks quietly."""

    id: NewId
    kind: BereavementDateKindsIn
    falls_on: Day
    yearly: bool = False
    owner_id: UUID | None = Field(default=None, description="A lead; else the lead of the case.")
    days_before: int = Field(default=14, ge=0, le=60)
    days_after: int = Field(default=7, ge=0, le=60)


class HardDayOut(Out):
    """A day of the case."""

    id: UUID
    kind: BereavementDateKindsOut
    falls_on: date
    yearly: bool
    owner: PersonOut
    days_before: int
    days_after: int
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


class HardDayPatch(In):
    """What changes."""

    falls_on: Day = absent()
    yearly: bool = absent()
    owner_id: UUID = absent()
    days_before: int = Field(default_factory=lambda: 14, ge=0, le=60)
    days_after: int = Field(default_factory=lambda: 7, ge=0, le=60)
