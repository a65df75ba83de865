"""What was said, heard, asked and done in a case."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.api.schemas.bereavement_cases import AgreedOut
from app.core.codes import (
    BereavementAudiencesIn,
    BereavementAudiencesOut,
    BereavementEntryKindsIn,
    BereavementEntryKindsOut,
)
from app.core.schemas import BodyFault, In, Line, ListIn, Moment, Narrative, NewId, Out, PersonOut


class CommunicationIn(In):
    """Words to be said to somebody; another person reads them before they count."""

    id: NewId
    audience: BereavementAudiencesIn = Field(description="People it is for.")
    text: Narrative = Field(description="The words to say.")
    names_cause: bool = Field(
        description="Whether they name a cause: then family and police have to agree."
    )
    amends_id: UUID | None = Field(default=None, description="The words that these replace.")
    reason: Narrative | None = Field(default=None, description="Why an earlier text is amended.")

    @model_validator(mode="after")
    def _amended(self) -> "CommunicationIn":
        if (self.amends_id is None) != (self.reason is None):
            raise BodyFault("an amendment names the entry and the reason")
        return self


class CommunicationSentIn(In):
    """How somebody sent or said the words; Cairn sends nothing by itself."""

    route: Line = Field(description="How it was sent or said, in words.")
    happens_at: Moment = Field(description="When they were sent or said.")


class EntryIn(In):
    """Something that was heard, asked, answered or done; amended by a new entry."""

    id: NewId
    kind: Literal[
        "reply", "correction", "rumour", "media", "other_school", "funeral", "tribute",
        "belongings", "roll_and_mailing", "coroner", "meeting", "note",
    ] = Field(description="Type of the entry.")  # fmt: skip
    text: Narrative = Field(description="What was heard, asked, said or done.")
    found: Narrative | None = Field(default=None, description="What came of checking it.")
    answered: Narrative | None = Field(default=None, description="What was answered.")
    referred_to: Line | None = Field(default=None, description="Who the media were sent to.")
    school: Line | None = Field(default=None, description="Which other school was told.")
    person: Line | None = Field(default=None, description="Person you spoke to.")
    happens_at: Moment | None = Field(default=None, description="When it happened or will happen.")
    about_id: UUID | None = Field(default=None, description="The entry that it answers.")
    amends_id: UUID | None = Field(default=None, description="Entry that this one amends.")
    reason: Narrative | None = Field(default=None, description="Why it is amended.")

    @model_validator(mode="after")
    def _amended(self) -> "EntryIn":
        if (self.amends_id is None) != (self.reason is None):
            raise BodyFault("an amendment names the entry and the reason")
        return self


class EntryListIn(ListIn):
    """Filters of entries."""

    kind: list[BereavementEntryKindsIn] = Field(
        default=[], max_length=20, description="Only entries of these types; repeat it for several."
    )


class CaseEntryOut(Out):
    """An entry; what its kind has not is null."""

    id: UUID = Field(description="Entry ID.")
    kind: BereavementEntryKindsOut = Field(description="Type of entry.")
    text: str | None = Field(description="What was written; null: nothing.")
    audience: BereavementAudiencesOut | None = Field(
        description="People it is for; null: no communication."
    )
    names_cause: bool | None = Field(
        description="Whether it names the cause of death; null: no communication."
    )
    approvals: list[AgreedOut] | None = Field(
        description="People who agreed to naming the cause; null: no communication."
    )
    found: str | None = Field(description="What was found out; null: nothing.")
    answered: str | None = Field(description="What was answered; null: nothing.")
    referred_to: str | None = Field(description="Service somebody was referred to; null: none.")
    school: str | None = Field(description="The other school; null: none.")
    person: str | None = Field(description="Person it is about; null: none.")
    route: str | None = Field(description="How it was sent or said; null: not sent.")
    happens_at: datetime | None = Field(
        description="When it happened or will happen; null: no time."
    )
    about_id: UUID | None = Field(description="Person affected it is about; null: none.")
    amends_id: UUID | None = Field(description="Entry it amends; null: none.")
    amended_by_id: UUID | None = Field(description="Entry that amends it; null: none.")
    reason: str | None = Field(description="Why it amends another; null: it does not.")
    by: PersonOut = Field(description="Person who wrote it.")
    at: datetime = Field(description="When it was written.")
