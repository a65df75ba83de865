"""Which child goes on and why, and what became of it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, SeveralLines


class MergeChildIn(In):
    """The child who goes on, and how you know that they are one pupil."""

    into: UUID = Field(description="The child whose file stays.")
    reason: SeveralLines


class UnmergeChildIn(In):
    """Why they are two pupils after all."""

    reason: SeveralLines


class MovedOut(Out):
    """How much of one kind moved."""

    kind: str = Field(description="The table in the export; the list may grow.")
    count: int


class NotRestoredOut(Out):
    """One record that is not as it was before the merge."""

    kind: str = Field(description="The table in the export, or `child` for a field of the child.")
    id: UUID
    because: str = Field(
        description="`changed`: it went back as people left it. `elsewhere`: somebody gave it to "
        "another child. `added`: it was made since and went with what it belongs to. `field`: a "
        "field of the child who goes on was changed since and stays."
    )


class ChildMergeOut(Out):
    """A merge of two children. The ETag is the version of the child who was merged."""

    id: UUID
    child_id: UUID = Field(description="The child who was merged.")
    merged_into: UUID = Field(description="The child who goes on.")
    state: Literal["asked", "merged", "undone"] = Field(
        description="`asked` waits for a second person who sends the same request.",
        json_schema_extra={"x-closed": True},
    )
    reason: str
    asked_by: UUID
    asked_at: datetime
    approved_by: UUID | None
    merged_at: datetime | None
    undone_by: UUID | None
    undone_at: datetime | None
    undo_reason: str | None
    moved: list[MovedOut]
    not_restored: list[NotRestoredOut] = Field(description="Empty unless it was undone.")
    permissions: list[str] = Field(description="Operations this reader may do next.")


class PossibleDuplicateOut(Out):
    """A child who may be the same pupil. A name or a date of birth alone never decides."""

    id: UUID
    name: str
    date_of_birth: date | None
    year_group: str | None
    registration_group: str | None
    roll_status: str
    reasons: list[str] = Field(
        description="`number`, `name`, `date_of_birth`, `address`; the list may grow."
    )
    permissions: list[str] = Field(description="Operations this reader may do next.")
