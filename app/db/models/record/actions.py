"""What one person does about a concern."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Action(SchoolRow):
    """Something one named person has to do by a time."""

    __tablename__ = "action"
    __clocked__: ClassVar[str] = "action"
    __kind__ = {"open_when": "t.state = 'open'", "reference": "c.reference"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "owner_id", "due_at", "state", "outcome", "reason", "ended_by", "ended_at", "version",
        "changed_at", "remind_at",
    )  # fmt: skip

    concern_id: Mapped[uuid.UUID]
    meeting_id: Mapped[uuid.UUID | None]
    """The meeting that set it."""
    what: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    """When its owner is reminded; by rule where nobody chose a time."""
    state: Mapped[str]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]
    ended_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("meeting_id", "meeting"),
        within_school("owner_id", "staff"),
        within_school("set_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("state in ('open', 'done', 'dropped')", name="state"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        Index(None, "school_id", "concern_id"),
        Index(
            "ix_action_meeting", "school_id", "meeting_id",
            postgresql_where=sql("meeting_id is not null"),
        ),
        Index(
            "ix_action_owner_open", "school_id", "owner_id", "due_at", "id",
            postgresql_where=sql("state = 'open'"),
        ),
        Index(
            "ix_action_open", "school_id", "due_at", "id", postgresql_where=sql("state = 'open'")
        ),
        Index(
            "ix_action_set_by", "school_id", "set_by", "due_at", "id",
            postgresql_where=sql("state = 'open'"),
        ),
    )  # fmt: skip
