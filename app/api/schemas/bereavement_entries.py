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
    """A draft message. Another person must read it before use."""

    id: NewId
    audience: BereavementAudiencesIn = Field(description="People it is for.")
    text: Narrative = Field(description="Words to say or send.")
    names_cause: bool = Field(
        description="Whether it names the cause of death. If so, family and police must agree."
    )
    amends_id: UUID | None = Field(
        default=None, description="Communication this one replaces. Default: none."
    )
    reason: Narrative | None = Field(default=None, description="Why you replace it.")

    @model_validator(mode="after")
    def _amended(self) -> "CommunicationIn":
        if (self.amends_id is None) != (self.reason is None):
            raise BodyFault("an amendment names the entry and the reason")
        return self


class CommunicationSentIn(In):
    """A communication someone sent or said. Cairn sends nothing itself."""

    route: Line = Field(description="How it was sent or said, in words.")
    happens_at: Moment = Field(description="When they were sent or said.")


class EntryIn(In):
    """Something heard, asked, answered or done. To amend it, add a new entry."""

    id: NewId
    kind: Literal[
        "reply", "correction", "rumour", "media", "other_school", "funeral", "tribute",
        "belongings", "roll_and_mailing", "coroner", "meeting", "note",
    ] = Field(description="Type of the entry.")  # fmt: skip
    text: Narrative = Field(description="What was heard, asked, answered or done.")
    found: Narrative | None = Field(default=None, description="What checking it showed.")
    answered: Narrative | None = Field(default=None, description="The answer given.")
    referred_to: Line | None = Field(default=None, description="Person the media were referred to.")
    school: Line | None = Field(default=None, description="Other school that was told.")
    person: Line | None = Field(default=None, description="Person you spoke to.")
    happens_at: Moment | None = Field(default=None, description="When it happened or will happen.")
    about_id: UUID | None = Field(default=None, description="Entry this one answers.")
    amends_id: UUID | None = Field(default=None, description="Entry this one amends.")
    reason: Narrative | None = Field(default=None, description="Why you amend it.")

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
    """An entry. Fields that do not apply to its kind are null."""

    id: UUID = Field(description="Entry ID.")
    kind: BereavementEntryKindsOut = Field(description="Type of entry.")
    text: str | None = Field(description="What was written; null: nothing.")
    audience: BereavementAudiencesOut | None = Field(
        description="People it is for; null: not a communication."
    )
    names_cause: bool | None = Field(
        description="Whether it names the cause of death; null: not a communication."
    )
    approvals: list[AgreedOut] | None = Field(
        description="People who agreed to naming the cause; null: not a communication."
    )
    found: str | None = Field(description="What checking it showed; null: nothing.")
    answered: str | None = Field(description="Answer given; null: none.")
    referred_to: str | None = Field(description="Service somebody was referred to; null: none.")
    school: str | None = Field(description="The other school; null: none.")
    person: str | None = Field(description="Person it is about; null: none.")
    route: str | None = Field(description="How it was sent or said; null: not sent.")
    happens_at: datetime | None = Field(
        description="When it happened or will happen; null: not said."
    )
    about_id: UUID | None = Field(description="Person affected it is about; null: none.")
    amends_id: UUID | None = Field(description="Entry it amends; null: none.")
    amended_by_id: UUID | None = Field(description="Entry that amends it; null: none.")
    reason: str | None = Field(description="Why it amends another; null: it does not.")
    by: PersonOut = Field(description="Person who wrote it.")
    at: datetime = Field(description="When it was written.")
