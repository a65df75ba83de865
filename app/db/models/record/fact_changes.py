"""How facts about a child changed: what was so before, what since, who changed it and why."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, within_school


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
    """The same of all changes that were made in one work."""
    at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID]
    actor_role: Mapped[str]
    verb: Mapped[str | None]
    """What was done, in the words of the audit log; None where a roster was merged."""
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    __table_args__ = (
        within_school("child_id", "child"),
        CheckConstraint("number >= 1", name="number"),
        Index("uq_fact_change_number", "school_id", "noun_id", "number", unique=True),
        Index("ix_fact_change_newest", "school_id", "child_id", text("at desc"), text("id desc")),
    )
