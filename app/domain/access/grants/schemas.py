"""What gives sight of one record, and what came of looking at emergency access."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from app.core.schemas import BodyFault, In, Line, Moment, NewId, SeveralLines, distinct


class BreakGlassReviewIn(In):
    """Whether the emergency access was justified."""

    outcome: Literal["justified", "not_justified"] = Field(description="Whether it was justified.")
    note: Line = Field(description="Why you conclude so.")


GrantClass = Literal["K2", "K3", "K4", "K5"]

SHORTEST_REASON = 20


def _says_something(text: str) -> str:
    if len(text.strip()) < SHORTEST_REASON:
        raise BodyFault(f"a reason has at least {SHORTEST_REASON} characters")
    return text


class OneRecordIn(In):
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


class GrantIn(OneRecordIn):
    """Access to one record, for one person, for a limited time."""

    id: NewId = None
    staff_id: UUID = Field(description="Person who gets access.")
    classes: list[GrantClass] = Field(
        min_length=1,
        max_length=4,
        description="Classes of confidentiality to open. Only classes you read.",
    )
    reason: SeveralLines = Field(description="Reason, for later readers.")
    valid_to: Moment = Field(description="When access ends by itself, at most 90 days ahead.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not distinct(self.classes):
            raise BodyFault("a class is named twice")
        return self


class BreakGlassIn(OneRecordIn):
    """A closed record, and why you must open it now."""

    id: NewId = None
    reason: Annotated[SeveralLines, AfterValidator(_says_something)] = Field(
        description="Why you need it now, in at least 20 characters. A reviewer reads it."
    )
    minutes: int = Field(
        default=60, ge=1, le=1_440, description="Minutes it stays open. Default: 60."
    )
