"""Staff of a school and the roles they hold there, as intervals."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Staff(SchoolRow):
    """A person who works in this organisation; `id` is their account's id."""

    __tablename__ = "staff"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "job_title", "email", "phone", "source", "source_id", "version", "changed_at",
    )  # fmt: skip

    name: Mapped[str]
    job_title: Mapped[str | None]
    email: Mapped[str]
    phone: Mapped[str | None]
    source: Mapped[str | None]
    source_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "uq_staff_source", "school_id", "source", "source_id",
            unique=True, postgresql_where=text("source_id is not null"),
        ),
    )  # fmt: skip


class Membership(SchoolRow):
    """One role of one person in one organisation, from a day until a day."""

    __tablename__ = "membership"
    __changes__: ClassVar[tuple[str, ...]] = ("valid_to", "ended_by", "cohort")

    staff_id: Mapped[uuid.UUID]
    role: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    cohort: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    granted_by: Mapped[uuid.UUID | None]
    ended_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        within_school("staff_id", "staff"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="interval"),
        Index(None, "school_id", "staff_id", "role"),
        Index(None, "school_id", "role"),
        Index("ix_membership_account", "staff_id"),
    )
