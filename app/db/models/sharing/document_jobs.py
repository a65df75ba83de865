"""Jobs that make documents, and their progress."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class DocumentJob(SchoolRow):
    """A requested document; `key` is where its PDF is kept until it is swept."""

    __tablename__ = "document_job"
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "problems", "ended_at", "key", "sha256", "size", "swept_at", "version",
    )  # fmt: skip

    kind: Mapped[str]
    child_id: Mapped[uuid.UUID]
    asked: Mapped[dict[str, Any]]
    asked_by: Mapped[uuid.UUID]
    asked_role: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=text("'asked'"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    ended_at: Mapped[datetime | None]
    key: Mapped[str | None]
    sha256: Mapped[str | None]
    size: Mapped[int | None]
    swept_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "asked_by"),
        CheckConstraint("kind in ('chronology')", name="kind"),
        CheckConstraint("state in ('asked', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("(ended_at is null) = (state = 'asked')", name="ended"),
        CheckConstraint("state <> 'done' or key is not null", name="done"),
        index("ix_document_job_kept", "ended_at", where="state = 'done' and swept_at is null"),
    )


class DocumentProgress(SchoolRow):
    """The progress of a job, under its id; `total` is unknown until everything is gathered."""

    __tablename__ = "document_progress"
    __changes__: ClassVar[tuple[str, ...]] = ("done", "total", "at")

    done: Mapped[int]
    total: Mapped[int | None]
    at: Mapped[datetime]

    __table_args__ = (*within_school("document_job", "id"),)
