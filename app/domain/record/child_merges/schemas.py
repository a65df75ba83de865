"""Which child goes on and why, and what became of it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, PersonOut, SeveralLines, words
from app.domain.record.children.schemas import ChildFactsOut


class MergeChildIn(In):
    """The child who goes on, and how you know that they are one pupil."""

    into: UUID = Field(description="The child whose file stays.")
    reason: SeveralLines = Field(description="How you know that they are one pupil.")


class UnmergeChildIn(In):
    """Why they are two pupils after all."""

    reason: SeveralLines = Field(description="Why they are two pupils.")


class MovedOut(Out):
    """How much of one kind moved."""

    table: str = Field(description="The table in the export; the list may grow.")
    count: int = Field(description="How many records moved.")


NotRestoredReasons: Any = words(
    "NotRestoredReasons", {"changed", "elsewhere", "added", "copied", "field"}
)


class NotRestoredOut(Out):
    """One record that is not as it was before the merge."""

    table: str = Field(description="The table in the export, or `child` for a field of the child.")
    id: UUID = Field(description="ID of the record.")
    reason_code: NotRestoredReasons = Field(
        description="`changed`: it went back as people left it. `elsewhere`: somebody gave it to "
        "another child. `added`: it was made since and went with what it belongs to. `copied`: it "
        "protects one child, was written since, and now holds for the other as well. `field`: a "
        "field of the child who goes on was changed since and stays."
    )


class ChildMergeOut(Out):
    """A merge of two children. The ETag is the version of the child who was merged."""

    id: UUID = Field(description="Merge ID.")
    child_id: UUID = Field(description="The child who was merged.")
    merged_into: UUID = Field(description="The child who goes on.")
    state: Literal["asked", "merged", "undone"] = Field(
        description="`asked` needs a second person who sends the same request.",
        json_schema_extra={"x-closed": True},
    )
    reason: str = Field(description="Why they are one pupil.")
    asked_by: PersonOut = Field(description="Person who asked for it.")
    asked_at: datetime = Field(description="When it was asked for.")
    approved_by: PersonOut | None = Field(description="Person who approved it; null until then.")
    merged_at: datetime | None = Field(description="When they were merged; null until then.")
    undone_by: PersonOut | None = Field(description="Person who undid it; null: nobody.")
    undone_at: datetime | None = Field(description="When it was undone; null: it was not.")
    undo_reason: str | None = Field(description="Why it was undone; null: it was not.")
    moved: list[MovedOut] = Field(
        description="How many records moved, by type. Empty for those who do not read class K5."
    )
    not_restored: list[NotRestoredOut] = Field(
        description="Empty unless it was undone, and for those who do not read class K5."
    )
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


DuplicateReasons: Any = words("DuplicateReasons", {"number", "name", "date_of_birth", "address"})


class PossibleDuplicateOut(ChildFactsOut):
    """A child who may be the same pupil. A name or a date of birth alone never decides."""

    reason_codes: list[DuplicateReasons] = Field(description="What fits.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
