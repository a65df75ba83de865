"""People who may be affected by a death."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class AffectedPerson(SchoolRow):
    """Somebody who may be affected: kept in the case alone, never in that person's own file."""

    __tablename__ = "affected_person"
    __changes__: ClassVar[tuple[str, ...]] = (
        "reason_codes", "note", "offer", "owner_id", "next", "left_alone", "moved_to", "ended_at",
        "version", "changed_at",
    )  # fmt: skip

    case_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID | None]
    staff_id: Mapped[uuid.UUID | None]
    reason_codes: Mapped[list[str]]
    note: Mapped[str | None]
    offer: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    next: Mapped[str | None]
    left_alone: Mapped[bool]
    """They asked to be left alone: nobody is sent to them any more."""
    moved_to: Mapped[str | None]
    """The school they go to now, whose lead is phoned."""
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("child_id", "child"),
        within_school("staff_id", "staff"),
        within_school("owner_id", "staff"),
        within_school("added_by", "staff"),
        CheckConstraint("num_nonnulls(child_id, staff_id) = 1", name="one"),
        Index(
            "uq_affected_person_child", "school_id", "case_id", "child_id", unique=True,
            postgresql_where=text("child_id is not null and ended_at is null"),
        ),
        Index(
            "uq_affected_person_staff", "school_id", "case_id", "staff_id", unique=True,
            postgresql_where=text("staff_id is not null and ended_at is null"),
        ),
    )  # fmt: skip
