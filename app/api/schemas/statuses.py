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

    name: Line = Field(description="Full name.")
    role: Line | None = Field(default=None, description="Their role, in words.")
    phone: Word | None = Field(default=None, description="Phone number.")


def _as_kept(worker: WorkerIn) -> dict[str, Any]:
    return worker.model_dump()


Worker = Annotated[WorkerIn, AfterValidator(_as_kept)]


class StatusFactsIn(In):
    """What changes of a status while it lasts, and its end."""

    valid_to: Day | None = absent(description="First day it no longer applies.")
    end_reason: SeveralLines | None = absent(description="Why it ended.")
    evidence: SeveralLines | None = absent(description="What it rests on; null empties it.")
    lead_agency: Line | None = absent(description="Agency that leads; null empties it.")
    worker: Worker | None = absent(description="Professional who leads; null empties it.")
    review_due: Day | None = absent(description="Day of its next review; null empties it.")


class StatusPatch(StatusFactsIn):
    """A merge patch: absent fields stay, null empties. An end, once set, stands."""

    reason: SeveralLines = absent(description=CHANGE_REASON)


class StatusIn(StatusFactsIn):
    """A status from a day on."""

    id: NewId
    kind: ChildStatusKindsIn = Field(description="Type of status.")
    detail: Annotated[
        Line | None,
        Field(
            description="A code for `child_protection_plan` (NEG PHY SAB EMO MUL), `sen` (E K), "
            "`young_carer` (P S) and `previously_looked_after` (A C G N O R); sessions missed of "
            "sessions possible for `attendance` (19/190), which has a `valid_to`. Others: a line."
        ),
    ] = absent()
    valid_from: Day = Field(description="First day it applies.")
    source: Line = Field(description="Who told the school, or which paper says so.")
    confidentiality: StatusClass | None = Field(
        default=None, description="Who sees it; by its kind, where it is left out."
    )


class WorkerOut(Out):
    """The professional who leads."""

    name: str = Field(description="Full name.")
    role: str | None = Field(description="Their role, in words; null: not known.")
    phone: str | None = Field(description="Phone number; null: not known.")


class StatusOut(Out):
    """A status from a day until the first day without it."""

    id: UUID = Field(description="Status ID.")
    child_id: UUID = Field(description="Child the status is about.")
    kind: ChildStatusKindsOut = Field(description="Type of status.")
    detail: str | None = Field(description="More about it; null: nothing.")
    valid_from: date = Field(description="First day it applies.")
    valid_to: date | None = Field(description="The first day without it; null while it stands.")
    end_reason: str | None = Field(description="Why it ended; null while it applies.")
    source: str = Field(description="Roster or `staff`, where it is known from.")
    evidence: str | None = Field(description="What it rests on; null: not said.")
    lead_agency: str | None = Field(description="Agency that leads; null: none.")
    worker: WorkerOut | None = Field(description="Professional who leads; null: none.")
    review_due: date | None = Field(description="Day of its next review; null: none.")
    confidentiality: str = Field(description="Class of confidentiality.")
    added_by: PersonOut = Field(description="Person who added it.")
    created_at: datetime = Field(description="When the status was added.")
    changed_at: datetime = Field(description="When the status last changed.")
    etag: str = Field(description="For If-Match.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
