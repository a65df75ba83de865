"""What is said of a group of children."""

from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import ChildGroupKindsIn
from app.core.schemas import BodyFault, In, Line, NewId, Word


class ChildGroupIn(In):
    """A child group: children by ID, or a registration group of the roster."""

    id: NewId
    kind: ChildGroupKindsIn = Field(description="Type of child group.")
    child_ids: list[UUID] = Field(default=[], max_length=400, description="Children of the group.")
    registration_group: Word | None = Field(
        default=None, description="Registration group to use instead of `child_ids`."
    )
    label: Line | None = Field(default=None, description="Name of the club, team or group.")
    heard_from: Line | None = Field(default=None, description="How you know of the group.")
    confirm: bool = Field(default=False, description="Whether you confirm it at once.")

    @model_validator(mode="after")
    def _either(self) -> "ChildGroupIn":
        if self.registration_group is None and len(set(self.child_ids)) < 2:
            raise BodyFault("name two children or more, or a registration group")
        if self.registration_group is not None and self.child_ids:
            raise BodyFault("name either children or a registration group")
        return self


class ChildGroupMembersIn(In):
    """Children to add to the group."""

    child_ids: list[UUID] = Field(min_length=1, max_length=400, description="Children to add.")
