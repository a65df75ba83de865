"""What is true of a child for a while."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from app.core.codes import (
    ChildStatusKindsIn,
    ChildStatusKindsOut,
)
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

    name: Line
    role: Line | None = None
    phone: Word | None = None


def _as_kept(worker: WorkerIn) -> dict[str, Any]:
    return worker.model_dump()


Worker = Annotated[WorkerIn, AfterValidator(_as_kept)]


class StatusFactsIn(In):
    """What changes of a status while it lasts, and its end."""

    valid_to: Day | None = absent()
    end_reason: SeveralLines | None = absent()
    evidence: SeveralLines | None = absent()
    lead_agency: Line | None = absent()
    worker: Worker | None = absent()
    review_due: Day | None = absent()


class StatusPatch(StatusFactsIn):
    """A merge patch: absent fields stay, null empties. An end, once set, stands."""

    reason: SeveralLines = absent(description=CHANGE_REASON)


class StatusIn(StatusFactsIn):
    """A status from a day on."""

    id: NewId
    kind: ChildStatusKindsIn
    detail: Annotated[
        Line | None,
        Field(
            description="A code for `child_protection_plan` (NEG PHY SAB EMO MUL), `sen` (E K), "
            "`young_carer` (P S) and `previously_looked_after` (A C G N O R); sessions missed of "
            "sessions possible for `attendance` (19/190), which has a `valid_to`; else a line."
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
