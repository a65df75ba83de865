"""Corrections of a concern's child, time or place."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class ConcernCorrection(SchoolRow):
    """A corrected fact of a concern, before and after, with the reason. Immutable.

    `was` and `became` hold moment, precision and place, as far as they were corrected.
    """

    __tablename__ = "concern_correction"

    concern_id: Mapped[uuid.UUID]
    former_child_id: Mapped[uuid.UUID | None]
    child_id: Mapped[uuid.UUID | None]
    was: Mapped[dict[str, Any]]
    became: Mapped[dict[str, Any]]
    reason: Mapped[str]
    by_id: Mapped[uuid.UUID]
    by_role: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("child", "former_child_id", "child_id"),
        *within_school("staff", "by_id"),
        CheckConstraint("(former_child_id is null) = (child_id is null)", name="child"),
        index(None, "concern_id"),
        index(None, "former_child_id"),
    )
