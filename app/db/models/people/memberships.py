"""The roles people hold in a school."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import TODAY, SchoolRow, index, within_school

HEADS = (
    "from membership m where m.school_id = $1 and m.role = 'headteacher' "
    f"and m.valid_from <= {TODAY} and (m.valid_to is null or m.valid_to > {TODAY})"
)
"""SQL that finds the heads of the school today."""


class Membership(SchoolRow):
    """One role of one person in one organisation, from a day until a day."""

    __tablename__ = "membership"
    __changes__: ClassVar[tuple[str, ...]] = ("valid_to", "ended_by", "cohort", "version")

    staff_id: Mapped[uuid.UUID]
    role: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    cohort: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    granted_by: Mapped[uuid.UUID | None]
    ended_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    group_member_id: Mapped[uuid.UUID | None]
    """The group membership it came from; None if a person gave it."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "staff_id"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="interval"),
        index(None, "staff_id", "role"),
        index(None, "role"),
        Index("ix_membership_account", "staff_id"),
    )
