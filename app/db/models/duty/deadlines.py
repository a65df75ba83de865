"""The deadlines of open records, and how far their alarms have climbed."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index


class Deadline(SchoolRow):
    """A clock of one record: its rule, its start, the calendar it counts in, and its alarm.

    A record has at most one open; a new due time ends it and opens another. `rung` is how far the
    ladder has climbed, `round` how often it began, `next_at` when it climbs next. Ids, rules and
    times only.
    """

    __tablename__ = "deadline"
    __changes__: ClassVar[tuple[str, ...]] = (
        "ended_at", "ended_reason_code", "rung", "round", "next_at", "acknowledged_at",
        "acknowledged_by",
    )  # fmt: skip

    noun: Mapped[str]
    thing_id: Mapped[uuid.UUID]
    rule_id: Mapped[str]
    rule_version: Mapped[str]
    calendar: Mapped[str | None]
    """None if a person chose the time."""
    calendar_version: Mapped[int | None]
    ladder: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason_code: Mapped[str | None]
    rung: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    round: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        CheckConstraint("(ended_at is null) = (ended_reason_code is null)", name="ended"),
        CheckConstraint("ended_at is not null or next_at is not null", name="always_rings_again"),
        index("uq_deadline_open", "noun", "thing_id", where="ended_at is null"),
        index("ix_deadline_thing", "thing_id", "made_at"),
        Index(
            "ix_deadline_next", "next_at", "school_id", postgresql_where=text("ended_at is null")
        ),
    )  # fmt: skip
