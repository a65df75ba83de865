"""Who may be affected by a death."""

from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import BereavementOffersIn, BereavementReasonsIn
from app.core.schemas import BodyFault, In, Line, Moment, Narrative, NewId


class AffectedIn(In):
    """A child or member of staff who may be affected. Kept in the case only."""

    id: NewId
    child_id: UUID | None = Field(
        default=None, description="Child who may be affected, or send `staff_id`."
    )
    staff_id: UUID | None = Field(
        default=None, description="Member of staff who may be affected, or send `child_id`."
    )
    reason_codes: list[BereavementReasonsIn] = Field(
        default=[],
        max_length=12,
        description="Why they may be affected. Never shown with the child.",
    )
    note: Narrative | None = Field(default=None, description="Note for the team.")
    owner_id: UUID | None = Field(
        default=None,
        description="Person who supports them. Default: the team member with that role.",
    )
    offer: BereavementOffersIn = Field(default="not_offered", description="Support offered.")
    next: Narrative | None = Field(default=None, description="Next planned step.")
    next_at: Moment | None = Field(
        default=None, description="Deadline of the next step. Default: the next school day."
    )
    moved_to: Line | None = Field(
        default=None, description="School they moved to. Phone its safeguarding lead."
    )
    support_list_until: Moment | None = Field(
        default=None, description="Adds the child to the support list until then."
    )

    @model_validator(mode="after")
    def _require_one(self) -> "AffectedIn":
        if (self.child_id is None) == (self.staff_id is None):
            raise BodyFault("name either a child or a member of staff")
        return self
