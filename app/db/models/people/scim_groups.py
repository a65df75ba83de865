"""Groups of an identity provider and who is in them."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


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
