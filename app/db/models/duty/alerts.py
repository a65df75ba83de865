"""Notices to people, without content."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school

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
    """The school it is about, in the inbox of a trust."""
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
        *within_school("staff", "recipient_id"),
        *within_school("concern", "concern_id"),
        *within_school("action", "action_id"),
        CheckConstraint("mail in ('at_once', 'digest', 'never')", name="mail"),
        index(
            "uq_alert_standing", "recipient_id", "kind", "matter_id", "about_id",
            postgresql_nulls_not_distinct=True, where=STANDING,
        ),
        index("ix_alert_gathered", where=f"mail = 'digest' and sent_at is null and {STANDING}"),
        index("ix_alert_matter", "matter_id", where="ended_at is null"),
        index("ix_alert_deadline", "deadline_id", where="deadline_id is not null"),
        index("ix_alert_unsent", "concern_id", where="sent_at is null"),
        index("ix_alert_unacknowledged", "recipient_id", "created_at", "id", where=STANDING),
        index("ix_alert_action", "action_id", where="action_id is not null"),
        index("ix_alert_inbox", "recipient_id", "created_at desc", "id desc"),
    )  # fmt: skip
