"""Imports of what another system kept: each file, its plan, its problems, and who is who in it."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class PastImport(SchoolRow):
    """One file of past entries and what became of it. Its entries name it for as long as they are.

    `plan_only` was sent to be looked at: it is planned like any other and cannot be approved.
    """

    __tablename__ = "past_import"
    __changes__: ClassVar[tuple[str, ...]] = (
        "confidentiality", "categories", "state", "because", "done", "total", "counts",
        "highest_class", "approved_by", "approved_at", "reason", "undone_by", "undone_at",
        "undo_reason", "finished_at", "version", "changed_at",
    )  # fmt: skip

    kind: Mapped[str]
    source_system: Mapped[str]
    """The installation, such as `cpoms:hilltop`: numbers repeat between installations."""
    file_name: Mapped[str]
    key: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    plan_only: Mapped[bool]
    confidentiality: Mapped[str]
    """The lowest class that an entry of it has."""
    categories: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    state: Mapped[str]
    because: Mapped[str | None]
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    highest_class: Mapped[str | None]
    started_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    approved_by: Mapped[uuid.UUID | None]
    approved_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    undone_by: Mapped[uuid.UUID | None]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("approved_by", "staff"),
        within_school("undone_by", "staff"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("highest_class ~ '^K[2-5]$'", name="highest_class"),
        Index("ix_past_import_newest", "school_id", text("created_at desc"), text("id desc")),
    )


class PastProblem(SchoolRow):
    """One fault in a file, by line; it never repeats what the cell said."""

    __tablename__ = "past_problem"
    __deletable__: ClassVar[bool] = True

    import_id: Mapped[uuid.UUID]
    position: Mapped[int]
    line: Mapped[int]
    column: Mapped[str | None]
    code: Mapped[str]

    __table_args__ = (
        within_school("import_id", "past_import"),
        Index("ix_past_problem_position", "school_id", "import_id", "position"),
    )


class PastRow(SchoolRow):
    """One row of a plan, until its import ends. What concerns staff is never kept here.

    `content` is None where nothing can come of the row.
    """

    __tablename__ = "past_row"
    __changes__: ClassVar[tuple[str, ...]] = ("fate", "codes", "applied")
    __deletable__: ClassVar[bool] = True

    import_id: Mapped[uuid.UUID]
    position: Mapped[int]
    line: Mapped[int]
    source_id: Mapped[str]
    sha256: Mapped[str]
    fate: Mapped[str]
    codes: Mapped[list[str]]
    confidentiality: Mapped[str]
    is_open: Mapped[bool]
    children: Mapped[list[dict[str, Any]]]
    """Of each child its role, and its id or None."""
    unmatched: Mapped[list[str]]
    """References of which nobody knows yet which child they mean."""
    content: Mapped[dict[str, Any] | None]
    cells: Mapped[dict[str, Any]] = mapped_column(JSONB)
    applied: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        within_school("import_id", "past_import"),
        Index("uq_past_row_position", "school_id", "import_id", "position", unique=True),
        Index("ix_past_row_source", "school_id", "import_id", "source_id"),
    )


class PastChild(SchoolRow):
    """Which child a reference of another system means, once a person has said so."""

    __tablename__ = "past_child"
    __changes__: ClassVar[tuple[str, ...]] = ("child_id", "decided_by", "decided_at")

    source_system: Mapped[str]
    reference: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("decided_by", "staff"),
        CheckConstraint("(child_id is null) = (decided_by is null)", name="decided"),
        Index(
            "uq_past_child_reference", "school_id", "source_system", "reference", unique=True
        ),
    )  # fmt: skip
