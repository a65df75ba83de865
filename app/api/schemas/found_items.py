"""Items that were given up or found."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.reintegrations import YesNo
from app.api.schemas.safety_checks import KeptOut
from app.core.schemas import In, Line, Moment, Narrative, NewId, Out


class FoundItemFields(In):
    """Something a pupil had that could hurt them; nothing about a sanction."""

    what: Line = Field(description="The item.")
    found_by: AnswerIn[Line] | None = Field(default=None, description="Person who found it.")
    given_to: AnswerIn[Line] | None = Field(default=None, description="Person it was given to.")
    secured: AnswerIn[YesNo] | None = Field(default=None, description="Whether it is locked away.")
    where_kept: AnswerIn[Line] | None = Field(default=None, description="Where it is kept.")
    said: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil said about it, word for word."
    )


class FoundItemIn(FoundItemFields):
    """An item handed in or found."""

    kind: Literal["found_item"]
    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    at: Moment | None = Field(default=None, description="When it was found. Default: now.")


class FoundItemContentOut(Out):
    """The found item."""

    what: str = Field(description="The item.")
    found_by: AnswerOut[str] | None = Field(description="Person who found it; null: not said.")
    given_to: AnswerOut[str] | None = Field(description="Person it was given to; null: not said.")
    secured: AnswerOut[str] | None = Field(description="Whether it is locked away; null: not said.")
    where_kept: AnswerOut[str] | None = Field(description="Where it is kept; null: not said.")
    said: AnswerOut[str] | None = Field(description="What the pupil said; null: not said.")


class FoundItemOut(KeptOut):
    """An item handed in or found."""

    kind: Literal["found_item"]
    content: FoundItemContentOut = Field(description="What was recorded about the item.")
