"""What is true of a child for a while."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    ChildStatusKindsIn,
    ChildStatusKindsOut,
)
from app.core.schemas import Day, Line, NewId, Out, PersonOut, absent
from app.domain.record.statuses.schemas import StatusPatch

StatusClass = Literal["K2", "K3", "K4", "K5"]


class StatusIn(StatusPatch):
    """A status from a day on."""

    id: NewId
    kind: ChildStatusKindsIn
    detail: Annotated[
        Line | None,
        Field(
            description="A code for `child_protection_plan` (NEG PHY SAB EMO MUL), `sen` (E K), "
            "`young_carer` (P S) and `previously_looked_after` (A C G N O R); else a line."
        ),
    ] = absent()
    valid_from: Day
    source: Line = Field(description="Who told the school, or which paper says so.")
    confidentiality: StatusClass | None = Field(
        default=None, description="Who sees it; by its kind, where it is left out."
    )


class WorkerOut(Out):
    """The professional who leads."""

    name: str
    role: str | None
    phone: str | None


class StatusOut(Out):
    """A status from a day until the first day without it."""

    id: UUID
    child_id: UUID
    kind: ChildStatusKindsOut
    detail: str | None
    valid_from: date
    valid_to: date | None = Field(description="The first day without it; null while it stands.")
    end_reason: str | None
    source: str
    evidence: str | None
    lead_agency: str | None
    worker: WorkerOut | None
    review_due: date | None
    confidentiality: str
    added_by: PersonOut
    created_at: datetime
    changed_at: datetime
    etag: str = Field(description="Send in If-Match when changing this status.")
    permissions: list[str] = Field(description="Operations this reader may do next.")
