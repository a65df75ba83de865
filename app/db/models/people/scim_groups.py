"""Groups of an identity provider, and their members."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, Versioned, index, within_school


class ScimGroup(Versioned, SchoolRow):
    """A group of the identity provider, and the role that its members get or are proposed for."""

    __tablename__ = "scim_group"
    __changes__: ClassVar[tuple[str, ...]] = (
        "display_name", "external_id", "role", "mapped_by", "version", "changed_at",
    )  # fmt: skip
    __deletable__ = True

    display_name: Mapped[str]
    external_id: Mapped[str | None]
    role: Mapped[str | None]
    mapped_by: Mapped[uuid.UUID | None]
    """The person who last mapped it to a role; it gives them none without another person."""
    created_at: Mapped[datetime]

    __table_args__ = (index(None, "created_at", "id"),)


class ScimGroupMember(SchoolRow):
    """A person in a group, from the moment they joined; leaving deletes the row."""

    __tablename__ = "scim_group_member"
    __deletable__ = True

    group_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("scim_group", "group_id"),
        *within_school("staff", "staff_id"),
        index("uq_scim_group_member", "group_id", "staff_id"),
        index(None, "staff_id"),
    )
