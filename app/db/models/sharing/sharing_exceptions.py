"""Two people's agreement to tell a contact who may not be told, for a while."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class SharingException(Ended, Versioned, SchoolRow):
    """Requested by one person and agreed by another, each with a reason; ends by itself.

    `mark` is the bar on the contact at the request: the exception covers nothing else.
    """

    __tablename__ = "sharing_exception"
    __kind__ = {}
    __changes__: ClassVar[tuple[str, ...]] = (
        "agreed_by", "agreed_at", "agreed_reason", "until", "ended_at", "ended_by", "end_reason",
        "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID]
    mark: Mapped[str]
    asked_by: Mapped[uuid.UUID]
    asked_at: Mapped[datetime]
    asked_reason: Mapped[str]
    agreed_by: Mapped[uuid.UUID | None]
    agreed_at: Mapped[datetime | None]
    agreed_reason: Mapped[str | None]
    until: Mapped[datetime]
    end_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("contact", "contact_id"),
        *within_school("staff", "asked_by", "agreed_by", "ended_by"),
        CheckConstraint("agreed_by <> asked_by", name="two_people"),
        CheckConstraint(
            "(agreed_by is null) = (agreed_at is null) "
            "and (agreed_by is null) = (agreed_reason is null)",
            name="agreed",
        ),
        CheckConstraint(
            "(ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null)",
            name="ended",
        ),
        index("ix_sharing_exception_child", "child_id"),
    )  # fmt: skip
