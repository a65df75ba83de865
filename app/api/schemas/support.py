"""Support for friends and colleagues, found items, home safety talks and site requests."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.reintegrations import People, YesNo
from app.api.schemas.safety_checks import KeptOut
from app.core.codes import SupportAnswersIn, SupportAnswersOut
from app.core.schemas import In, Line, ListIn, Moment, Narrative, NewId, Out, PersonOut


class PartListIn(ListIn):
    """Pages of a list without filters."""


class FriendSupportFields(In):
    """How the friend is who told; everything may be left out. It names nobody else."""

    how_are_they: AnswerIn[Narrative] | None = Field(default=None, description="In their words.")
    what_they_carry: AnswerIn[Narrative] | None = None
    offered: AnswerIn[Narrative] | None = None
    chosen_adult: AnswerIn[Line] | None = None
    what_helps: AnswerIn[Narrative] | None = None


class FriendSupportIn(FriendSupportFields):
    """Support for a friend who told; the child they told about is never named here."""

    id: NewId
    urgent: bool = Field(default=False, description="Somebody should see them now.")


class FriendSupportContentOut(Out):
    """What was written down; null where nothing was."""

    how_are_they: AnswerOut[str] | None
    what_they_carry: AnswerOut[str] | None
    offered: AnswerOut[str] | None
    chosen_adult: AnswerOut[str] | None
    what_helps: AnswerOut[str] | None


class FriendSupportOut(KeptOut):
    """Support for a friend who told."""

    kind: Literal["friend_support"]
    content: FriendSupportContentOut


class FriendSupportBegunOut(Out):
    """What whoever began it is told: it is kept, and a lead sees to it."""

    id: UUID
    child_id: UUID
    recorded_at: datetime


class FoundItemFields(In):
    """Something a pupil had that could hurt them; nothing about a sanction."""

    what: Line
    found_by: AnswerIn[Line] | None = None
    given_to: AnswerIn[Line] | None = None
    secured: AnswerIn[YesNo] | None = None
    where_kept: AnswerIn[Line] | None = None
    said: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil said about it, word for word."
    )


class FoundItemIn(FoundItemFields):
    """An item that was given up or found."""

    kind: Literal["found_item"]
    id: NewId
    concern_id: UUID | None = None
    at: Moment | None = None


class FoundItemContentOut(Out):
    """What was written down."""

    what: str
    found_by: AnswerOut[str] | None
    given_to: AnswerOut[str] | None
    secured: AnswerOut[str] | None
    where_kept: AnswerOut[str] | None
    said: AnswerOut[str] | None


class FoundItemOut(KeptOut):
    """An item that was given up or found."""

    kind: Literal["found_item"]
    content: FoundItemContentOut


class HomeSafetyTalkFields(In):
    """A talk with carers about making home safer; everything may be left out."""

    spoken_with: AnswerIn[People] | None = None
    topic: AnswerIn[Narrative] | None = None
    advice_given: AnswerIn[Narrative] | None = None
    agreed: AnswerIn[Narrative] | None = None
    checked: AnswerIn[Narrative] | None = None


class HomeSafetyTalkIn(HomeSafetyTalkFields):
    """A talk with carers."""

    kind: Literal["home_safety_talk"]
    id: NewId
    concern_id: UUID | None = None
    at: Moment | None = None


class HomeSafetyTalkContentOut(Out):
    """What was written down; null where nothing was."""

    spoken_with: AnswerOut[list[str]] | None
    topic: AnswerOut[str] | None
    advice_given: AnswerOut[str] | None
    agreed: AnswerOut[str] | None
    checked: AnswerOut[str] | None


class HomeSafetyTalkOut(KeptOut):
    """A talk with carers about making home safer."""

    kind: Literal["home_safety_talk"]
    content: HomeSafetyTalkContentOut


class SiteRequestIn(In):
    """A place on the site that needs something done; no child is named."""

    id: NewId
    place: Line
    needs: Line = Field(description="What is to be done there; whoever does it reads this alone.")
    reason: Narrative | None = Field(default=None, description="For leads alone.")
    owner_id: UUID | None = Field(default=None, description="Who sees to it; else the lead.")


class SiteRequestOut(Out):
    """A site request: a place that needs something done."""

    id: UUID
    place: str
    needs: str
    why: str = Field(description="The reason for leads; others read that the lead holds it.")
    noted_by: PersonOut
    noted_at: datetime


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
