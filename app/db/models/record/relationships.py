"""Children who are connected."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class Relationship(SchoolRow):
    """A relationship between two children, from the roster or a person."""

    __tablename__ = "relationship"
    __changes__: ClassVar[tuple[str, ...]] = (
        "confirmed_by", "confirmed_at", "valid_to", "ended_by", "version",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    other_child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    note: Mapped[str | None]
    source: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    added_by: Mapped[uuid.UUID | None]
    confirmed_by: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id", "other_child_id"),
        CheckConstraint("child_id <> other_child_id", name="two_children"),
        index(None, "child_id"),
        index(None, "other_child_id"),
    )
