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

    what: Line = Field(description="What it is.")
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
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    at: Moment | None = Field(default=None, description="When it was found. Default: now.")


class FoundItemContentOut(Out):
    """What was written down."""

    what: str = Field(description="What it is.")
    found_by: AnswerOut[str] | None
    given_to: AnswerOut[str] | None
    secured: AnswerOut[str] | None
    where_kept: AnswerOut[str] | None
    said: AnswerOut[str] | None


class FoundItemOut(KeptOut):
    """An item that was given up or found."""

    kind: Literal["found_item"]
    content: FoundItemContentOut
