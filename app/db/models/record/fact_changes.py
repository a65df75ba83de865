"""Changes of facts about a child: before, after, who changed it and why."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class FactChange(SchoolRow):
    """One change of a row that keeps its history; `number` counts those of a row.

    `before` and `after` hold the columns that changed. Written by the unit of work alone.
    """

    __tablename__ = "fact_change"

    child_id: Mapped[uuid.UUID]
    noun: Mapped[str]
    noun_id: Mapped[uuid.UUID]
    number: Mapped[int]
    work_id: Mapped[uuid.UUID]
    """Common to all changes that one work made."""
    at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID]
    actor_role: Mapped[str]
    verb: Mapped[str | None]
    """The verb in the audit log; None for a roster merge."""
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    __table_args__ = (
        *within_school("child", "child_id"),
        CheckConstraint("number >= 1", name="number"),
        index("uq_fact_change_number", "noun_id", "number"),
        index("ix_fact_change_newest", "child_id", "at desc", "id desc"),
    )
