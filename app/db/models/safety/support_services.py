"""Numbers and services that a school shows, and what its authority wants to be called first."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class SupportService(SchoolRow):
    """One of the school's own, or a national one (`national`) that the school has checked itself.

    `content` is what is shown; `checked_by` looked it up on `checked_on`.
    """

    __tablename__ = "support_service"
    __changes__: ClassVar[tuple[str, ...]] = (
        "content", "checked_on", "check_by", "checked_by", "version", "changed_at", "ended_at",
        "ended_by", "end_reason",
    )  # fmt: skip

    national: Mapped[str | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    checked_on: Mapped[date]
    check_by: Mapped[date]
    checked_by: Mapped[uuid.UUID]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    added_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    end_reason: Mapped[str | None]

    __table_args__ = (
        within_school("checked_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("check_by >= checked_on", name="check_by"),
        CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended"),
        Index(
            "uq_support_service_national", "school_id", "national", unique=True,
            postgresql_where=text("national is not null and ended_at is null"),
        ),
        Index(
            "ix_support_service_check_by", "school_id", "check_by",
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip


class AuthorityContacts(SchoolRow):
    """Who a local authority wants to be called first, who not yet, and its numbers."""

    __tablename__ = "authority_contacts"
    __changes__: ClassVar[tuple[str, ...]] = (
        "content", "checked_on", "check_by", "checked_by", "version", "changed_at",
    )  # fmt: skip

    authority: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    checked_on: Mapped[date]
    check_by: Mapped[date]
    checked_by: Mapped[uuid.UUID]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    added_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("checked_by", "staff"),
        CheckConstraint("check_by >= checked_on", name="check_by"),
        UniqueConstraint("school_id", "authority"),
        Index("ix_authority_contacts_check_by", "school_id", "check_by"),
    )
