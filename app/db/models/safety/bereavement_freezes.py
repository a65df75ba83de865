"""Files of children who died: entries made before the death do not change."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class FrozenFile(SchoolRow):
    """The file of a child who died: its earlier entries stay as they were, and are held in law.

    Only two people together undo it, if the confirmation was a mistake.
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
        *within_school("child", "child_id"),
        *within_school("bereavement_case", "case_id"),
        *within_school("staff", "frozen_by", "undone_by"),
        CheckConstraint(
            "num_nonnulls(undone_at, undone_by, reason) in (0, 3)", name="undone"
        ),
        index("uq_frozen_file_child", "child_id", where="undone_at is null"),
    )  # fmt: skip
