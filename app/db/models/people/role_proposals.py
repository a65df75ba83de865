"""Roles proposed by groups, for a person to decide."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class RoleProposal(SchoolRow):
    """A safeguarding role that a group would give; a person who may grant it decides."""

    __tablename__ = "role_proposal"
    __clocked__: ClassVar[str] = "role_proposal"
    __kind__ = {
        "open_when": "t.state = 'proposed'", "barred": "array[t.staff_id]", "label": "t.role",
        "since": "t.created_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "owner_id", "due_at", "decided_by", "decided_at", "version",
    )  # fmt: skip

    staff_id: Mapped[uuid.UUID]
    role: Mapped[str]
    group_id: Mapped[uuid.UUID]
    group_name: Mapped[str]
    group_member_id: Mapped[uuid.UUID]
    """The group membership that led to it: joining again proposes again."""
    state: Mapped[str]
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "staff_id", "owner_id"),
        CheckConstraint("state in ('proposed', 'confirmed', 'refused', 'withdrawn')", name="state"),
        CheckConstraint(
            "state <> 'proposed' or owner_id is not null", name="never_without_owner"
        ),
        index("uq_role_proposal_open", "staff_id", "role", where="state = 'proposed'"),
        index("ix_role_proposal_list", "state", "created_at", "id"),
    )  # fmt: skip
