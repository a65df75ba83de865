"""Files of people who died: what stood in them stays as it was."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, within_school


class FrozenFile(SchoolRow):
    """The file of somebody who died: what stood in it stays as it was, and is held in law.

    Only two people undo it, where the confirmation was a mistake.
    """

    __tablename__ = "frozen_file"
    __changes__: ClassVar[tuple[str, ...]] = ("undone_at", "undone_by", "reason")

    child_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID]
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[uuid.UUID]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("case_id", "bereavement_case"),
        within_school("frozen_by", "staff"),
        within_school("undone_by", "staff"),
        CheckConstraint(
            "num_nonnulls(undone_at, undone_by, reason) in (0, 3)", name="undone"
        ),
        Index(
            "uq_frozen_file_child", "school_id", "child_id", unique=True,
            postgresql_where=text("undone_at is null"),
        ),
    )  # fmt: skip
