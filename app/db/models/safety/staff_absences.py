"""Absences of staff."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, index, within_school


class StaffAway(Ended, SchoolRow):
    """Days on which a member of staff is not at school, without the reason."""

    __tablename__ = "staff_away"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "version")

    staff_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """The first day back."""
    said_by: Mapped[uuid.UUID]
    said_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "staff_id", "said_by", "ended_by"),
        CheckConstraint("valid_from < valid_to", name="days"),
        index("ix_staff_away_days", "valid_to"),
    )
