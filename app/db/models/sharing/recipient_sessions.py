"""What entering a code of a link began."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class RecipientSession(SchoolRow):
    """What entering a code began: a short while in which the link's one thing can be read."""

    __tablename__ = "recipient_session"
    __changes__: ClassVar[tuple[str, ...]] = ("idle_at", "opened_at", "ended_at")

    link_id: Mapped[uuid.UUID]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    network: Mapped[str]
    """Only the first part of it: where it came from, but never whose it was."""
    begun_at: Mapped[datetime]
    idle_at: Mapped[datetime]
    """It ends then unless it is used before."""
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    """When the content was first read in it."""
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("recipient_link", "link_id"),
        index("ix_recipient_session_link", "link_id"),
    )
