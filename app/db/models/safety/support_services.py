"""Support numbers and services that a school shows, and its authority's first contacts."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class SupportService(Ended, Versioned, SchoolRow):
    """A school's own service, or a national one (`national`) that the school has checked.

    `content` is the text shown; `checked_by` checked it on `checked_on`.
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
    added_at: Mapped[datetime]
    end_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("staff", "checked_by", "ended_by"),
        CheckConstraint("check_by >= checked_on", name="check_by"),
        CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended"),
        index(
            "uq_support_service_national", "national",
            where="national is not null and ended_at is null",
        ),
        index("ix_support_service_check_by", "check_by", where="ended_at is null"),
    )  # fmt: skip


class AuthorityContacts(Versioned, SchoolRow):
    """A local authority's contacts: which to call first, which not yet, and their numbers."""

    __tablename__ = "authority_contacts"
    __changes__: ClassVar[tuple[str, ...]] = (
        "content", "checked_on", "check_by", "checked_by", "version", "changed_at",
    )  # fmt: skip

    authority: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    checked_on: Mapped[date]
    check_by: Mapped[date]
    checked_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "checked_by"),
        CheckConstraint("check_by >= checked_on", name="check_by"),
        UniqueConstraint("school_id", "authority"),
        index("ix_authority_contacts_check_by", "check_by"),
    )
