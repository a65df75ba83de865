"""The access log of a child's file."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import LooksOut
from app.core.codes import AccessReasonsOut, EventKindsOut, RolesOut
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
    since: Moment | None = Field(default=None, description="Only entries at or after this time.")
    until: Moment | None = Field(default=None, description="Only entries before this time.")


class AccessLogEntryOut(Out):
    """One view of a child's record, or one change to it."""

    id: UUID = Field(description="Access log entry ID.")
    at: datetime = Field(description="When it happened.")
    verb: EventKindsOut = Field(description="What was done, as a verb of the audit log.")
    kind: LooksOut = Field(description="Whether it was a view or a change.")
    about: PointerOut | None = Field(
        description="Record that was viewed or changed; null: no single record."
    )
    part: str | None = Field(
        description="Which part of a record, such as `contacts`; null: the whole."
    )
    by: PersonOut | None = Field(description="Person who did it; null: Cairn or a program.")
    role: RolesOut = Field(description="Role the person acted in.")
    session_id: UUID | None = Field(description="Session the person acted in; null: no session.")
    reason_code: AccessReasonsOut | None = Field(
        description="Rule that allowed the view; null: a change."
    )
