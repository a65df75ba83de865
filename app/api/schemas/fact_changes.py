"""How facts about a child changed, and which moment a reader asks about."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.written import WrittenPart
from app.core.codes import EventKindsOut, RolesOut
from app.core.schemas import ListIn, Moment, Out, PersonOut, PointerOut


class AtIn(BaseModel):
    """The moment that is asked about; the list itself is short and whole, and has no pages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Moment | None = Field(
        default=None,
        description="Moment in the past: shows what was known and true then. Default: now.",
    )


class FactChangeListIn(ListIn):
    """Which changes."""

    about_kind: Literal["child", "contact", "status"] | None = Field(
        default=None, description="Only changes of the child itself, of contacts, or of statuses."
    )
    about_id: UUID | None = Field(default=None, description="Only changes of this record.")


class ChangedFieldOut(Out):
    """One field that changed."""

    field: str = Field(description="Name of the field in the record.")
    before: WrittenPart = Field(description="What it was; null: nothing.")
    after: WrittenPart = Field(description="What it became; null: nothing.")


class FactChangeOut(Out):
    """One change: the record, person, time and reason."""

    id: UUID = Field(description="Change ID.")
    at: datetime = Field(description="When it was changed.")
    about: PointerOut = Field(description="Child, contact or status that changed.")
    by: PersonOut | None = Field(
        description="Member of staff who changed it; null: not a member of staff."
    )
    role: RolesOut = Field(description="Role they acted in.")
    verb: EventKindsOut | None = Field(description="What was done; null: a roster was merged.")
    reason: str | None = Field(
        description="Why it was changed; null: not given, or not visible to you."
    )
    changes: list[ChangedFieldOut] = Field(description="Changed fields, with the former values.")
