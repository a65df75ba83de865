"""Who is away, and who stands in."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, index, within_school


class Cover(Ended, SchoolRow):
    """A person with a safeguarding role is away, from a day until their first day back."""

    __tablename__ = "cover"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "version")

    away_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    uncovered_reason: Mapped[str | None]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "away_id"),
        CheckConstraint("valid_to > valid_from", name="interval"),
        index(None, "valid_to", "id"),
    )


class CoverPerson(SchoolRow):
    """A stand-in; `membership_id` is a role given to them for exactly that time."""

    __tablename__ = "cover_person"

    cover_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID | None]
    position: Mapped[int]

    __table_args__ = (
        *within_school("cover", "cover_id"),
        *within_school("staff", "staff_id"),
        *within_school("membership", "membership_id"),
        index("uq_cover_person", "cover_id", "staff_id"),
    )
