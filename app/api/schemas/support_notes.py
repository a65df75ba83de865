"""What is understood of a pupil: in words, by several people, with what nobody knows yet."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.safety_checks import KeptOut
from app.core.codes import OccurredPrecisionsIn
from app.core.schemas import Day, In, Line, Moment, Narrative, NewId, Out


class HealthSaysIn(In):
    """A health professional's words. The school never diagnoses."""

    by: Line = Field(description="Health professional who said it.")
    on: Day | None = Field(default=None, description="Day they said it.")
    words: Narrative = Field(description="Their exact words.")


class AdviceFromIn(In):
    """Advice taken."""

    who: Line = Field(description="Person who advised.")
    role: Line | None = Field(default=None, description="Their role, in words.")
    on: Day | None = Field(default=None, description="Day they advised.")
    words: Narrative | None = Field(default=None, description="What they said.")


class NoteFields(In):
    """What can be written down; everything may be left out."""

    worries: AnswerIn[Narrative] | None = Field(default=None, description="What worries the pupil.")
    losses: AnswerIn[Narrative] | None = Field(default=None, description="What the pupil has lost.")
    relationships: AnswerIn[Narrative] | None = Field(
        default=None, description="Friends, family and others."
    )
    school: AnswerIn[Narrative] | None = Field(
        default=None, description="How school is for the pupil."
    )
    home: AnswerIn[Narrative] | None = Field(default=None, description="How home is for the pupil.")
    online: AnswerIn[Narrative] | None = Field(default=None, description="What happens online.")
    health_says: list[HealthSaysIn] = Field(
        default=[], max_length=20, description="What health professionals said."
    )
    neurodivergence_adjustments: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil needs because of neurodivergence."
    )
    strengths: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil is good at."
    )
    what_self_harm_does_for_them: AnswerIn[Narrative] | None = Field(
        default=None, description="What self-harm does for the pupil, in their own words."
    )
    hopes: AnswerIn[Narrative] | None = Field(default=None, description="What the pupil hopes for.")
    gaps_not_known: AnswerIn[Narrative] | None = Field(
        default=None, description="What is not known."
    )
    who_is_helping: AnswerIn[Narrative] | None = Field(default=None, description="People who help.")
    advice_from: list[AdviceFromIn] = Field(
        default=[], max_length=20, description="Advice that was taken."
    )


class SupportNoteIn(NoteFields):
    """A support note."""

    kind: Literal["support_note"]
    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    at: Moment | None = Field(default=None, description="When it happened. Default: now.")
    at_precision: OccurredPrecisionsIn = Field(
        default="exact", description="How exactly the time is known."
    )


class AmendSupportNoteIn(NoteFields):
    """The whole corrected note, and why. Cairn keeps the earlier one."""

    kind: Literal["support_note"]
    id: NewId
    reason: Narrative = Field(description="Why you change it.")


class HealthSaysOut(Out):
    """A health professional's words."""

    by: str = Field(description="Health professional who said it.")
    on: date | None = Field(description="Day they said it; null: not said.")
    words: str = Field(description="Their exact words.")


class AdviceFromOut(Out):
    """Advice taken."""

    who: str = Field(description="Person who advised.")
    role: str | None = Field(description="Their role, in words; null: not said.")
    on: date | None = Field(description="Day they advised; null: not said.")
    words: str | None = Field(description="What they said; null: not said.")


class NoteContentOut(Out):
    """What the note says; null: nothing."""

    worries: AnswerOut[str] | None = Field(description="What worries the pupil; null: not said.")
    losses: AnswerOut[str] | None = Field(description="What the pupil has lost; null: not said.")
    relationships: AnswerOut[str] | None = Field(
        description="Friends, family and others; null: not said."
    )
    school: AnswerOut[str] | None = Field(
        description="How school is for the pupil; null: not said."
    )
    home: AnswerOut[str] | None = Field(description="How home is for the pupil; null: not said.")
    online: AnswerOut[str] | None = Field(description="What happens online; null: not said.")
    health_says: list[HealthSaysOut] = Field(description="What health professionals said.")
    neurodivergence_adjustments: AnswerOut[str] | None = Field(
        description="What the pupil needs because of neurodivergence; null: not said."
    )
    strengths: AnswerOut[str] | None = Field(
        description="What the pupil is good at; null: not said."
    )
    what_self_harm_does_for_them: AnswerOut[str] | None = Field(
        description="What self-harm does for the pupil, in their words; null: not said."
    )
    hopes: AnswerOut[str] | None = Field(description="What the pupil hopes for; null: not said.")
    gaps_not_known: AnswerOut[str] | None = Field(description="What is not known; null: not said.")
    who_is_helping: AnswerOut[str] | None = Field(description="People who help; null: not said.")
    advice_from: list[AdviceFromOut] = Field(description="Advice that was taken.")


class SupportNoteOut(KeptOut):
    """A support note."""

    kind: Literal["support_note"]
    content: NoteContentOut = Field(description="What was written down.")
