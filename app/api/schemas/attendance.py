"""Marks of registration, and sanctions that followed what a pupil told."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import (
    AttendanceMarksIn,
    IdentifierSystemsIn,
    SanctionKindsIn,
    SanctionKindsOut,
    SanctionLooksIn,
)
from app.core.schemas import Day, In, Moment, Narrative, Out, Told, Word

MOST = 2_000


class PupilIdIn(In):
    """A pupil's number or id in another system."""

    system: IdentifierSystemsIn
    value: Word


class MarkIn(In):
    """One session's mark of one pupil, by id or by an identifier."""

    child_id: UUID | None = None
    identifier: PupilIdIn | None = None
    on: Day
    session: Literal["am", "pm"]
    mark: AttendanceMarksIn
    explained: bool = Field(
        default=False, description="Whether anybody at home has said why; of an absence."
    )
    at: Moment | None = Field(default=None, description="Of registration, or of arriving; now.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.child_id is None) == (self.identifier is None):
            raise Told("name the pupil either by id or by an identifier")
        return self


class MarksIn(In):
    """A batch of marks; sent again it changes nothing."""

    marks: list[MarkIn] = Field(min_length=1, max_length=MOST)


class MarkLineOut(Out):
    """A line that could not be taken in."""

    line: int = Field(description="Counted from 1.")
    code: str = Field(description="`child_unknown` or `date_to_come`.")


class MarksTakenOut(Out):
    """How many were taken in; never of whom, and never what came of it."""

    taken: int
    lines: list[MarkLineOut]


class SanctionIn(In):
    """What the school did, on which day, and why."""

    kind: SanctionKindsIn
    on: Day
    reason: Narrative = Field(description="The reason of the school.")


class SanctionTakenOut(Out):
    """It was taken in; the answer is always the same."""

    received: bool


class LookIn(In):
    """What a lead found, and why."""

    look: SanctionLooksIn
    reason: Narrative


class SanctionOut(Out):
    """A sanction that followed what a pupil told."""

    id: UUID
    child_id: UUID
    kind: SanctionKindsOut
    on: Day
    school_reason: str
    sent_at: datetime
    looked_at: datetime | None
    record_id: UUID | None = Field(description="The record of the look.")
