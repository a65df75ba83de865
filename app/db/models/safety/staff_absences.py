"""Who of the staff is not at school."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class StaffAway(SchoolRow):
    """Days on which somebody is not at school; why is nobody's business here."""

    __tablename__ = "staff_away"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "version")

    staff_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """The first day back."""
    said_by: Mapped[uuid.UUID]
    said_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("staff_id", "staff"),
        within_school("said_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("valid_from < valid_to", name="days"),
        Index("ix_staff_away_days", "school_id", "valid_to"),
    )
