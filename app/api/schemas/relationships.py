"""Children who are connected."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    RelationshipKindsOut,
)
from app.core.schemas import Out


class RelatedChildOut(Out):
    """The child at the other end."""

    id: UUID
    name: str


class RelationshipOut(Out):
    """A connection as seen from the child in the address."""

    id: UUID
    kind: RelationshipKindsOut
    stated_from: Literal["this_child", "other_child"] = Field(
        description="Whose record it was stated in: `alleged_source_of_harm` stated from this "
        "child says that the other child is alleged to have harmed this one."
    )
    other_child: RelatedChildOut
    note: str | None
    source: str
    valid_from: date | None
    valid_to: date | None
    added_by: UUID | None
    confirmed_by: UUID | None
    confirmed_at: datetime | None = Field(description="Null while only a roster suggests it.")
    created_at: datetime
    etag: str = Field(description="Send in If-Match when changing this relationship.")
    permissions: list[str] = Field(description="Operations this reader may do next.")
