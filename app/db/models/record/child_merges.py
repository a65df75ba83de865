"""Two files that turned out to be of one pupil, and the rows moved from one to the other."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class ChildMerge(SchoolRow):
    """The merge of one child into another: its reason, its author, and whether it stands.

    `state`: `asked` needs a second person, `merged` stands, `undone` was undone. `details` has what
    moved rows cannot show: numbers that ended, contacts that were merged.
    """

    __tablename__ = "child_merge"
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "reason", "asked_by", "asked_at", "approved_by", "merged_at", "details",
        "undone_by", "undone_at", "undo_reason",
    )  # fmt: skip

    merged_id: Mapped[uuid.UUID]
    kept_id: Mapped[uuid.UUID]
    state: Mapped[str]
    reason: Mapped[str]
    asked_by: Mapped[uuid.UUID]
    asked_at: Mapped[datetime]
    approved_by: Mapped[uuid.UUID | None]
    merged_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    undone_by: Mapped[uuid.UUID | None]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("child", "merged_id", "kept_id"),
        *within_school("staff", "asked_by", "approved_by", "undone_by"),
        CheckConstraint("state in ('asked', 'merged', 'undone')", name="state"),
        CheckConstraint("merged_id <> kept_id", name="two_children"),
        CheckConstraint("approved_by <> asked_by", name="two_people"),
        index("uq_child_merge_live", "merged_id", where="state <> 'undone'"),
        index(None, "kept_id"),
    )  # fmt: skip


class ChildMergeRow(SchoolRow):
    """One row that a merge moved, with its hash as it was then. Immutable."""

    __tablename__ = "child_merge_row"

    merge_id: Mapped[uuid.UUID]
    tab: Mapped[str]
    col: Mapped[str]
    row_id: Mapped[uuid.UUID]
    hash: Mapped[str]

    __table_args__ = (
        *within_school("child_merge", "merge_id"),
        index("uq_child_merge_row_row", "merge_id", "tab", "col", "row_id"),
    )
