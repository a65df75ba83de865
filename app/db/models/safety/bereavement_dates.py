"""Days that may be hard after a death."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school


class BereavementDate(Versioned, SchoolRow):
    """A day that may be hard, and the days around it when somebody quietly checks on people."""

    __tablename__ = "bereavement_date"
    __changes__: ClassVar[tuple[str, ...]] = (
        "falls_on", "yearly", "owner_id", "days_before", "days_after", "ended_at", "version",
        "changed_at",
    )  # fmt: skip

    case_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    falls_on: Mapped[date]
    yearly: Mapped[bool]
    owner_id: Mapped[uuid.UUID]
    days_before: Mapped[int] = mapped_column(SmallInteger)
    days_after: Mapped[int] = mapped_column(SmallInteger)
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("bereavement_case", "case_id"),
        *within_school("staff", "owner_id"),
        CheckConstraint("days_before between 0 and 60", name="before"),
        CheckConstraint("days_after between 0 and 60", name="after"),
        index("ix_bereavement_date_case", "case_id"),
        index("ix_bereavement_date_live", "falls_on", where="ended_at is null"),
    )  # fmt: skip
