"""Grants of sight, broken glass and their review."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import GlassOutcomesOut
from app.core.codes import ConfidentialityClassesOut
from app.core.schemas import ListIn, NamedChildOut, NamedConcernOut, Out, PersonOut, words

GrantState = Literal["active", "ended"]
GrantStatesOut: Any = words("GrantStates", get_args(GrantState))
GlassStatesOut: Any = words("BreakGlassStates", ("unreviewed", "reviewed"))


class GrantListIn(ListIn):
    """Which grants."""

    state: GrantState | None = Field(
        default=None, description="Only current grants, or only ended ones. Default: both."
    )
    staff_id: UUID | None = Field(default=None, description="Only for this person.")
    concern_id: UUID | None = Field(default=None, description="Only for this concern.")
    child_id: UUID | None = Field(default=None, description="Only for this child.")


class BreakGlassListIn(ListIn):
    """Which broken glass."""

    state: Literal["open", "unreviewed", "reviewed"] | None = Field(
        default=None,
        description="`open`: gives access now, reviewed or not. Default: all.",
    )


class _AccessOut(Out):
    """Sight of one record beyond the role."""

    id: UUID = Field(description="Grant ID.")
    person: PersonOut = Field(description="Person who has access.")
    child: NamedChildOut | None = Field(
        description="Child whose record it opens; null: it opens a concern, or is sealed to you."
    )
    concern: NamedConcernOut | None = Field(
        description="Concern it opens; null: it opens a child's record, or is sealed to you."
    )
    classes: list[ConfidentialityClassesOut] = Field(
        description="Classes of confidentiality it opens."
    )
    reason: str = Field(description="Why access was given.")
    valid_from: datetime = Field(description="When it begins.")
    valid_to: datetime = Field(description="When it expires.")
    ended_at: datetime | None = Field(description="When it was ended early; null: it was not.")
    created_at: datetime = Field(description="When the grant was added.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class GrantOut(_AccessOut):
    """Access to one record that someone granted."""

    state: GrantStatesOut = Field(
        description="State of the grant. `active`: it opens the record now."
    )
    granted_by: PersonOut = Field(description="Person who granted it.")


class BreakGlassOut(_AccessOut):
    """One emergency access to a record, and its review."""

    reason: str | None = Field(description="Why it was opened; null: the record is sealed to you.")  # type: ignore[assignment]
    state: GlassStatesOut = Field(description="Whether it has been reviewed.")
    live: bool = Field(description="Whether it opens the record now.")
    sealed: bool = Field(
        description="Whether you may not open the record. Cairn then hides what it is."
    )
    owner: PersonOut = Field(description="Person responsible for the review.")
    due_at: datetime = Field(description="Deadline of its review.")
    reviewed_at: datetime | None = Field(description="When it was reviewed; null until then.")
    outcome: GlassOutcomesOut | None = Field(description="What the review found; null until then.")
    note: str | None = Field(description="Note of the review; null until then.")
