"""Who may be affected by a death."""

from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import (
    BereavementOffersIn,
    BereavementReasonsIn,
)
from app.core.schemas import (
    BodyFault,
    In,
    Line,
    Moment,
    Narrative,
    NewId,
)


class AffectedIn(In):
    """Somebody who may be affected: a child or a member of staff; kept in the case alone."""

    id: NewId
    child_id: UUID | None = Field(default=None, description="A child, or send `staff_id`.")
    staff_id: UUID | None = Field(
        default=None, description="A member of staff, or send `child_id`."
    )
    reason_codes: list[BereavementReasonsIn] = Field(
        default=[], max_length=12, description="Never shown with the child."
    )
    note: Narrative | None = Field(default=None, description="Note for the team.")
    owner_id: UUID | None = Field(
        default=None, description="Who sees to them. Default: the person who does so in the team."
    )
    offer: BereavementOffersIn = Field(default="not_offered", description="What is offered.")
    next: Narrative | None = Field(default=None, description="What is planned next.")
    next_at: Moment | None = Field(
        default=None, description="Deadline. Default: the next school day."
    )
    moved_to: Line | None = Field(default=None, description="Another school, whose lead is phoned.")
    support_list_until: Moment | None = Field(
        default=None, description="Puts a child on the support list until then."
    )

    @model_validator(mode="after")
    def _one(self) -> "AffectedIn":
        if (self.child_id is None) == (self.staff_id is None):
            raise BodyFault("name either a child or a member of staff")
        return self
