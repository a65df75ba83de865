"""Which child goes on and why, and what became of it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, PersonOut, SeveralLines, words
from app.domain.record.children.schemas import ChildFactsOut


class MergeChildIn(In):
    """The child whose record stays, and how you know they are one pupil."""

    into: UUID = Field(description="The child whose file stays.")
    reason: SeveralLines = Field(description="How you know that they are one pupil.")


class UnmergeChildIn(In):
    """Why they are two pupils."""

    reason: SeveralLines = Field(description="Why they are two pupils.")


class MovedOut(Out):
    """Number of moved records of one type."""

    table: str = Field(description="Table in the export; the list may grow.")
    count: int = Field(description="How many records moved.")


NotRestoredReasons: Any = words(
    "NotRestoredReasons", {"changed", "elsewhere", "added", "copied", "field"}
)


class NotRestoredOut(Out):
    """One record that differs from before the merge."""

    table: str = Field(description="Table in the export; `child`: a field of the child.")
    id: UUID = Field(description="ID of the record.")
    reason_code: NotRestoredReasons = Field(
        description="Why it differs. `changed`: restored with people's changes. `elsewhere`: "
        "since given to another child. `added`: made since, and moved with its record. `copied`: "
        "a later protection, now for both children. `field`: changed since on the child who "
        "stays, and kept."
    )


class ChildMergeOut(Out):
    """A merge of two records of one pupil. The ETag is the merged child's version."""

    id: UUID = Field(description="Merge ID.")
    child_id: UUID = Field(description="Child whose record was merged.")
    merged_into: UUID = Field(description="Child whose record stays.")
    state: Literal["asked", "merged", "undone"] = Field(
        description="`asked`: a second person must send the same request.",
        json_schema_extra={"x-closed": True},
    )
    reason: str = Field(description="Why they are one pupil.")
    asked_by: PersonOut = Field(description="Person who requested it.")
    asked_at: datetime = Field(description="When it was requested.")
    approved_by: PersonOut | None = Field(description="Person who approved it; null until then.")
    merged_at: datetime | None = Field(description="When they were merged; null until then.")
    undone_by: PersonOut | None = Field(description="Person who undid it; null: nobody.")
    undone_at: datetime | None = Field(description="When it was undone; null: it was not.")
    undo_reason: str | None = Field(description="Why it was undone; null: it was not.")
    moved: list[MovedOut] = Field(
        description="Number of records moved, by type. Empty if you do not read class K5."
    )
    not_restored: list[NotRestoredOut] = Field(
        description="Records that undoing left changed. Empty if not undone, or if you do not read "
        "class K5."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


DuplicateReasons: Any = words("DuplicateReasons", {"number", "name", "date_of_birth", "address"})


class PossibleDuplicateOut(ChildFactsOut):
    """A child who may be the same pupil. Name or date of birth alone never decides."""

    reason_codes: list[DuplicateReasons] = Field(description="Why they may be the same pupil.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
