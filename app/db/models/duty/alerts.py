"""Notices to people, without content."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Alert(SchoolRow):
    """One notice to one person for one reason; it carries no content."""

    __tablename__ = "alert"
    __changes__: ClassVar[tuple[str, ...]] = (
        "acknowledged_at", "sent_at", "version", "deadline_id", "rung", "rung_at",
        "counts",
    )  # fmt: skip

    recipient_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    urgent: Mapped[bool]
    concern_id: Mapped[uuid.UUID | None]
    action_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any] | None]
    """How much of each kind it speaks of, where it is about no single record."""
    deadline_id: Mapped[uuid.UUID | None]
    """The missed due time that rings, for alerts of the ladder."""
    round: Mapped[int | None]
    rung: Mapped[int | None]
    rung_at: Mapped[datetime | None]
    """When it rang last: an alert that stands is rung again, never doubled."""
    about_id: Mapped[uuid.UUID | None]
    """The school it is about, in the tray of a trust."""
    noun: Mapped[str | None]
    """What it is about, where nothing is overdue yet; the ladder's alerts name a clock."""
    thing_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))

    __table_args__ = (
        within_school("recipient_id", "staff"),
        within_school("concern_id", "concern"),
        within_school("action_id", "action"),
        Index(
            "uq_alert_concern", "school_id", "concern_id", "kind", "recipient_id",
            unique=True, postgresql_where=sql("kind = 'concern_raised'"),
        ),
        Index(
            "uq_alert_ladder", "school_id", "deadline_id", "round", "recipient_id",
            unique=True, postgresql_where=sql("deadline_id is not null"),
        ),
        Index(
            "ix_alert_unsent", "school_id", "concern_id",
            postgresql_where=sql("sent_at is null"),
        ),
        Index(
            "ix_alert_unacknowledged", "school_id", "recipient_id", "created_at", "id",
            postgresql_where=sql("acknowledged_at is null"),
        ),
        Index(
            "ix_alert_action", "school_id", "action_id",
            postgresql_where=sql("action_id is not null"),
        ),
        Index(
            "ix_alert_tray", "school_id", "recipient_id", sql("created_at desc"), sql("id desc"),
        ),
    )  # fmt: skip
