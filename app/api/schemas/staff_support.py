"""Offers of support to colleagues."""

from datetime import datetime
from uuid import UUID

from app.core.codes import SupportAnswersIn, SupportAnswersOut
from app.core.schemas import In, ListIn, Narrative, NewId, Out, PersonOut


class PartListIn(ListIn):
    """Pages of a list without filters."""


class SupportOfferIn(In):
    """Support for a colleague, between the two of you."""

    id: NewId
    person_id: UUID
    words: Narrative | None = None


class SupportAnswerIn(In):
    """What I say to the offer; nobody asks why."""

    answer: SupportAnswersIn


class SupportOfferOut(Out):
    """An offer, as the two of you see it and nobody else."""

    id: UUID
    person: PersonOut
    offered_by: PersonOut
    words: str | None
    offered_at: datetime
    answer: SupportAnswersOut | None
    answered_at: datetime | None
