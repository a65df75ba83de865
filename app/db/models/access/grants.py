"""Exceptions to what a role sees: grants and break-glass access."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, index, within_school


class AccessGrant(Ended, SchoolRow):
    """Temporary sight of one concern or one child's record: granted, or taken by breaking glass.

    Ends by itself at `valid_to`. Another person must review a break-glass: it has an owner and a
    due time from the first second.
    """

    __tablename__ = "access_grant"
    __clocked__: ClassVar[str] = "break_glass"
    __timed__: ClassVar[tuple[str, ...]] = ("due_at", "reviewed_at")
    __kind__ = {
        "among": "t.kind = 'break_glass'",
        "open_when": "t.kind = 'break_glass' and t.reviewed_at is null",
        "barred": "array[t.staff_id]", "since": "t.created_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "ended_at", "ended_by", "reviewed_at", "reviewed_by", "review_outcome", "review_note",
        "owner_id", "due_at", "version",
    )  # fmt: skip

    kind: Mapped[str]
    staff_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    child_id: Mapped[uuid.UUID | None]
    classes: Mapped[list[str]]
    reason: Mapped[str]
    granted_by: Mapped[uuid.UUID]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    created_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[uuid.UUID | None]
    review_outcome: Mapped[str | None]
    review_note: Mapped[str | None]
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "staff_id", "owner_id"),
        *within_school("concern", "concern_id"),
        *within_school("child", "child_id"),
        CheckConstraint("kind in ('grant', 'break_glass')", name="kind"),
        CheckConstraint(
            "kind = 'grant' or (owner_id is not null and due_at is not null)",
            name="never_without_owner_or_due_time",
        ),
        CheckConstraint("num_nonnulls(concern_id, child_id) = 1", name="one_record"),
        CheckConstraint("valid_to > valid_from", name="interval"),
        index(None, "staff_id", "valid_to"),
        index("ix_access_grant_list", "kind", "created_at", "id"),
        index(
            "ix_access_grant_unreviewed", "due_at", "id",
            where="kind = 'break_glass' and reviewed_at is null",
        ),
    )  # fmt: skip
