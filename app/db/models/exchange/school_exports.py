"""Orders to export a whole school to a file, with their approvals and results."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school

LIVE = "'asked', 'approved', 'running', 'ready'"


class SchoolExport(Ended, Versioned, SchoolRow):
    """One order. `public_key` is the only key that the file is encrypted to; it never changes.

    `approvals` lists its approvers: `by`, `at`, and whether they read class K5.
    """

    __tablename__ = "school_export"
    __changes__: ClassVar[tuple[str, ...]] = (
        "approvals", "state", "because", "key", "sha256", "size", "expires_at",
        "ended_at", "ended_by", "end_reason", "version", "changed_at",
    )  # fmt: skip

    reason: Mapped[str]
    public_key: Mapped[dict[str, Any]]
    thumbprint: Mapped[str]
    ordered_by: Mapped[uuid.UUID]
    """A member of staff, or a service key."""
    by_key: Mapped[bool]
    ordered_at: Mapped[datetime]
    approvals: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    state: Mapped[str]
    because: Mapped[str | None]
    key: Mapped[str | None]
    sha256: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[datetime]
    """Until when it can be approved; once ready, until when it can be downloaded."""
    end_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(f"(ended_at is null) = (state in ({LIVE}))", name="ended"),
        CheckConstraint("state <> 'ready' or key is not null", name="ready"),
        index("ix_school_export_newest", "ordered_at desc", "id desc"),
    )


class SchoolExportProgress(SchoolRow):
    """The progress of an export, under its id."""

    __tablename__ = "school_export_progress"
    __changes__: ClassVar[tuple[str, ...]] = ("done", "total")

    done: Mapped[int]
    total: Mapped[int]

    __table_args__ = (*within_school("school_export", "id"),)
