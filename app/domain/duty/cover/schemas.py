"""What says who is away, and who stands in."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, EachOnce, In, NewId, SeveralLines
from app.domain.people.memberships.schemas import GrantableRole


class CoverIn(In):
    """An absence, and the cover for it."""

    id: NewId
    away_id: UUID = Field(description="Person who is away: a lead, deputy or headteacher.")
    valid_from: Day = Field(description="First day away.")
    valid_to: Day = Field(description="First day back, at most a year ahead.")
    covered_by_ids: Annotated[list[UUID], Field(max_length=10), EachOnce] = Field(
        default_factory=list, description="People who stand in, in order."
    )
    role: GrantableRole | None = Field(
        default=None,
        description="Role for this period, given only to people who could not read new concerns.",
    )
    uncovered_reason: SeveralLines | None = Field(
        default=None, description="Why a day has no cover. Cairn alerts the headteacher."
    )
