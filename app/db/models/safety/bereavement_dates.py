"""Days that may be hard after a death."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class BereavementDate(SchoolRow):
    """A day that may be hard, with the days around it in which somebody looks quietly."""

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
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("owner_id", "staff"),
        CheckConstraint("days_before between 0 and 60", name="before"),
        CheckConstraint("days_after between 0 and 60", name="after"),
        Index("ix_bereavement_date_case", "school_id", "case_id"),
        Index(
            "ix_bereavement_date_live", "school_id", "falls_on",
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip
