"""Staff as an identity provider manages them."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Computed
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class ScimUser(SchoolRow):
    """An identity provider's record of a member of staff; `id` is the resource's, not theirs.

    The separate id hides whether the person had an account before.
    """

    __tablename__ = "scim_user"
    __changes__: ClassVar[tuple[str, ...]] = ("user_name", "external_id", "attributes")
    __deletable__ = True

    staff_id: Mapped[uuid.UUID]
    user_name: Mapped[str]
    user_key: Mapped[str | None] = mapped_column(Computed("lower(user_name)", persisted=True))
    external_id: Mapped[str | None]
    attributes: Mapped[dict[str, Any]]
    """Sent values of `name`, `displayName`, `emails`, `title`, `employeeNumber`, `department`."""
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "staff_id"),
        index("uq_scim_user_name", "user_key"),
        index("uq_scim_user_staff", "staff_id"),
    )
