"""Offers of support to colleagues."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import SupportAnswersIn, SupportAnswersOut
from app.core.schemas import In, ListIn, Narrative, NewId, Out, PersonOut


class PartListIn(ListIn):
    """Pages of a list without filters."""


class SupportOfferIn(In):
    """Support for a colleague, between the two of you."""

    id: NewId
    person_id: UUID = Field(description="Colleague you offer support to.")
    words: Narrative | None = Field(default=None, description="What you want to say.")


class SupportAnswerIn(In):
    """What I say to the offer; nobody asks why."""

    answer: SupportAnswersIn = Field(description="What you answer.")


class SupportOfferOut(Out):
    """An offer, as the two of you see it and nobody else."""

    id: UUID = Field(description="Offer ID.")
    person: PersonOut = Field(description="Colleague it is offered to.")
    offered_by: PersonOut = Field(description="Person who offered it.")
    words: str | None = Field(description="What was said; null: nothing.")
    offered_at: datetime = Field(description="When it was offered.")
    answer: SupportAnswersOut | None = Field(description="What they answered; null until then.")
    answered_at: datetime | None = Field(description="When it was answered; null until then.")
