"""Children as named by reporters, until a lead identifies them."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, within_school


class UnmatchedChild(SchoolRow):
    """A child as named by a reporter, until a lead identifies them; `id` is the concern's."""

    __tablename__ = "unmatched_child"
    __changes__: ClassVar[tuple[str, ...]] = ("matched_at", "matched_by")

    told: Mapped[dict[str, Any]]
    marks: Mapped[list[dict[str, Any]]]
    """Marks on the body map, kept here until the child is identified."""
    matched_at: Mapped[datetime | None]
    matched_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        *within_school("concern", "id"),
        *within_school("staff", "matched_by"),
        CheckConstraint("(matched_at is null) = (matched_by is null)", name="matched"),
    )
