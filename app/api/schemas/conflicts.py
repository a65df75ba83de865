"""Conflicts of interest: said, listed and ended."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, ListIn, NewId, Out, PersonOut


class ConflictListIn(ListIn):
    """Which conflicts."""

    live: bool | None = Field(default=None, description="Only those that hold, or only ended ones.")
    state: Literal["in_force", "to_confirm", "suggested"] | None = Field(
        default=None, description="Those that have not ended, in one state."
    )
    staff_id: UUID | None = None
    child_id: UUID | None = None
    concern_id: UUID | None = None


class ConflictIn(In):
    """An interest in a child: one's own, or what a lead says of somebody."""

    id: NewId = None
    child_id: UUID
    staff_id: UUID | None = Field(default=None, description="Left out it is oneself.")
    reason: Line
    contact_id: UUID | None = Field(
        default=None, description="The contact that a suggestion names, when one is confirmed."
    )


class NamedChildOut(Out):
    """A child by name."""

    id: UUID
    name: str


class NamedConcernOut(Out):
    """A concern by reference."""

    id: UUID
    reference: str


class ConflictOut(Out):
    """Why somebody is locked out from a child's record, or from one concern."""

    id: UUID
    kind: str = Field(
        description="`roster_parent`, `roster_relative`, `named` or `declared`; the list may grow."
    )
    state: str = Field(
        description="`in_force`, `to_confirm` (locks out until a person ends or confirms it) or "
        "`suggested` (locks nobody out until a second person confirms it)."
    )
    person: PersonOut
    child: NamedChildOut | None
    concern: NamedConcernOut | None
    reason: str | None
    contact_id: UUID | None
    created_at: datetime
    ground_gone_at: datetime | None = Field(
        description="When the contact or relationship behind a suggestion ended or changed, "
        "undecided. Null while it stands. A person still has to decide."
    )
    ended_at: datetime | None
    end_reason: str | None
    etag: str
    permissions: list[str] = Field(description="What this reader may do next.")


class ConflictSuggestionOut(Out):
    """Somebody who may be a child's family: a person has to judge."""

    person: PersonOut
    child: NamedChildOut
    contact_id: UUID
    contact_kind: str
    because: str = Field(description="`same_name_and_phone`; the list may grow.")
