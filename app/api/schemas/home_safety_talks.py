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

    spoken_with: AnswerIn[People] | None = None
    topic: AnswerIn[Narrative] | None = None
    advice_given: AnswerIn[Narrative] | None = None
    agreed: AnswerIn[Narrative] | None = None
    checked: AnswerIn[Narrative] | None = None


class HomeSafetyTalkIn(HomeSafetyTalkFields):
    """A talk with carers."""

    kind: Literal["home_safety_talk"]
    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    at: Moment | None = Field(default=None, description="When you talked. Default: now.")


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
