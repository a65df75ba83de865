"""Children who are connected."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import RelationshipKindsOut
from app.core.schemas import NamedChildOut, Out, PersonOut


class RelationshipOut(Out):
    """A relationship as seen from the child in the path."""

    id: UUID = Field(description="Relationship ID.")
    kind: RelationshipKindsOut = Field(description="What the other child is to this one.")
    stated_from: Literal["this_child", "other_child"] = Field(
        json_schema_extra={"x-closed": True},
        description="Child whose record states it. `alleged_source_of_harm` from this child: the "
        "other child is alleged to have harmed them.",
    )
    other_child: NamedChildOut = Field(description="The other child.")
    note: str | None = Field(description="Further details; null: none.")
    source: str = Field(description="Roster it came from, or `staff`.")
    valid_from: date | None = Field(description="First day it applied; null: not known.")
    valid_to: date | None = Field(description="First day it no longer applied; null while it does.")
    added_by: PersonOut | None = Field(description="Person who added it; null: a roster.")
    confirmed_by: PersonOut | None = Field(description="Person who confirmed it; null until then.")
    confirmed_at: datetime | None = Field(
        description="When it was confirmed; null: only a roster suggests it."
    )
    created_at: datetime = Field(description="When the relationship was added.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
