"""Who is away, and who stands in."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Cover(SchoolRow):
    """Somebody with a safeguarding role is away, from a day until the first day back."""

    __tablename__ = "cover"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "version")

    away_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    uncovered_reason: Mapped[str | None]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("away_id", "staff"),
        CheckConstraint("valid_to > valid_from", name="interval"),
        Index(None, "school_id", "valid_to", "id"),
    )


class CoverPerson(SchoolRow):
    """Who stands in; `membership_id` is the role they were given for exactly that time."""

    __tablename__ = "cover_person"

    cover_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID | None]
    position: Mapped[int]

    __table_args__ = (
        within_school("cover_id", "cover"),
        within_school("staff_id", "staff"),
        within_school("membership_id", "membership"),
        Index("uq_cover_person", "school_id", "cover_id", "staff_id", unique=True),
    )
