"""The chronology: one ordered stream of everything dated about a child."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.codes import (
    ChronologyKindsIn,
    ChronologyKindsOut,
    ConcernChildRolesOut,
    ConfidentialityClassesOut,
    OccurredPrecisionsOut,
    RolesOut,
)
from app.api.schemas.common import Moment, Out
from app.api.schemas.lists import ListIn


class ChronologyIn(ListIn):
    """Filters of a chronology."""

    kind: list[ChronologyKindsIn] = Field(
        default=[], max_length=20, description="Any of these kinds."
    )
    category: str | None = Field(default=None, max_length=80)
    since: Moment | None = Field(default=None, description="Happened at or after.")
    until: Moment | None = Field(default=None, description="Happened before.")
    significant: bool | None = None
    order: Literal["newest", "oldest"] = "newest"


class AuthorOut(Out):
    """Who recorded it, in which role."""

    id: UUID
    name: str
    role: RolesOut


class OtherChildOut(Out):
    """Another child in it, without a name."""

    label: str
    role: ConcernChildRolesOut


class VisibilityOut(Out):
    """Who may see the row, and why this reader does."""

    confidentiality: ConfidentialityClassesOut
    readers: list[str]
    because: str


class ChronologyEntryOut(Out):
    """One dated thing."""

    id: UUID
    kind: ChronologyKindsOut
    thing_id: UUID
    concern_id: UUID | None
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    recorded_at: datetime
    late: bool = Field(description="Recorded more than a day after it happened.")
    significant: bool
    author: AuthorOut
    reference: str | None
    state: str | None
    entered_in_error: bool
    level: int | None
    category: str | None
    child_role: ConcernChildRolesOut | None
    summary: str | None
    child_said: str | None
    decision: str | None
    reasons: str | None
    outcome: str | None
    others: list[OtherChildOut]
    visibility: VisibilityOut
