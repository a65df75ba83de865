"""Staff of a school, the roles they hold there as intervals, and who stands in for whom."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import TODAY, SchoolRow, within_school

HEADS = (
    "from membership m where m.school_id = $1 and m.role = 'headteacher' "
    f"and m.valid_from <= {TODAY} and (m.valid_to is null or m.valid_to > {TODAY})"
)
"""Where to find the heads of the school today."""


class Staff(SchoolRow):
    """A person who works in this organisation; `id` is their account's id.

    Until `accepted_at` their roles here open nothing: nobody is signed up without consent.
    """

    __tablename__ = "staff"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "job_title", "email", "phone", "source", "source_id", "version", "changed_at",
        "accepted_at", "declined_at", "suspended_at", "removed_at", "new_email", "new_phone",
        "reach_changed_at",
    )  # fmt: skip

    name: Mapped[str]
    job_title: Mapped[str | None]
    email: Mapped[str]
    phone: Mapped[str | None]
    source: Mapped[str | None]
    source_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    new_email: Mapped[str | None]
    """An address that others gave and the person has not confirmed: alerts go to both."""
    new_phone: Mapped[str | None]
    """The same for a number; empty where it is to be taken away."""
    reach_changed_at: Mapped[datetime | None]
    """When others last changed how the person is reached; empty once they answered."""

    __table_args__ = (
        Index(
            "uq_staff_source", "school_id", "source", "source_id",
            unique=True, postgresql_where=text("source_id is not null"),
        ),
        Index("ix_staff_account", "id"),
    )  # fmt: skip


class StaffName(SchoolRow):
    """A name somebody had here until a moment; written once, so that no author is renamed."""

    __tablename__ = "staff_name"

    staff_id: Mapped[uuid.UUID]
    name: Mapped[str]
    until: Mapped[datetime]

    __table_args__ = (
        within_school("staff_id", "staff"),
        Index(None, "school_id", "staff_id", "until"),
    )


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
    """The joining of a group that it came from; None where a person gave it."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("staff_id", "staff"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="interval"),
        Index(None, "school_id", "staff_id", "role"),
        Index(None, "school_id", "role"),
        Index("ix_membership_account", "staff_id"),
    )


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


class Cover(SchoolRow):
    """Somebody with a safeguarding role is away, from a day until the first day back."""

    __tablename__ = "cover"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "version")

    away_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    uncovered_reason: Mapped[str | None]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("away_id", "staff"),
        CheckConstraint("valid_to > valid_from", name="interval"),
        Index(None, "school_id", "valid_to", "id"),
    )


class CoverPerson(SchoolRow):
    """Who stands in; `membership_id` is the role they were given for exactly that time."""

    __tablename__ = "cover_person"

    cover_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID | None]
    position: Mapped[int]

    __table_args__ = (
        within_school("cover_id", "cover"),
        within_school("staff_id", "staff"),
        within_school("membership_id", "membership"),
        Index("uq_cover_person", "school_id", "cover_id", "staff_id", unique=True),
    )
