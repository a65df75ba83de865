"""Grants of sight, broken glass and their review."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from app.api.schemas.known_words import GlassOutcomesOut
from app.core.schemas import (
    BodyFault,
    In,
    ListIn,
    Moment,
    NamedChildOut,
    NamedConcernOut,
    NewId,
    Out,
    PersonOut,
    SeveralLines,
    distinct,
    words,
)

GrantClass = Literal["K2", "K3", "K4", "K5"]
GrantState = Literal["active", "ended"]
GrantStatesOut: Any = words("GrantStates", get_args(GrantState))
GlassStatesOut: Any = words("BreakGlassStates", ("unreviewed", "reviewed"))
SHORTEST_REASON = 20


def _says_something(text: str) -> str:
    if len(text.strip()) < SHORTEST_REASON:
        raise BodyFault(f"a reason has at least {SHORTEST_REASON} characters")
    return text


class _OneRecordIn(In):
    """One concern, or one child's record."""

    concern_id: UUID | None = Field(
        default=None, description="Concern to open, or send `child_id`."
    )
    child_id: UUID | None = Field(
        default=None, description="Child whose record to open, or send `concern_id`."
    )

    @model_validator(mode="after")
    def _one_record(self) -> Self:
        if (self.concern_id is None) == (self.child_id is None):
            raise BodyFault("name either a concern or a child")
        return self


class GrantIn(_OneRecordIn):
    """Sight of one record for one person, for a while."""

    id: NewId = None
    staff_id: UUID = Field(description="Person who gets access.")
    classes: list[GrantClass] = Field(
        min_length=1, max_length=4, description="Only classes that the granter reads."
    )
    reason: SeveralLines = Field(description="Why, for a later reader.")
    valid_to: Moment = Field(description="At most 90 days ahead; it ends by itself.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not distinct(self.classes):
            raise BodyFault("a class comes twice")
        return self


class GrantListIn(ListIn):
    """Which grants."""

    state: GrantState | None = Field(
        default=None, description="Only grants that work, or only ended ones. Default: both."
    )
    staff_id: UUID | None = Field(default=None, description="Only of this person.")
    concern_id: UUID | None = Field(default=None, description="Only for this concern.")
    child_id: UUID | None = Field(default=None, description="Only for this child.")


class BreakGlassIn(_OneRecordIn):
    """A closed record, and why it has to be open now."""

    id: NewId = None
    reason: Annotated[SeveralLines, AfterValidator(_says_something)] = Field(
        description="At least twenty characters: a reviewer reads it."
    )
    minutes: int = Field(
        default=60, ge=1, le=1_440, description="How long it stays open. Default: 60."
    )


class BreakGlassListIn(ListIn):
    """Which broken glass."""

    state: Literal["open", "unreviewed", "reviewed"] | None = Field(
        default=None,
        description="`open`: those that open a record now, reviewed or not. Default: all.",
    )


class _AccessOut(Out):
    """Sight of one record beyond the role."""

    id: UUID = Field(description="Grant ID.")
    person: PersonOut = Field(description="Person who has access.")
    child: NamedChildOut | None = Field(description="Child whose record it opens; null: a concern.")
    concern: NamedConcernOut | None = Field(description="Concern it opens; null: a child's record.")
    classes: list[str] = Field(description="Classes of confidentiality it opens.")
    reason: str = Field(description="Why it was given or taken.")
    valid_from: datetime = Field(description="When it begins.")
    valid_to: datetime = Field(description="When it expires.")
    ended_at: datetime | None = Field(description="When it was ended before its time.")
    created_at: datetime = Field(description="When the grant was added.")
    etag: str = Field(description="For If-Match.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class GrantOut(_AccessOut):
    """Sight of one record that somebody gave."""

    state: GrantStatesOut = Field(description="`active`: it opens the record now.")
    granted_by: PersonOut = Field(description="Person who granted it.")


class BreakGlassOut(_AccessOut):
    """Sight of one record that somebody took, and its review."""

    reason: str | None = Field(description="Why it was opened; null: the record is sealed to you.")  # type: ignore[assignment]
    state: GlassStatesOut = Field(description="Whether somebody has reviewed it.")
    live: bool = Field(description="Whether it opens the record now.")
    sealed: bool = Field(
        description="Whether this reader may not open the record: what it is stays out then."
    )
    owner: PersonOut = Field(description="Who has to see to the review.")
    due_at: datetime = Field(description="Deadline of its review.")
    reviewed_at: datetime | None = Field(description="When it was reviewed; null until then.")
    outcome: GlassOutcomesOut | None = Field(description="What the review found; null until then.")
    note: str | None = Field(description="Note of the review; null until then.")
