"""Requests for the files of children who changed schools."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school
from app.db.models.sharing.transfers import MAY_BE_ABOUT


class FileRequest(SchoolRow):
    """A school asks a child's former school for the file; each of the two keeps its own row."""

    __tablename__ = "file_request"
    __clocked__: ClassVar[str] = "file_request"
    __kind__ = {
        "candidates": MAY_BE_ABOUT, "label": "t.direction", "since": "t.made_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "child_id", "transfer_id", "state", "answer", "answered_by", "answered_at", "ended_at",
        "owner_id", "due_at", "due_rule", "version", "changed_at",
    )  # fmt: skip

    direction: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    other_school_id: Mapped[uuid.UUID | None]
    other: Mapped[dict[str, Any]]
    about: Mapped[dict[str, Any]]
    note: Mapped[str | None]
    counterpart_id: Mapped[uuid.UUID | None]
    transfer_id: Mapped[uuid.UUID | None]
    state: Mapped[str]
    answer: Mapped[str | None]
    made_by: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime]
    answered_by: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("transfer_id", "transfer"),
        within_school("made_by", "staff"),
        within_school("answered_by", "staff"),
        within_school("owner_id", "staff"),
        CheckConstraint("direction in ('made', 'received')", name="direction"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        Index(
            "uq_file_request_counterpart", "school_id", "counterpart_id", unique=True,
            postgresql_where=sql("counterpart_id is not null"),
        ),
        Index("ix_file_request_newest", "school_id", sql("made_at desc"), sql("id desc")),
    )  # fmt: skip
