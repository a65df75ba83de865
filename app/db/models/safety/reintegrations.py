"""Children's returns after an absence or from hospital."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped

from app.db.behind import class_of_record
from app.db.models.base import SchoolRow, Versioned, index, within_school


class Reintegration(Versioned, SchoolRow):
    """A child's return after an absence or from hospital; records hold what was agreed.

    `record_id` is its newest record. `ended_at`: the review ninety days later was done.
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
    """The adult who sees the child on the first days."""
    met_at: Mapped[datetime | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school("safety_record", "record_id"),
        *within_school("staff", "adult_id", "set_by"),
        index("ix_reintegration_child", "child_id"),
        index("ix_reintegration_concern", "concern_id"),
        index("ix_reintegration_record", "record_id"),
    )
