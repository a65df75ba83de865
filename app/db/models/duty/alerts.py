"""Notices to people, without content."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school

STANDING = "acknowledged_at is null and ended_at is null"
"""An alert that its reader has still to see: one of each kind about a matter."""


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
    """Number of items of each kind, if it is not about a single record."""
    deadline_id: Mapped[uuid.UUID | None]
    """The missed due time behind an alert of the ladder."""
    round: Mapped[int | None]
    rung: Mapped[int | None]
    rung_at: Mapped[datetime | None]
    """When it last rang: a standing alert rings again and is never doubled."""
    about_id: Mapped[uuid.UUID | None]
    """The school it is about, in a trust's inbox."""
    noun: Mapped[str | None]
    """The record's noun, if nothing is overdue yet; the ladder's alerts name a clock."""
    thing_id: Mapped[uuid.UUID | None]
    matter_id: Mapped[uuid.UUID | None]
    """The matter that ends it and that later alerts join; only compared, never shown."""
    mail: Mapped[str] = mapped_column(server_default=sql("'digest'"))
    """Whether the email goes at once, in the next digest, or never."""
    times: Mapped[int] = mapped_column(server_default=sql("1"))
    """How many alerts it counts."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    """The person whose act ended it; null for Cairn itself or a program."""
    ended_reason_code: Mapped[str | None]
    """The act as the trail names it, or why its clock or round ended."""
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
