"""Marks of registration, and sanctions that followed what a pupil told."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import MarkFaultsOut
from app.core.codes import SanctionKindsIn, SanctionKindsOut, SanctionLooksIn
from app.core.schemas import Day, In, Narrative, Out
from app.domain.record.attendance.schemas import MarkIn

MOST = 2_000


class MarksIn(In):
    """A batch of marks; sent again it changes nothing."""

    marks: list[MarkIn] = Field(min_length=1, max_length=MOST, description="The marks.")


class MarkLineOut(Out):
    """A line that could not be taken in."""

    line: int = Field(description="Counted from 1.")
    code: MarkFaultsOut = Field(description="Why.")


class MarksTakenOut(Out):
    """How many were taken in; never whose they are, and never what followed."""

    taken: int = Field(description="How many marks were accepted.")
    lines: list[MarkLineOut] = Field(description="What is wrong with single marks.")


class SanctionIn(In):
    """What the school did, on which day, and why."""

    kind: SanctionKindsIn = Field(description="What the school did.")
    on: Day = Field(description="Day of the sanction.")
    reason: Narrative = Field(description="The reason of the school.")


class SanctionTakenOut(Out):
    """The sanction was taken in; the answer is always the same."""

    received: bool = Field(description="Always `true`.")


class SanctionReviewIn(In):
    """What a lead found, and why."""

    look: SanctionLooksIn = Field(description="What you decided.")
    reason: Narrative = Field(description="Why you decided so.")


class SanctionOut(Out):
    """A sanction that followed what a pupil told."""

    id: UUID = Field(description="Sanction ID.")
    child_id: UUID = Field(description="Child the sanction is about.")
    kind: SanctionKindsOut = Field(description="What the school did.")
    on: Day = Field(description="Day of the sanction.")
    school_reason: str = Field(description="Reason the school gave.")
    sent_at: datetime = Field(description="When the school's system sent it.")
    looked_at: datetime | None = Field(description="When a lead reviewed it; null until then.")
    record_id: UUID | None = Field(description="The record of the look.")
