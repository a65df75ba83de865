"""Actions about a concern, each one person's."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class Action(Ended, Versioned, SchoolRow):
    """An action that one named person has to do by a time."""

    __tablename__ = "action"
    __clocked__: ClassVar[str] = "action"
    __kind__ = {"open_when": "t.state = 'open'", "reference": "c.reference"}
    __entry__ = {
        "often": True, "state": "t.state", "summary": "t.what", "reason": "t.reason",
        "outcome": "t.outcome",
    }  # fmt: skip
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
    """When its owner is reminded; by rule if nobody chose a time."""
    state: Mapped[str]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("meeting", "meeting_id"),
        *within_school("staff", "owner_id", "set_by", "ended_by"),
        CheckConstraint("state in ('open', 'done', 'dropped')", name="state"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        index(None, "concern_id"),
        index("ix_action_meeting", "meeting_id", where="meeting_id is not null"),
        index("ix_action_owner_open", "owner_id", "due_at", "id", where="state = 'open'"),
        index("ix_action_open", "due_at", "id", where="state = 'open'"),
        index("ix_action_set_by", "set_by", "due_at", "id", where="state = 'open'"),
    )  # fmt: skip
