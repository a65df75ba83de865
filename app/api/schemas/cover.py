"""Cover: who is away, and who stands in."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, ListIn, Out, PersonOut, absent, words

CoverStatesOut: Any = words("CoverStates", ("coming", "active", "ended"))


class CoverListIn(ListIn):
    """Which cover."""

    state: Literal["open", "coming", "active", "ended"] = Field(
        default="open",
        description="`open`: `coming` or `active`. `ended`: over, or ended early. Default: open.",
    )


class StandInOut(PersonOut):
    """A stand-in."""

    role_given: bool = Field(description="Whether they got a role for this period.")


class CoverOut(Out):
    """An absence until the first day back, and its cover."""

    id: UUID = Field(description="Cover ID.")
    away: PersonOut = Field(description="Person who is away.")
    valid_from: date = Field(description="First day away.")
    valid_to: date = Field(description="First day back.")
    covered_by: list[StandInOut] = Field(description="People who stand in.")
    uncovered_reason: str = absent(
        description="Why nobody stands in. Absent if someone does, or you may not set cover."
    )
    state: CoverStatesOut = Field(description="`active`: in effect today.")
    created_at: datetime = Field(description="When the cover was added.")
    ended_at: datetime | None = Field(description="When it was ended early; null: it was not.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class OnDutyOut(PersonOut):
    """A person on duty for new concerns today."""

    stands_in_for: PersonOut | None = Field(
        default=None, description="Person they stand in for; null: nobody."
    )


class CoverEndIn(In):
    """Who takes over the open work of people given a role as cover."""

    hand_over_to: UUID | None = Field(
        default=None, description="New owner of the open work. Default: the person who is back."
    )
