"""Failed jobs: what Cairn has given up after the last attempt."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, ListIn, Out, PersonOut


class FailedJobListIn(ListIn):
    """Which failed jobs."""

    state: Literal["open", "settled"] | None = None
    task: str | None = Field(default=None, max_length=80, description="Only those of one task.")


class DropFailedJobIn(In):
    """Why the job need not be done any more."""

    reason: Line


class FailedJobCard(Out):
    """A job that used up its attempts. It says what failed, and never what it was about."""

    id: UUID
    task: str = Field(description="The kind of job, such as `alert.send_one`; the list may grow.")
    attempts: int
    error: str = Field(description="The class of the last fault.")
    message: str | None = Field(description="What Cairn itself has to say about it.")
    failed_at: datetime
    owner: PersonOut
    due_at: datetime
    ended_at: datetime | None
    ended_because: Literal["replayed", "dropped"] | None
    reason: str | None
    permissions: list[str] = Field(description="What this reader may do next.")
