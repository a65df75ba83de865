"""Drills of the ladder."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class Drill(SchoolRow):
    """A test of the ladder: it rings like a missed due time and says that it is a drill."""

    __tablename__ = "drill"
    __changes__: ClassVar[tuple[str, ...]] = (
        "owner_id", "due_at", "ended_at", "ended_reason_code", "version",
    )  # fmt: skip
    __clocked__: ClassVar[str] = "drill"
    __kind__ = {"label": "t.ladder", "since": "t.started_at"}

    ladder: Mapped[str]
    reason: Mapped[str | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    started_by: Mapped[uuid.UUID]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason_code: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "owner_id", "started_by"),
        index("ix_drill_newest", "started_at desc", "id desc"),
    )
