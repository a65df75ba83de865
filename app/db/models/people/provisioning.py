"""Users and groups as a school's identity provider keeps them, and the roles groups propose."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Computed, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class ScimUser(SchoolRow):
    """What the identity provider says of a member of staff; `id` is the resource's, not theirs.

    An id of its own keeps it hidden whether the person had an account before.
    """

    __tablename__ = "scim_user"
    __changes__: ClassVar[tuple[str, ...]] = ("user_name", "external_id", "attributes")
    __deletable__ = True

    staff_id: Mapped[uuid.UUID]
    user_name: Mapped[str]
    user_key: Mapped[str | None] = mapped_column(Computed("lower(user_name)", persisted=True))
    external_id: Mapped[str | None]
    attributes: Mapped[dict[str, Any]]
    """Of `name`, `displayName`, `emails`, `title`, `employeeNumber`, `department` what was sent."""
    created_at: Mapped[datetime]

    __table_args__ = (
        within_school("staff_id", "staff"),
        Index("uq_scim_user_name", "school_id", "user_key", unique=True),
        Index("uq_scim_user_staff", "school_id", "staff_id", unique=True),
    )


class ScimGroup(SchoolRow):
    """A group of the identity provider, and the role its members get or are proposed for."""

    __tablename__ = "scim_group"
    __changes__: ClassVar[tuple[str, ...]] = (
        "display_name", "external_id", "role", "mapped_by", "version", "changed_at",
    )  # fmt: skip
    __deletable__ = True

    display_name: Mapped[str]
    external_id: Mapped[str | None]
    role: Mapped[str | None]
    mapped_by: Mapped[uuid.UUID | None]
    """Who said last which role it stands for: it gives them none without another person."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (Index(None, "school_id", "created_at", "id"),)


class ScimGroupMember(SchoolRow):
    """Somebody in a group, from the moment they joined; leaving deletes it."""

    __tablename__ = "scim_group_member"
    __deletable__ = True

    group_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime]

    __table_args__ = (
        within_school("group_id", "scim_group"),
        within_school("staff_id", "staff"),
        Index("uq_scim_group_member", "school_id", "group_id", "staff_id", unique=True),
        Index(None, "school_id", "staff_id"),
    )


class RoleProposal(SchoolRow):
    """A safeguarding role that a group would give, waiting for a person who may grant it."""

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
    """The joining that led to it: joining again proposes again."""
    state: Mapped[str]
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        within_school("staff_id", "staff"),
        within_school("owner_id", "staff"),
        CheckConstraint("state in ('proposed', 'confirmed', 'refused', 'withdrawn')", name="state"),
        CheckConstraint(
            "state <> 'proposed' or owner_id is not null", name="never_without_owner"
        ),
        Index(
            "uq_role_proposal_open", "school_id", "staff_id", "role",
            unique=True, postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_role_proposal_list", "school_id", "state", "created_at", "id"),
    )  # fmt: skip
