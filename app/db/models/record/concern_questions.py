"""Leads' questions to the reporters of concerns."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class ConcernQuestion(SchoolRow):
    """A lead's question to a concern's reporter, and the answer; not part of the discussion."""

    __tablename__ = "concern_question"
    __kind__ = {}
    __changes__: ClassVar[tuple[str, ...]] = ("answer", "answered_at")

    concern_id: Mapped[uuid.UUID]
    text: Mapped[str]
    asked_by: Mapped[uuid.UUID]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("staff", "asked_by"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        index(None, "concern_id"),
    )
