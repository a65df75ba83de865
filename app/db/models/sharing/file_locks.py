"""Files that another school has received: read-only here."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class FileLock(SchoolRow):
    """A child's file that another school has received: read-only here until it is unlocked."""

    __tablename__ = "file_lock"
    __changes__: ClassVar[tuple[str, ...]] = (
        "asked_by", "asked_at", "reason", "unlocked_by", "unlocked_at", "unlocked_because",
        "version",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    transfer_id: Mapped[uuid.UUID]
    locked_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID | None]
    asked_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    unlocked_by: Mapped[uuid.UUID | None]
    unlocked_at: Mapped[datetime | None]
    unlocked_because: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("transfer", "transfer_id"),
        *within_school("staff", "asked_by", "unlocked_by"),
        CheckConstraint("unlocked_by <> asked_by", name="two_people"),
        index("uq_file_lock_child", "child_id", where="unlocked_at is null"),
    )  # fmt: skip
