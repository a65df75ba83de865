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
    """What somebody from health said, quoted: the school itself finds no illness."""

    by: Line = Field(description="Health professional who said it.")
    on: Day | None = Field(default=None, description="Day they said it.")
    words: Narrative = Field(description="Their words.")


class AdviceFromIn(In):
    """Whose advice was taken."""

    who: Line = Field(description="Person who advised.")
    role: Line | None = Field(default=None, description="Their role, in words.")
    on: Day | None = Field(default=None, description="Day they advised.")
    words: Narrative | None = Field(default=None, description="What they said.")


class NoteFields(In):
    """What can be written down; everything may be left out."""

    worries: AnswerIn[Narrative] | None = None
    losses: AnswerIn[Narrative] | None = None
    relationships: AnswerIn[Narrative] | None = None
    school: AnswerIn[Narrative] | None = None
    home: AnswerIn[Narrative] | None = None
    online: AnswerIn[Narrative] | None = None
    health_says: list[HealthSaysIn] = Field(default=[], max_length=20)
    neurodivergence_adjustments: AnswerIn[Narrative] | None = None
    strengths: AnswerIn[Narrative] | None = None
    what_self_harm_does_for_them: AnswerIn[Narrative] | None = Field(
        default=None, description="In the pupil's own words."
    )
    hopes: AnswerIn[Narrative] | None = None
    gaps_not_known: AnswerIn[Narrative] | None = None
    who_is_helping: AnswerIn[Narrative] | None = None
    advice_from: list[AdviceFromIn] = Field(default=[], max_length=20)


class SupportNoteIn(NoteFields):
    """What is understood by now."""

    kind: Literal["support_note"]
    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    at: Moment | None = Field(default=None, description="When; now, where it is left out.")
    at_precision: OccurredPrecisionsIn = "exact"


class AmendSupportNoteIn(NoteFields):
    """The whole note as it should read, and why; the earlier one stays as it is."""

    kind: Literal["support_note"]
    id: NewId
    reason: Narrative = Field(description="Why you change it.")


class HealthSaysOut(Out):
    """What somebody from health said."""

    by: str = Field(description="Health professional who said it.")
    on: date | None = Field(description="Day they said it; null: not said.")
    words: str = Field(description="Their words.")


class AdviceFromOut(Out):
    """Whose advice was taken."""

    who: str = Field(description="Person who advised.")
    role: str | None = Field(description="Their role, in words; null: not said.")
    on: date | None = Field(description="Day they advised; null: not said.")
    words: str | None = Field(description="What they said; null: not said.")


class NoteContentOut(Out):
    """What was written down; null where nothing was."""

    worries: AnswerOut[str] | None
    losses: AnswerOut[str] | None
    relationships: AnswerOut[str] | None
    school: AnswerOut[str] | None
    home: AnswerOut[str] | None
    online: AnswerOut[str] | None
    health_says: list[HealthSaysOut]
    neurodivergence_adjustments: AnswerOut[str] | None
    strengths: AnswerOut[str] | None
    what_self_harm_does_for_them: AnswerOut[str] | None
    hopes: AnswerOut[str] | None
    gaps_not_known: AnswerOut[str] | None
    who_is_helping: AnswerOut[str] | None
    advice_from: list[AdviceFromOut]


class SupportNoteOut(KeptOut):
    """A support note."""

    kind: Literal["support_note"]
    content: NoteContentOut
