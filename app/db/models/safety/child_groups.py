"""Children who belong together, as a person confirmed."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class ChildGroup(SchoolRow):
    """Something that children have in common: it says nothing until a person has confirmed it."""

    __tablename__ = "child_group"
    __changes__: ClassVar[tuple[str, ...]] = (
        "confirmed_by", "confirmed_at", "ended_by", "ended_at", "end_reason", "version",
        "changed_at",
    )  # fmt: skip

    kind: Mapped[str]
    label: Mapped[str | None]
    heard_from: Mapped[str | None]
    source: Mapped[str]
    stated_by: Mapped[uuid.UUID]
    stated_at: Mapped[datetime]
    confirmed_by: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("stated_by", "staff"),
        within_school("confirmed_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
        CheckConstraint("(ended_by is null) = (ended_at is null)", name="ended"),
        CheckConstraint("(end_reason is null) = (ended_at is null)", name="end_reason"),
        Index("ix_child_group_newest", "school_id", text("stated_at desc"), text("id desc")),
        Index(
            "ix_child_group_running", "school_id", text("stated_at desc"), text("id desc"),
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip


class ChildGroupMember(SchoolRow):
    """A child in a child group; `id` is the group's. Never changed: make another group."""

    __tablename__ = "child_group_member"

    child_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]

    __table_args__ = (
        within_school("id", "child_group"),
        within_school("child_id", "child"),
        within_school("added_by", "staff"),
        Index(None, "school_id", "child_id", "id"),
    )
