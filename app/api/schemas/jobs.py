"""Failed jobs: what Cairn has given up after the last attempt."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, ListIn, Out, PersonOut, words

FailedJobState = Literal["open", "settled"]
FailedJobStatesOut: Any = words("FailedJobStates", get_args(FailedJobState))


class FailedJobListIn(ListIn):
    """Which failed jobs."""

    state: FailedJobState | None = Field(
        default=None, description="Only open jobs, or only settled ones. Default: both."
    )
    task: str | None = Field(default=None, max_length=80, description="Only jobs of this type.")


class DropFailedJobIn(In):
    """Why the job is not needed."""

    reason: Line = Field(description="Why the job is not needed.")


class FailedJobCard(Out):
    """A job that used up its attempts, without its content."""

    id: UUID = Field(description="Failed job ID.")
    state: FailedJobStatesOut = Field(description="`settled`: run again or dropped.")
    task: str = Field(description="Type of job, such as `alert.send_one`; the list may grow.")
    attempts: int = Field(description="Number of attempts.")
    error: str = Field(description="Class of the last error.")
    message: str | None = Field(description="Cairn's own message about the error; null: none.")
    failed_at: datetime = Field(description="When it last failed.")
    owner: PersonOut = Field(description="Person who owns the failed job.")
    due_at: datetime = Field(description="Deadline for dealing with it.")
    ended_at: datetime | None = Field(
        description="When the failed job ended; null while it is open."
    )
    ended_reason_code: Literal["replayed", "dropped"] | None = Field(
        json_schema_extra={"x-closed": True},
        description="Whether it was run again or dropped; null while open.",
    )
    reason: str | None = Field(description="Why it was dropped; null: not dropped.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
