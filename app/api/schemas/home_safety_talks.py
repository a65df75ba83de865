"""Talks with carers about making home safer."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.reintegrations import People
from app.api.schemas.safety_checks import KeptOut
from app.core.schemas import In, Moment, Narrative, NewId, Out


class HomeSafetyTalkFields(In):
    """A talk with carers about making home safer; everything may be left out."""

    spoken_with: AnswerIn[People] | None = Field(default=None, description="People you spoke with.")
    topic: AnswerIn[Narrative] | None = Field(default=None, description="What you talked about.")
    advice_given: AnswerIn[Narrative] | None = Field(default=None, description="Advice you gave.")
    agreed: AnswerIn[Narrative] | None = Field(default=None, description="What was agreed.")
    checked: AnswerIn[Narrative] | None = Field(
        default=None, description="What was checked afterwards."
    )


class HomeSafetyTalkIn(HomeSafetyTalkFields):
    """A talk with carers about making home safer."""

    kind: Literal["home_safety_talk"]
    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    at: Moment | None = Field(default=None, description="When you talked. Default: now.")


class HomeSafetyTalkContentOut(Out):
    """What the talk covered; null: nothing."""

    spoken_with: AnswerOut[list[str]] | None = Field(
        description="People who were spoken with; null: not said."
    )
    topic: AnswerOut[str] | None = Field(description="What you talked about; null: not said.")
    advice_given: AnswerOut[str] | None = Field(
        description="Advice that was given; null: not said."
    )
    agreed: AnswerOut[str] | None = Field(description="What was agreed; null: not said.")
    checked: AnswerOut[str] | None = Field(
        description="What was checked afterwards; null: not said."
    )


class HomeSafetyTalkOut(KeptOut):
    """A talk with carers about making home safer."""

    kind: Literal["home_safety_talk"]
    content: HomeSafetyTalkContentOut = Field(description="What was written down.")
