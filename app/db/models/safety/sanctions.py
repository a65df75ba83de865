"""Sanctions soon after a disclosure, for a lead to review."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.behind import class_of_record
from app.db.models.base import SchoolRow, index, within_school


class Sanction(SchoolRow):
    """A child was sent out, home or sanctioned soon after a disclosure; a lead reviews it.

    `sent_by` is a member of staff or a service key.
    """

    __tablename__ = "sanction"
    __kind__ = {
        "own_class": f"coalesce({class_of_record('t.record_id')}, 'K3')",
        "open_when": "t.looked_at is null",
    }
    __changes__: ClassVar[tuple[str, ...]] = ("record_id", "looked_at", "version")

    child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    day: Mapped[date]
    school_reason: Mapped[str]
    sent_by: Mapped[uuid.UUID]
    sent_at: Mapped[datetime]
    record_id: Mapped[uuid.UUID | None]
    looked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("safety_record", "record_id"),
        index("ix_sanction_child", "child_id"),
        index("ix_sanction_record", "record_id"),
    )
