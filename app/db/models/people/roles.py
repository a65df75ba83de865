"""Roles that a school defined."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped

from app.db.models.base import Ended, SchoolRow, Versioned, index


class SchoolRole(Ended, Versioned, SchoolRow):
    """A role that a school defined from the existing permissions; memberships carry its `slug`."""

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
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]

    __table_args__ = (index("uq_school_role_slug", "slug"),)
