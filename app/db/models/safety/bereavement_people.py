"""People who may be affected by a death."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, Versioned, index, within_school


class AffectedPerson(Versioned, SchoolRow):
    """A person who may be affected; only the case has this, never the person's own file."""

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
    """Whether they asked to be left alone: nobody is sent to them any longer."""
    moved_to: Mapped[str | None]
    """Their new school, whose lead is phoned."""
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("bereavement_case", "case_id"),
        *within_school("child", "child_id"),
        *within_school("staff", "staff_id", "owner_id", "added_by"),
        CheckConstraint("num_nonnulls(child_id, staff_id) = 1", name="one"),
        index(
            "uq_affected_person_child", "case_id", "child_id",
            where="child_id is not null and ended_at is null",
        ),
        index(
            "uq_affected_person_staff", "case_id", "staff_id",
            where="staff_id is not null and ended_at is null",
        ),
    )  # fmt: skip
