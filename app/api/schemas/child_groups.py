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

    state: Literal["running", "ended"] = "running"
    confirmed: bool | None = None
    kind: ChildGroupKindsIn | None = None
    child_id: UUID | None = None


class ChildGroupCard(Out):
    """A row of the list."""

    id: UUID
    kind: ChildGroupKindsOut
    label: str | None
    source: ChildGroupSourcesOut
    state: ChildGroupStatesOut
    members: int
    stated_by: PersonOut
    stated_at: datetime
    confirmed_at: datetime | None = Field(description="Null: it links nothing yet.")
    ended_at: datetime | None


class ChildGroupMemberOut(Out):
    """A child in a child group, and who said so."""

    child: PersonOut
    added_by: PersonOut
    added_at: datetime


class ChildGroupOut(ChildGroupCard):
    """A child group with its children."""

    heard_from: str | None
    children: list[ChildGroupMemberOut]
    confirmed_by: PersonOut | None
    ended_by: PersonOut | None
    end_reason: str | None
    permissions: list[str] = Field(description="What this reader may do next.")
