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

    state: Literal["running", "ended"] = Field(
        default="running", description="Running or ended groups. Default: running."
    )
    confirmed: bool | None = Field(
        default=None,
        description="`true`: confirmed groups. `false`: unconfirmed ones. Default: both.",
    )
    kind: ChildGroupKindsIn | None = Field(default=None, description="Only groups of this kind.")
    child_id: UUID | None = Field(default=None, description="Only groups of this child.")


class ChildGroupCard(Out):
    """A row of the list."""

    id: UUID = Field(description="Child group ID.")
    kind: ChildGroupKindsOut
    label: str | None = Field(description="Name of the group; null: it has none.")
    source: ChildGroupSourcesOut
    state: ChildGroupStatesOut
    members: int = Field(description="How many children belong to it.")
    stated_by: PersonOut
    stated_at: datetime = Field(description="When somebody created it.")
    confirmed_at: datetime | None = Field(description="Null: it links nothing yet.")
    ended_at: datetime | None = Field(
        description="When the child group ended; null while it is open."
    )


class ChildGroupMemberOut(Out):
    """A child in a child group, and who said so."""

    child: PersonOut
    added_by: PersonOut
    added_at: datetime = Field(description="When the child was added.")


class ChildGroupOut(ChildGroupCard):
    """A child group with its children."""

    heard_from: str | None = Field(description="How the school knows of it; null: not said.")
    children: list[ChildGroupMemberOut]
    confirmed_by: PersonOut | None
    ended_by: PersonOut | None
    end_reason: str | None = Field(description="Why it was ended; null while it is open.")
    permissions: list[str] = Field(description="What this reader may do next.")
