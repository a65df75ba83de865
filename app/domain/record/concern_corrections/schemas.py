"""What is put right about a concern, and how it is shown."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import OccurredPrecisionsIn, OccurredPrecisionsOut
from app.core.schemas import (
    BodyFault,
    In,
    Line,
    Moment,
    Narrative,
    Out,
    PersonOut,
    PointerOut,
    words,
)


class ChildMeantIn(In):
    """The child named in the concern, and the child who was meant."""

    former_id: UUID = Field(description="Child named by mistake.")
    id: UUID = Field(description="Child who was meant. They take the same part in the concern.")


class CorrectIn(In):
    """Corrections. Leave out fields that were right."""

    child: ChildMeantIn | None = Field(
        default=None, description="The wrong child, and the right one."
    )
    occurred_at: Moment | None = Field(default=None, description="When it really happened.")
    occurred_precision: OccurredPrecisionsIn | None = Field(
        default=None, description="How exactly the time is known."
    )
    place: Line | None = Field(default=None, description="Where it really happened.")
    reason: Narrative = Field(
        description="How you know. Visible to people who may read both children."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if len(self.model_fields_set - {"reason"}) == 0:
            raise BodyFault("say what to correct: child, occurred_at, occurred_precision or place")
        return self


class CorrectedPartOut(Out):
    """Time and place before or after the correction; null: not corrected."""

    occurred_at: datetime | None = Field(
        default=None, description="When it happened; null: not corrected."
    )
    occurred_precision: OccurredPrecisionsOut | None = Field(
        default=None, description="How exactly the time is known; null: not corrected."
    )
    place: str | None = Field(default=None, description="Where it happened; null: not corrected.")


class CorrectionFollowUpOut(PointerOut):
    """A record about the former child that came from the concern."""

    reference: str | None = Field(description="Reference of the record; null: it has none.")
    label: str | None = Field(description="State or kind, as a code; null: none.")
    open: bool = Field(description="Whether someone still has to act on it.")


CorrectedFields: Any = words(
    None, ("child", "occurred_at", "occurred_precision", "place"), closed=True
)


class CorrectionOut(Out):
    """One correction. If you may not read both children, you see only that it happened."""

    id: UUID = Field(description="Correction ID.")
    at: datetime = Field(description="When it was corrected.")
    by: PersonOut = Field(description="Person who corrected it.")
    fields: list[CorrectedFields] = Field(description="Corrected fields.")
    former_child: PersonOut | None = Field(
        description="Child it was about before; null: unchanged, or not shown to you."
    )
    child: PersonOut | None = Field(
        description="Child it is about now; null: unchanged, or not shown to you."
    )
    was: CorrectedPartOut = Field(description="Time and place before.")
    became: CorrectedPartOut = Field(description="Time and place now.")
    reason: str | None = Field(description="Why it was corrected; null: not shown to you.")
    to_put_right: list[CorrectionFollowUpOut] = Field(
        description="Shares, referrals, tasks and records about the former child to correct; open "
        "first."
    )
