"""What says who is away, and who stands in."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, EachOnce, In, NewId, SeveralLines
from app.domain.people.memberships.schemas import GrantableRole


class CoverIn(In):
    """Somebody is away, and who stands in."""

    id: NewId
    away_id: UUID = Field(description="A lead, deputy or head.")
    valid_from: Day = Field(description="First day away.")
    valid_to: Day = Field(description="The first day back; a year later at most.")
    covered_by_ids: Annotated[list[UUID], Field(max_length=10), EachOnce] = Field(
        default_factory=list, description="Who stands in, the first one first."
    )
    role: GrantableRole | None = Field(
        default=None,
        description="Given for exactly this time to those who could not read new concerns.",
    )
    uncovered_reason: SeveralLines | None = Field(
        default=None, description="Why there is a day without anybody; the head learns of it."
    )
