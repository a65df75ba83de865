"""Groups of children, as a person confirmed."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school

MEMBERS = """
array(select m.child_id from child_group_member m where m.school_id = $1 and m.id = t.id)
"""


class ChildGroup(Ended, Versioned, SchoolRow):
    """A group of children with something in common; it has no effect until a person confirms it."""

    __tablename__ = "child_group"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "candidates": MEMBERS, "label": "t.label", "since": "t.stated_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "confirmed_by", "confirmed_at", "ended_by", "ended_at", "end_reason", "version",
        "changed_at",
    )  # fmt: skip

    kind: Mapped[str]
    label: Mapped[str | None]
    heard_from: Mapped[str | None]
    source: Mapped[str]
    stated_by: Mapped[uuid.UUID]
    stated_at: Mapped[datetime]
    confirmed_by: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("staff", "stated_by", "confirmed_by", "ended_by"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
        CheckConstraint("(ended_by is null) = (ended_at is null)", name="ended"),
        CheckConstraint("(end_reason is null) = (ended_at is null)", name="end_reason"),
        index("ix_child_group_newest", "stated_at desc", "id desc"),
        index("ix_child_group_running", "stated_at desc", "id desc", where="ended_at is null"),
    )  # fmt: skip


class ChildGroupMember(SchoolRow):
    """A child in a child group; `id` is the group's. Never changed: make another group."""

    __tablename__ = "child_group_member"

    child_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child_group", "id"),
        *within_school("child", "child_id"),
        *within_school("staff", "added_by"),
        index(None, "child_id", "id"),
    )
