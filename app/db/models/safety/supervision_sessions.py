"""Notes of supervision sessions."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class SupervisionSession(SchoolRow):
    """A lead's and their supervisor's notes of a session, for the two of them only. Immutable.

    It is about the lead's practice. It refers to children and concerns, but belongs to no file.
    """

    __tablename__ = "supervision_session"

    supervisee_id: Mapped[uuid.UUID]
    supervisor_id: Mapped[uuid.UUID]
    held_on: Mapped[date]
    note: Mapped[str]
    children_named: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID))
    concerns_named: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID))
    agreed: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The agreed actions: words, and the task for their owner."""
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "supervisee_id", "supervisor_id", "set_by"),
        CheckConstraint("supervisee_id <> supervisor_id", name="two"),
        CheckConstraint("set_by in (supervisee_id, supervisor_id)", name="by_one_of_them"),
        index("ix_supervision_session_supervisee", "supervisee_id"),
        index("ix_supervision_session_supervisor", "supervisor_id"),
    )
