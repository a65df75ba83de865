"""Children who come back after an absence or from hospital."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.behind import class_of_record
from app.db.models.base import SchoolRow, within_school


class Reintegration(SchoolRow):
    """A child's coming back after an absence or from hospital; what is agreed is in records.

    `record_id` is the newest record of it. `ended_at`: the look ninety days after was taken.
    """

    __tablename__ = "reintegration"
    __kind__ = {"own_class": class_of_record("t.record_id")}
    __changes__: ClassVar[tuple[str, ...]] = (
        "record_id", "expected_on", "returned_on", "met_at", "ended_at", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    record_id: Mapped[uuid.UUID]
    expected_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    adult_id: Mapped[uuid.UUID | None]
    """Who sees the child on the first days."""
    met_at: Mapped[datetime | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        within_school("record_id", "safety_record"),
        within_school("adult_id", "staff"),
        within_school("set_by", "staff"),
        Index("ix_reintegration_child", "school_id", "child_id"),
        Index("ix_reintegration_concern", "school_id", "concern_id"),
        Index("ix_reintegration_record", "school_id", "record_id"),
    )
