"""Support plans."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.behind import class_of_record, of_support_plan
from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class SupportPlan(Ended, Versioned, SchoolRow):
    """A child's present plan; the safety record that it names has the agreement.

    Only the fields for making check-ins are here.
    """

    __tablename__ = "support_plan"
    __kind__ = {
        "concern": of_support_plan("t"), "joined": True,
        "own_class": class_of_record("t.record_id"),
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "record_id", "adult_id", "cover_id", "place", "windows", "cadence", "began_on",
        "holiday_arrangement", "review_due_at", "ended_at", "ended_by", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    record_id: Mapped[uuid.UUID]
    adult_id: Mapped[uuid.UUID]
    cover_id: Mapped[uuid.UUID]
    place: Mapped[str | None]
    windows: Mapped[list[dict[str, Any]]]
    """Local times of day when a check-in may be, as `from` and `to`."""
    cadence: Mapped[list[dict[str, Any]]]
    began_on: Mapped[date]
    holiday_arrangement: Mapped[str | None]
    review_due_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[uuid.UUID]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("safety_record", "record_id"),
        *within_school("staff", "adult_id", "cover_id", "made_by", "ended_by"),
        CheckConstraint("adult_id <> cover_id", name="two_people"),
        index("uq_support_plan_child", "child_id", where="ended_at is null"),
    )  # fmt: skip
