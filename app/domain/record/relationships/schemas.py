"""How two children are connected."""

from uuid import UUID

from app.core.codes import (
    RelationshipKindsIn,
)
from app.core.schemas import Day, In, NewId, SeveralLines


class RelationshipIn(In):
    """A connection with another child, stated from the child in the address."""

    id: NewId
    other_child_id: UUID
    kind: RelationshipKindsIn
    note: SeveralLines | None = None
    valid_from: Day | None = None
