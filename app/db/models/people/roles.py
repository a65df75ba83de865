"""Roles that a school defined."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow


class SchoolRole(SchoolRow):
    """A role a school defined from the permissions there are; `slug` is what memberships carry."""

    __tablename__ = "school_role"
    __changes__: ClassVar[tuple[str, ...]] = (
        "label", "permissions", "classes", "cohort_classes", "cohort_only", "version",
        "changed_at", "ended_at", "ended_by",
    )  # fmt: skip

    slug: Mapped[str]
    label: Mapped[str]
    permissions: Mapped[list[str]]
    classes: Mapped[list[str]]
    cohort_classes: Mapped[list[str]]
    cohort_only: Mapped[bool]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]

    __table_args__ = (Index("uq_school_role_slug", "school_id", "slug", unique=True),)
