"""Cover: who is away, and who stands in."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, ListIn, Out, PersonOut, words

CoverStatesOut: Any = words("CoverStates", ("coming", "active", "ended"))


class CoverListIn(ListIn):
    """Which cover."""

    state: Literal["open", "coming", "active", "ended"] = Field(
        default="open",
        description="`open`: `coming` or `active`. `ended`: over, or ended early. Default: open.",
    )


class StandInOut(PersonOut):
    """Somebody who stands in."""

    role_given: bool = Field(description="Whether they were given a role for exactly this time.")


class CoverOut(Out):
    """Somebody is away from a day until the first day back."""

    id: UUID = Field(description="Cover ID.")
    away: PersonOut = Field(description="Person who is away.")
    valid_from: date = Field(description="First day away.")
    valid_to: date = Field(description="First day back.")
    covered_by: list[StandInOut] = Field(description="People who stand in.")
    uncovered_reason: str | None = Field(
        default=None, description="Why nobody stands in, for those who may set cover."
    )
    state: CoverStatesOut = Field(description="`active`: it holds today.")
    created_at: datetime = Field(description="When the cover was added.")
    ended_at: datetime | None = Field(description="When it was ended early; null: it was not.")
    etag: str = Field(description="For If-Match.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class OnDutyOut(PersonOut):
    """Somebody who is there for new concerns today."""

    stands_in_for: PersonOut | None = Field(
        default=None, description="Person they stand in for; null: nobody."
    )


class CoverEndIn(In):
    """What becomes of open work of those who were given a role for it."""

    hand_over_to: UUID | None = Field(
        default=None, description="Who owns it next; the person who is back where it is left out."
    )
