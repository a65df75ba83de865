"""Requests for the files of children who changed schools."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, Versioned, index, within_school
from app.db.models.sharing.transfers import MAY_BE_ABOUT


class FileRequest(Versioned, SchoolRow):
    """A school's request for a child's file from the former school; each keeps its own row."""

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

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("transfer", "transfer_id"),
        *within_school("staff", "made_by", "answered_by", "owner_id"),
        CheckConstraint("direction in ('made', 'received')", name="direction"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        index("uq_file_request_counterpart", "counterpart_id", where="counterpart_id is not null"),
        index("ix_file_request_newest", "made_at desc", "id desc"),
    )  # fmt: skip
