"""The staff of a school."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, Versioned, index, within_school


class Staff(Versioned, SchoolRow):
    """A person who works in this organisation; `id` is their account's id.

    Until `accepted_at` their roles here open nothing: nobody is signed up without consent.
    """

    __tablename__ = "staff"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "job_title", "email", "phone", "source", "source_id", "version", "changed_at",
        "accepted_at", "declined_at", "suspended_at", "removed_at", "new_email", "new_phone",
        "reach_changed_at",
    )  # fmt: skip

    name: Mapped[str]
    job_title: Mapped[str | None]
    email: Mapped[str]
    phone: Mapped[str | None]
    source: Mapped[str | None]
    source_id: Mapped[str | None]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    new_email: Mapped[str | None]
    """An address from others that the person has not confirmed: alerts go to both."""
    new_phone: Mapped[str | None]
    """A number from others, likewise; empty if they removed it."""
    reach_changed_at: Mapped[datetime | None]
    """When others last changed the person's address or number; empty once they answered."""

    __table_args__ = (
        index("uq_staff_source", "source", "source_id", where="source_id is not null"),
        Index("ix_staff_account", "id"),
    )  # fmt: skip


class StaffName(SchoolRow):
    """A name that a person had here until a moment; written once, so that no author is renamed."""

    __tablename__ = "staff_name"

    staff_id: Mapped[uuid.UUID]
    name: Mapped[str]
    until: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "staff_id"),
        index(None, "staff_id", "until"),
    )
