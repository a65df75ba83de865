"""What is true of a child for a while."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from app.core.codes import ChildStatusKindsIn, ChildStatusKindsOut, ConfidentialityClassesOut
from app.core.schemas import (
    CHANGE_REASON,
    Day,
    In,
    Line,
    NewId,
    Out,
    PersonOut,
    SeveralLines,
    Word,
    absent,
)

StatusClass = Literal["K2", "K3", "K4", "K5"]


class WorkerIn(In):
    """The professional who leads."""

    name: Line = Field(description="Full name.")
    role: Line | None = Field(default=None, description="Their role, in words.")
    phone: Word | None = Field(default=None, description="Phone number.")


def _as_kept(worker: WorkerIn) -> dict[str, Any]:
    return worker.model_dump()


Worker = Annotated[WorkerIn, AfterValidator(_as_kept)]


class StatusFactsIn(In):
    """What changes of a status while it lasts, and its end."""

    valid_to: Day | None = absent(description="First day it no longer applies; null: no end yet.")
    end_reason: SeveralLines | None = absent(description="Why it ended; null empties it.")
    evidence: SeveralLines | None = absent(description="Evidence for it; null empties it.")
    lead_agency: Line | None = absent(description="Agency that leads; null empties it.")
    worker: Worker | None = absent(description="Professional who leads; null empties it.")
    review_due: Day | None = absent(description="Day of its next review; null empties it.")


class StatusPatch(StatusFactsIn):
    """A merge patch: absent fields stay, null empties. An end date cannot be removed."""

    reason: SeveralLines = absent(description=CHANGE_REASON)


class StatusIn(StatusFactsIn):
    """A new status, from its first day."""

    id: NewId
    kind: ChildStatusKindsIn = Field(description="Type of status.")
    detail: Annotated[
        Line | None,
        Field(
            description="A code: `child_protection_plan` (NEG PHY SAB EMO MUL), `sen` (E K), "
            "`young_carer` (P S), `previously_looked_after` (A C G N O R). `attendance`: sessions "
            "missed of possible, such as 19/190, with `valid_to`. Others: one line."
        ),
    ] = absent()
    valid_from: Day = Field(description="First day it applies.")
    source: Line = Field(description="Person or document that told the school.")
    confidentiality: StatusClass | None = Field(
        default=None, description="Class of confidentiality. Default: by type."
    )


class WorkerOut(Out):
    """The professional who leads."""

    name: str = Field(description="Full name.")
    role: str | None = Field(description="Their role, in words; null: not known.")
    phone: str | None = Field(description="Phone number; null: not known.")


class StatusOut(Out):
    """A status, with the days it applies."""

    id: UUID = Field(description="Status ID.")
    child_id: UUID = Field(description="Child the status is about.")
    kind: ChildStatusKindsOut = Field(description="Type of status.")
    detail: str | None = Field(description="Further details; null: none.")
    valid_from: date = Field(description="First day it applies.")
    valid_to: date | None = Field(description="First day it no longer applies; null: it applies.")
    end_reason: str | None = Field(description="Why it ended; null: it applies.")
    source: str = Field(description="Roster it came from, or `staff`.")
    evidence: str | None = Field(description="Evidence for it; null: not said.")
    lead_agency: str | None = Field(description="Agency that leads; null: none.")
    worker: WorkerOut | None = Field(description="Professional who leads; null: none.")
    review_due: date | None = Field(description="Day of its next review; null: none.")
    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    added_by: PersonOut = Field(description="Person who added it.")
    created_at: datetime = Field(description="When the status was added.")
    changed_at: datetime = Field(description="When the status last changed.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
