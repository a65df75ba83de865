"""How two children are connected."""

from uuid import UUID

from pydantic import Field

from app.core.codes import RelationshipKindsIn
from app.core.schemas import Day, In, NewId, SeveralLines


class RelationshipIn(In):
    """A relationship with another child, as seen from the child in the path."""

    id: NewId
    other_child_id: UUID = Field(description="The other child.")
    kind: RelationshipKindsIn = Field(description="What the other child is to this one.")
    note: SeveralLines | None = Field(default=None, description="Further details.")
    valid_from: Day | None = Field(default=None, description="First day it applies.")
