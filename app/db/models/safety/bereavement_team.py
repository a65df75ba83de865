"""The team of a case."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class BereavementMember(SchoolRow):
    """Somebody in the team of a case; may step out without a reason."""

    __tablename__ = "bereavement_member"
    __changes__: ClassVar[tuple[str, ...]] = ("left_at", "version")

    case_id: Mapped[uuid.UUID]
    role: Mapped[str]
    staff_id: Mapped[uuid.UUID]
    deputy_id: Mapped[uuid.UUID | None]
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("staff_id", "staff"),
        within_school("deputy_id", "staff"),
        within_school("added_by", "staff"),
        CheckConstraint("deputy_id is null or deputy_id <> staff_id", name="deputy"),
        Index("ix_bereavement_member_case", "school_id", "case_id"),
        Index(
            "ix_bereavement_member_staff", "school_id", "staff_id",
            postgresql_where=text("left_at is null"),
        ),
    )  # fmt: skip
