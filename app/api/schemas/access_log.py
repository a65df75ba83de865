"""The access log of a child's file."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import LooksOut
from app.core.codes import AccessReasonsOut, EventKindsOut
from app.core.schemas import ListIn, Moment, Out, PersonOut, PointerOut


class AccessLogIn(ListIn):
    """Which entries."""

    kind: Literal["look", "change"] | None = Field(
        default=None, description="Only looks, or only changes. Default: both."
    )
    staff_id: UUID | None = Field(default=None, description="Only what this person did.")
    verb: str | None = Field(
        default=None, max_length=80, description="Only entries with this verb."
    )
    since: Moment | None = Field(default=None, description="Only entries from this moment on.")
    until: Moment | None = Field(default=None, description="Only entries before this moment.")


class AccessLogEntryOut(Out):
    """One look at a child's file, or one change of it."""

    id: UUID = Field(description="Entry ID.")
    at: datetime = Field(description="When it happened.")
    verb: EventKindsOut = Field(description="What was done, as the audit log says it.")
    kind: LooksOut = Field(description="Whether it is a look or a change.")
    about: PointerOut | None = Field(description="The record; null: no single one.")
    part: str | None = Field(description="Which part of a record, such as `contacts`.")
    by: PersonOut | None = Field(description="Person who did it; null: Cairn itself or a program.")
    role: str = Field(description="Role the person acted in.")
    session_id: UUID | None = Field(description="Session the person acted in; null: none.")
    reason_code: AccessReasonsOut | None = Field(
        description="Rule that opened it; null for changes."
    )
