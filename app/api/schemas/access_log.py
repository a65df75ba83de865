"""The access log of a child's file."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import ListIn, Moment, Out, PersonOut


class AccessLogIn(ListIn):
    """Which entries."""

    kind: Literal["look", "change"] | None = None
    staff_id: UUID | None = None
    did: str | None = Field(default=None, max_length=80, description="One verb of the trail.")
    since: Moment | None = None
    until: Moment | None = None


class AccessLogEntryOut(Out):
    """One look at a child's file, or one change of it."""

    id: UUID
    at: datetime
    did: str = Field(description="The verb of the trail, such as `concern.opened`.")
    kind: str = Field(description="`look` or `change`.")
    noun: str
    noun_id: UUID | None
    part: str | None = Field(description="Which part of a record, such as `contacts`.")
    by: PersonOut | None = Field(description="Null for Cairn itself and for programs.")
    role: str
    session_id: UUID | None
    because: str | None = Field(description="The rule that opened it; null for changes.")
