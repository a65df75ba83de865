"""Offers of support to colleagues."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import SupportAnswersIn, SupportAnswersOut
from app.core.schemas import In, ListIn, Narrative, NewId, Out, PersonOut


class PartListIn(ListIn):
    """Pages of a list without filters."""


class SupportOfferIn(In):
    """An offer of support to a colleague, private to you both."""

    id: NewId
    person_id: UUID = Field(description="Colleague you offer support to.")
    words: Narrative | None = Field(default=None, description="What you want to say.")


class SupportAnswerIn(In):
    """Your answer to the offer. Nobody asks why."""

    answer: SupportAnswersIn = Field(description="Your answer.")


class SupportOfferOut(Out):
    """An offer of support, visible to you both only."""

    id: UUID = Field(description="Offer ID.")
    person: PersonOut = Field(description="Colleague it is offered to.")
    offered_by: PersonOut = Field(description="Person who offered it.")
    words: str | None = Field(description="What they said in the offer; null: nothing.")
    offered_at: datetime = Field(description="When it was offered.")
    answer: SupportAnswersOut | None = Field(description="What they answered; null until then.")
    answered_at: datetime | None = Field(description="When it was answered; null until then.")
