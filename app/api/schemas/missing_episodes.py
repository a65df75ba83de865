"""Times when a pupil was missing: since when, who was told, that they are back, what they said."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.safety_checks import KeptOut
from app.core.schemas import In, Line, Moment, Narrative, NewId, Out


class MissingEpisodeFields(In):
    """An episode as far as it is known; everything may be left out."""

    missing_from: AnswerIn[Line] | None = Field(
        default=None, description="Where the pupil went missing from: home, school or a placement."
    )
    last_seen: AnswerIn[Narrative] | None = Field(
        default=None, description="Who last saw the pupil and where; clothes and mood."
    )
    police_told_at: Moment | None = Field(default=None, description="When the police were told.")
    police_reference: AnswerIn[Line] | None = Field(
        default=None, description="Reference the police gave."
    )
    social_care_told_at: Moment | None = Field(
        default=None, description="When children's social care was told."
    )
    returned_at: Moment | None = Field(
        default=None, description="When the pupil returned or was found; null: still missing."
    )
    returned_how: AnswerIn[Narrative] | None = Field(
        default=None, description="Where the pupil was, and how they returned."
    )
    conversation_offered_at: Moment | None = Field(
        default=None, description="When a return conversation was offered. Ends its deadline."
    )
    conversation_by: AnswerIn[Line] | None = Field(
        default=None, description="Person who offered or held it, independent of home and school."
    )
    conversation: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil said, or why there was no conversation."
    )

    @model_validator(mode="after")
    def _back_before_heard(self) -> Self:
        if self.conversation_offered_at is not None and self.returned_at is None:
            raise ValueError("say when the pupil was back")
        return self


class MissingEpisodeIn(MissingEpisodeFields):
    """A period when the pupil is or was missing."""

    kind: Literal["missing_episode"]
    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    at: Moment | None = Field(default=None, description="When it started. Default: now.")


class AmendMissingEpisodeIn(MissingEpisodeFields):
    """The whole episode as now known. Cairn keeps the earlier text."""

    kind: Literal["missing_episode"]
    id: NewId
    reason: Narrative = Field(description="Why you change it.")


class MissingEpisodeContentOut(Out):
    """What is known of the episode; null: nothing."""

    missing_from: AnswerOut[str] | None = Field(
        description="Where the pupil went missing from; null: not said."
    )
    last_seen: AnswerOut[str] | None = Field(
        description="Where and how the pupil was last seen; null: not said."
    )
    police_told_at: datetime | None = Field(
        description="When the police were told; null: not told."
    )
    police_reference: AnswerOut[str] | None = Field(
        description="Reference the police gave; null: none."
    )
    social_care_told_at: datetime | None = Field(
        description="When social care was told; null: not told."
    )
    returned_at: datetime | None = Field(description="When the pupil returned; null until then.")
    returned_how: AnswerOut[str] | None = Field(
        description="How the pupil returned; null: not said."
    )
    conversation_offered_at: datetime | None = Field(
        description="When a conversation was offered; null until then."
    )
    conversation_by: AnswerOut[str] | None = Field(
        description="Person who spoke with the pupil afterwards; null: nobody."
    )
    conversation: AnswerOut[str] | None = Field(
        description="What the pupil said then; null: nothing."
    )


class MissingEpisodeOut(KeptOut):
    """A period when the pupil is or was missing, from `occurred_at`."""

    kind: Literal["missing_episode"]
    content: MissingEpisodeContentOut = Field(description="What was written down.")
