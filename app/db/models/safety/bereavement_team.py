"""The team of a case."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class BereavementMember(SchoolRow):
    """A member of a case's team, who may leave without a reason."""

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
        *within_school("bereavement_case", "case_id"),
        *within_school("staff", "staff_id", "deputy_id", "added_by"),
        CheckConstraint("deputy_id is null or deputy_id <> staff_id", name="deputy"),
        index("ix_bereavement_member_case", "case_id"),
        index("ix_bereavement_member_staff", "staff_id", where="left_at is null"),
    )  # fmt: skip
