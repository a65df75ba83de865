"""Schools and trusts: the tenants themselves."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class Organisation(Base):
    """A school or a trust. Visible to itself, and to its trust."""

    __tablename__ = "organisation"
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "urn", "laestab", "local_authority", "nation", "phone", "settings",
        "version", "changed_at",
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    urn: Mapped[str | None]
    laestab: Mapped[str | None]
    local_authority: Mapped[str | None]
    nation: Mapped[str] = mapped_column(server_default="england")
    phone: Mapped[str | None]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("kind in ('school', 'trust')", name="kind"),)
