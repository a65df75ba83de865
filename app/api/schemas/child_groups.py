"""Child groups, and who confirmed them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    ChildGroupKindsIn,
    ChildGroupKindsOut,
    ChildGroupSourcesOut,
    ChildGroupStatesOut,
)
from app.core.schemas import ListIn, Out, PersonOut


class ChildGroupListIn(ListIn):
    """Filters of child groups."""

    state: Literal["open", "confirmed", "unconfirmed", "ended"] = Field(
        default="open", description="`open`: `confirmed` or `unconfirmed`. Default: open."
    )
    kind: ChildGroupKindsIn | None = Field(default=None, description="Only groups of this kind.")
    child_id: UUID | None = Field(default=None, description="Only groups of this child.")


class ChildGroupCard(Out):
    """A child group in a list."""

    id: UUID = Field(description="Child group ID.")
    kind: ChildGroupKindsOut = Field(description="Type of child group.")
    label: str | None = Field(description="Name of the group; null: it has none.")
    source: ChildGroupSourcesOut = Field(description="Where the group comes from.")
    state: ChildGroupStatesOut = Field(description="State of the child group.")
    members: int = Field(description="Number of children in it.")
    stated_by: PersonOut = Field(description="Person who created it.")
    stated_at: datetime = Field(description="When somebody created it.")
    confirmed_at: datetime | None = Field(
        description="When it was confirmed; null: it links nothing yet."
    )
    ended_at: datetime | None = Field(
        description="When the child group ended; null while it is open."
    )


class ChildGroupMemberOut(Out):
    """A child in the group, and the person who added them."""

    child: PersonOut = Field(description="Child in the group.")
    added_by: PersonOut = Field(description="Person who added it.")
    added_at: datetime = Field(description="When the child was added.")


class ChildGroupOut(ChildGroupCard):
    """A child group with its children."""

    heard_from: str | None = Field(description="How the school knows of it; null: not said.")
    children: list[ChildGroupMemberOut] = Field(description="Children of the group.")
    confirmed_by: PersonOut | None = Field(description="Person who confirmed it; null until then.")
    ended_by: PersonOut | None = Field(description="Person who ended it; null until then.")
    end_reason: str | None = Field(description="Why it was ended; null while it is open.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
