"""What is said of a group of children."""

from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import (
    ChildGroupKindsIn,
)
from app.core.schemas import BodyFault, In, Line, NewId, Word


class ChildGroupIn(In):
    """Something that children have in common: their ids, or a registration group of the roster."""

    id: NewId
    kind: ChildGroupKindsIn = Field(description="Type of child group.")
    child_ids: list[UUID] = Field(default=[], max_length=400, description="Children of the group.")
    registration_group: Word | None = Field(
        default=None, description="Instead of `child_ids`: those the roster has in it."
    )
    label: Line | None = Field(default=None, description="Which club, team or group it is.")
    heard_from: Line | None = Field(default=None, description="Who told the person who states it.")
    confirm: bool = Field(
        default=False, description="Whether the person who states it confirms it at once."
    )

    @model_validator(mode="after")
    def _either(self) -> "ChildGroupIn":
        if self.registration_group is None and len(set(self.child_ids)) < 2:
            raise BodyFault("name two children or more, or a registration group")
        if self.registration_group is not None and self.child_ids:
            raise BodyFault("name either children or a registration group")
        return self


class ChildGroupMembersIn(In):
    """More children who belong to it."""

    child_ids: list[UUID] = Field(min_length=1, max_length=400, description="Children to add.")
