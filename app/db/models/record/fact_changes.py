"""How facts about a child changed: what was so before, what since, who changed it and why."""

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
        *within_school("child", "child_id"),
        CheckConstraint("number >= 1", name="number"),
        index("uq_fact_change_number", "noun_id", "number"),
        index("ix_fact_change_newest", "child_id", "at desc", "id desc"),
    )
