"""Calendars of schools, the clocks of open records, and drills of the ladder."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class SchoolCalendarVersion(SchoolRow):
    """A school's calendar as it was from a moment on; the highest number holds. Immutable."""

    __tablename__ = "school_calendar"

    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]

    __table_args__ = (Index("uq_school_calendar_number", "school_id", "number", unique=True),)


class Deadline(SchoolRow):
    """A clock of one record: which rule, counted since when in which calendar, and its alarm.

    At most one is open for a record; a new due time ends it and opens another. `rung` is how far
    the ladder has climbed, `round` how often it began, `next_at` when it climbs next. Ids, rules
    and times only.
    """

    __tablename__ = "deadline"
    __changes__: ClassVar[tuple[str, ...]] = (
        "ended_at", "ended_because", "rung", "round", "next_at", "acknowledged_at",
        "acknowledged_by",
    )  # fmt: skip

    noun: Mapped[str]
    thing_id: Mapped[uuid.UUID]
    rule_id: Mapped[str]
    rule_version: Mapped[str]
    calendar: Mapped[str | None]
    """None where a person chose the time."""
    calendar_version: Mapped[int | None]
    ladder: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    rung: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    round: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        CheckConstraint("(ended_at is null) = (ended_because is null)", name="ended"),
        CheckConstraint("ended_at is not null or next_at is not null", name="always_rings_again"),
        Index(
            "uq_deadline_open", "school_id", "noun", "thing_id", unique=True,
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_deadline_thing", "school_id", "thing_id", "made_at"),
        Index(
            "ix_deadline_next", "next_at", "school_id", postgresql_where=text("ended_at is null")
        ),
    )  # fmt: skip


class Drill(SchoolRow):
    """A test of the ladder: it rings like a missed due time, and says that it is a drill."""

    __tablename__ = "drill"
    __changes__: ClassVar[tuple[str, ...]] = (
        "owner_id", "due_at", "ended_at", "ended_because", "version",
    )  # fmt: skip
    __clocked__: ClassVar[str] = "drill"
    __kind__ = {"label": "t.ladder", "since": "t.started_at"}

    ladder: Mapped[str]
    note: Mapped[str | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    started_by: Mapped[uuid.UUID]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("owner_id", "staff"),
        within_school("started_by", "staff"),
        Index("ix_drill_newest", "school_id", text("started_at desc"), text("id desc")),
    )
