"""Attendance marks of children on the support list."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class AttendanceMark(SchoolRow):
    """One session's mark of a child on the support list; Cairn keeps none of other children."""

    __tablename__ = "attendance_mark"
    __changes__: ClassVar[tuple[str, ...]] = ("mark", "explained", "marked_at", "received_at")

    child_id: Mapped[uuid.UUID]
    day: Mapped[date]
    session: Mapped[str]
    mark: Mapped[str]
    explained: Mapped[bool]
    marked_at: Mapped[datetime]
    received_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        index("uq_attendance_mark_session", "child_id", "day", "session"),
    )
