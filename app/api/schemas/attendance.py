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
    """A batch of marks. Sending it again changes nothing."""

    marks: list[MarkIn] = Field(min_length=1, max_length=MOST, description="The marks.")


class MarkLineOut(Out):
    """A mark that was not accepted."""

    line: int = Field(description="Number of the mark in the batch, from 1.")
    code: MarkFaultsOut = Field(description="Why it was not accepted.")


class MarksTakenOut(Out):
    """Number of marks accepted. Never shows pupils or consequences."""

    taken: int = Field(description="How many marks were accepted.")
    lines: list[MarkLineOut] = Field(description="Marks that were not accepted.")


class SanctionIn(In):
    """A sanction: what the school did, when and why."""

    kind: SanctionKindsIn = Field(description="What the school did.")
    on: Day = Field(description="Day of the sanction.")
    reason: Narrative = Field(description="The school's reason.")


class SanctionTakenOut(Out):
    """Confirms receipt. The answer is always the same."""

    received: bool = Field(description="Always `true`.")


class SanctionReviewIn(In):
    """A lead's decision on the sanction, and why."""

    look: SanctionLooksIn = Field(description="What you decided.")
    reason: Narrative = Field(description="Reason for your decision.")


class SanctionOut(Out):
    """A sanction that followed what a pupil told the school."""

    id: UUID = Field(description="Sanction ID.")
    child_id: UUID = Field(description="Child the sanction is about.")
    kind: SanctionKindsOut = Field(description="What the school did.")
    on: Day = Field(description="Day of the sanction.")
    school_reason: str = Field(description="Reason the school gave.")
    sent_at: datetime = Field(description="When the school's system sent it.")
    looked_at: datetime | None = Field(description="When a lead reviewed it; null until then.")
    record_id: UUID | None = Field(description="Record of the review; null: not reviewed.")
