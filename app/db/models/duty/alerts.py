"""Notices to people, without content."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school

STANDING = "acknowledged_at is null and ended_at is null"
"""What its reader has still to see: one alert of a kind about one matter."""


class Alert(SchoolRow):
    """One notice to one person for one reason; it carries no content."""

    __tablename__ = "alert"
    __changes__: ClassVar[tuple[str, ...]] = (
        "acknowledged_at", "sent_at", "version", "deadline_id", "round", "rung", "rung_at",
        "counts", "urgent", "matter_id", "mail", "times", "ended_at", "ended_by",
        "ended_reason_code",
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
    matter_id: Mapped[uuid.UUID | None]
    """What ends it, and what else is told in it: compared, and never shown."""
    mail: Mapped[str] = mapped_column(server_default=sql("'digest'"))
    """Whether a message is sent at once, gathered into the next digest, or never."""
    times: Mapped[int] = mapped_column(server_default=sql("1"))
    """How much was told in it while it stood."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    """Who did what it asked for; null where Cairn itself or a program did."""
    ended_reason_code: Mapped[str | None]
    """The act as the trail names it, or why its clock or round was over."""
    version: Mapped[int] = mapped_column(server_default=sql("1"))

    __table_args__ = (
        within_school("recipient_id", "staff"),
        within_school("concern_id", "concern"),
        within_school("action_id", "action"),
        CheckConstraint("mail in ('at_once', 'digest', 'never')", name="mail"),
        Index(
            "uq_alert_standing", "school_id", "recipient_id", "kind", "matter_id", "about_id",
            unique=True, postgresql_nulls_not_distinct=True, postgresql_where=sql(STANDING),
        ),
        Index(
            "ix_alert_gathered", "school_id",
            postgresql_where=sql(f"mail = 'digest' and sent_at is null and {STANDING}"),
        ),
        Index(
            "ix_alert_matter", "school_id", "matter_id",
            postgresql_where=sql("ended_at is null"),
        ),
        Index(
            "ix_alert_deadline", "school_id", "deadline_id",
            postgresql_where=sql("deadline_id is not null"),
        ),
        Index(
            "ix_alert_unsent", "school_id", "concern_id",
            postgresql_where=sql("sent_at is null"),
        ),
        Index(
            "ix_alert_unacknowledged", "school_id", "recipient_id", "created_at", "id",
            postgresql_where=sql(STANDING),
        ),
        Index(
            "ix_alert_action", "school_id", "action_id",
            postgresql_where=sql("action_id is not null"),
        ),
        Index(
            "ix_alert_tray", "school_id", "recipient_id", sql("created_at desc"), sql("id desc"),
        ),
    )  # fmt: skip
