"""Columns shared by every import file, and by every report of its problems."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned


class FileImport(Versioned, SchoolRow):
    """One imported file and its progress. `plan_only`: sent for a preview only."""

    __abstract__ = True
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "because", "done", "total", "counts", "ended_at", "version", "changed_at",
    )  # fmt: skip

    file_name: Mapped[str]
    plan_only: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[str]
    because: Mapped[str | None]
    """The code for why it is held, was refused or failed."""
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    started_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def details(self) -> dict[str, str]:
        """Details for the audit log when the file arrives."""
        return {}


class FileProblem(SchoolRow):
    """One fault in a file, by line; it never repeats what the cell said."""

    __abstract__ = True

    import_id: Mapped[uuid.UUID]
    position: Mapped[int]
    line: Mapped[int]
    column: Mapped[str | None]
    code: Mapped[str]
